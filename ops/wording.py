"""Small pieces of sentences."""


def counted(number: int, noun: str, plural: str = "") -> str:
    """Return `1 key` or `2 keys`; a plural that has no s alone is given."""
    return f"{number} {noun if number == 1 else plural or noun + 's'}"
