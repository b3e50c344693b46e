"""How a DTO source begins: with how it was made, as ServiceStack's tools read it."""

from collections.abc import Iterator, Mapping

VERSION = "5.9"
"""The ServiceStack whose form this is (CONTRACT.md A2)."""


def header(base_url: str, mark: str, options: Mapping[str, str]) -> Iterator[str]:
    """Write the lines: all options that there are, at their defaults. No date: it would differ."""
    yield f"Version: {VERSION}"
    yield f'Tip: To override a DTO option, remove "{mark}" prefix before updating'
    yield f"BaseUrl: {base_url}"
    yield ""
    yield from (f"{mark}{option}: {value}" for option, value in options.items())
