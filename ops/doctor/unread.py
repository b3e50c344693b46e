"""What could not be looked at."""


class NotRead(Exception):
    """AWS or the DNS did not answer; the text says why, and which permission is missing."""
