"""The table of media types and extensions, in both directions."""

import mimetypes

import pytest

from core.message.mail import REFUSED_EXTENSIONS
from core.submission import media_types
from core.submission.media_types import extension_of, type_of

LINES = [line.split() for line in media_types._TABLE.strip().splitlines()]
OTHERS = [line.split() for line in media_types._OTHER_NAMES.strip().splitlines()]
EXTENSIONS = [extension for _, *extensions in LINES for extension in extensions]
KINDS = [kind for kind, *_ in LINES]
NAMES = [name for _, *names in OTHERS for name in names]


def test_the_table_says_everything_once():
    assert len(EXTENSIONS) == len(set(EXTENSIONS))
    assert len({*KINDS, *NAMES}) == len(KINDS) + len(NAMES)
    assert sorted(KINDS, key=str.lower) == KINDS
    assert all(extension == extension.lower() for extension in EXTENSIONS)
    assert not REFUSED_EXTENSIONS & {*EXTENSIONS, *(extension for extension, *_ in OTHERS)}


@pytest.mark.parametrize(("kind", "extensions"), [(kind, rest) for kind, *rest in LINES])
def test_every_extension_of_the_table_has_its_type_and_every_type_its_usual_extension(
    kind, extensions
):
    assert extension_of(kind.lower()) == extensions[0]
    for extension in extensions:
        assert type_of(extension) == type_of(extension.upper()) == kind
    assert len(kind) <= 78  # SES takes no longer ones.


@pytest.mark.parametrize(("extension", "names"), [(extension, rest) for extension, *rest in OTHERS])
def test_other_names_of_a_type_lead_to_an_extension_as_well(extension, names):
    assert [extension_of(name) for name in names] == [extension] * len(names)


@pytest.mark.parametrize(
    ("extension", "kind"),
    [
        ("docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
        ("xlsm", "application/vnd.ms-excel.sheet.macroEnabled.12"),
        ("odt", "application/vnd.oasis.opendocument.text"),
        ("ics", "text/calendar"),
        ("msg", "application/vnd.ms-outlook"),
        ("p7s", "application/pkcs7-signature"),
        ("jfif", "image/jpeg"),
        ("xml", "application/xml"),
        ("pkpass", "application/vnd.apple.pkpass"),
        ("ldt", "text/plain"),
        ("tgz", "application/gzip"),
        ("nothing", "application/octet-stream"),
        ("", "application/octet-stream"),
        ("swf", "application/x-shockwave-flash"),  # Python's own.
    ],
)
def test_an_extension_has_the_type_that_readers_know(extension, kind):
    assert type_of(extension) == kind


@pytest.mark.parametrize(
    ("kind", "extension"),
    [
        ("image/jpg", "jpg"),
        ("image/jpeg", "jpg"),
        ("image/tiff", "tif"),
        ("text/xml", "xml"),
        ("application/xml", "xml"),
        ("text/plain", "txt"),
        ("application/pkcs7-mime", "p7m"),
        ("application/x-pdf", "pdf"),
        ("application/x-zip-compressed", "zip"),
        ("application/x-shockwave-flash", "swf"),
        ("application/vnd.example.order+xml", "xml"),
        ("application/problem+json", "json"),
        ("text/x-protocol", "txt"),
        ("application/x-protocol", ""),
    ],
)
def test_a_type_has_the_extension_that_opens_it(kind, extension):
    assert extension_of(kind) == extension


def test_no_answer_of_pythons_table_beats_a_usual_extension():
    """Of its types some have a first extension that nobody means, such as .xsl for XML."""
    table = mimetypes.MimeTypes()
    kinds = {*table.types_map[True].values(), *table.types_map[False].values()}
    left = {kind for kind in kinds if kind.lower() not in media_types._extensions_by_type()}

    by_python = {kind: extension_of(kind) for kind in left}

    assert by_python.keys() >= {"application/wasm", "text/x-python"}
    assert not {"xsl", "p7c", "jpe", "mpeg", "m1v", "tiff", "dot", "wiz"} & set(by_python.values())
