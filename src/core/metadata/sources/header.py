"""Writes the first lines of a DTO source, which ServiceStack's tools read to make it again."""

from collections.abc import Iterator, Mapping

VERSION = "5.9"
"""The version of ServiceStack whose sources look so (docs/contract.md A2)."""

OURS = "Not in the original: this service's own."
"""What stands above the members that the original does not have."""


def header(base_url: str, mark: str, options: Mapping[str, str]) -> Iterator[str]:
    """Write every option at its default. Without the date, which would differ each time."""
    yield f"Version: {VERSION}"
    yield f'Tip: To override a DTO option, remove "{mark}" prefix before updating'
    yield f"BaseUrl: {base_url}"
    yield ""
    yield from (f"{mark}{option}: {value}" for option, value in options.items())
