"""Series of events, their editions, and copies of an event."""
