"""How a member applies."""
