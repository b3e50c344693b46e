"""Colours of what is printed, where a person reads it (ECMA-48, SGR)."""

import sys

GREEN, YELLOW, BOLD_RED = "32", "33", "31;1"


def coloured(text: str, colour: str) -> str:
    """Return text in a colour if it goes to a terminal."""
    return f"\033[{colour}m{text}\033[0m" if sys.stdout.isatty() else text
