"""What a request means: the mail that it asks for, and everything that can be wrong with it."""
