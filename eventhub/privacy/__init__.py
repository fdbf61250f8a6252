"""The rights of the persons concerned: to get what is held about them, and to be forgotten."""
