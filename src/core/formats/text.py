"""What the text formats share: what may be written, and which name is no member's."""

TYPE_NAME = "__type"
"""What ServiceStack's clients call the .NET type of an object: it stands beside the members."""


def encodable(text: str) -> str:
    """Return `text` with `?` for each half of a surrogate pair, which UTF-8 cannot encode."""
    return text.encode("utf-8", "replace").decode()
