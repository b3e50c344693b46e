"""The body of a request: what the formats read, and what its Content-Type says of it."""

from typing import NamedTuple


class Body(NamedTuple):
    """A body as it was handed over, as text or bytes, and its Content-Type header."""

    content: str | bytes = ""
    """Text stays text until a format wants bytes: encoding and decoding megabytes takes time."""
    content_type: str = ""
    """The whole header, with its parameters; "" if none was sent."""

    @property
    def data(self) -> bytes:
        """The bytes. A lone surrogate cannot have come from UTF-8 and becomes `?`."""
        content = self.content
        return content.encode("utf-8", "replace") if isinstance(content, str) else content

    @property
    def start(self) -> bytes:
        """As many of the bytes as are needed to see what they are."""
        return self._replace(content=self.content[:2000]).data

    @property
    def media_type(self) -> str:
        """The media type in lower case, without parameters; "" if none is given."""
        return self.content_type.partition(";")[0].strip().lower()

    @property
    def charset(self) -> str:
        """The `charset` parameter of the Content-Type in lower case; "" if none is given."""
        for parameter in self.content_type.split(";")[1:]:
            name, _, value = parameter.partition("=")
            if name.strip().lower() == "charset":
                return value.strip().strip("\"'").lower()
        return ""
