"""The outbox, the postman who empties it, and how letters are made."""
