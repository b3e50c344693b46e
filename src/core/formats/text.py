"""Text that goes out: every format writes characters only."""


def encodable(text: str) -> str:
    """Return `text` with `?` for each half of a surrogate pair, which UTF-8 cannot encode."""
    return text.encode("utf-8", "replace").decode()
