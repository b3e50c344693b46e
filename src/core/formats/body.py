"""The body of a request: what the formats read, and what its Content-Type says of it."""

from typing import TYPE_CHECKING, NamedTuple

from core.lazily import lazily

if TYPE_CHECKING:
    from core.contract import charsets
else:  # What API Gateway decoded needs none.
    charsets = lazily("core.contract.charsets")


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
    def text(self) -> str:
        """The text. Raises `Unreadable` for what is damaged, or not in its charset.

        API Gateway hands over what it takes for text already decoded: as UTF-8, whatever charset
        it names, with U+FFFD for what is none. What it could decode so is UTF-8, also under another
        name; and a NUL at the start is ASCII in UTF-16.
        """
        content = self.content
        if isinstance(content, bytes):
            return charsets.decode(content, charsets.codec_of(self.charset))
        if "\ufffd" in content or "\0" in content[:4]:
            raise charsets.undecodable("utf-8")
        return content

    @property
    def encoded(self) -> bytes:
        """The bytes in its charset, for formats that decode them in parts. Raises as `text`."""
        if isinstance(self.content, bytes):
            return self.content
        return charsets.encode(self.text, charsets.codec_of(self.charset))

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
