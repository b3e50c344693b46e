"""Attachments (docs/contract.md B2)."""

import pytest

from core.contract.binary import UNDECODABLE
from core.contract.contract import Attachment
from core.message.mail import REFUSED_EXTENSIONS
from core.submission import attachments

OCTETS, REQUEST = "application/octet-stream", "text/calendar; method=REQUEST"


def read(*given, html=""):
    faults = []
    attached = attachments.read(given, html, faults)
    return attached.heads, attached.contents, [(fault.field, fault.code) for fault in faults]


def head(**fields):
    heads, _, faults = read(Attachment(bytes_=b"x", **fields))
    assert faults == []
    return heads[0].name, heads[0].content_type


def faults(**fields):
    return read(Attachment(**{"bytes_": b"x"} | fields))[2]


def test_bytes_are_kept_in_their_order():
    _, contents, faults = read(Attachment(bytes_=b"\0\xff"), Attachment(bytes_=b""))

    assert contents == (b"\0\xff", b"")
    assert faults == []


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"name": "a.pdf"}, ("a.pdf", "application/pdf")),
        ({"name": "A.PDF"}, ("A.PDF", "application/pdf")),
        ({"name": "a.txt", "content_type": "text/csv"}, ("a.txt", "text/csv")),
        ({"name": "ä 日本.pdf"}, ("ä 日本.pdf", "application/pdf")),
        ({"name": "a"}, ("a.bin", "application/octet-stream")),
        (
            {"name": "Rechnung", "content_type": "application/pdf"},
            ("Rechnung.pdf", "application/pdf"),
        ),
        ({"name": ".pdf"}, ("attachment-1.pdf", "application/pdf")),
        ({"name": "invite.ics"}, ("invite.ics", "text/calendar")),
        (
            {"name": "invite.ics", "content_type": "application/octet-stream"},
            ("invite.ics", OCTETS),
        ),
        ({"content_type": "text/calendar; method=REQUEST"}, ("attachment-1.ics", REQUEST)),
        ({"content_type": "application/xml"}, ("attachment-1.xml", "application/xml")),
        ({"name": "a.nothing"}, ("a.nothing", "application/octet-stream")),
        ({"name": "a.tar.gz"}, ("a.tar.gz", "application/gzip")),
        ({"content_type": "application/pdf"}, ("attachment-1.pdf", "application/pdf")),
        (
            {"content_type": "text/plain; charset=utf-8"},
            ("attachment-1.txt", "text/plain; charset=utf-8"),
        ),
        ({"content_type": "Image/PNG"}, ("attachment-1.png", "Image/PNG")),
        ({"content_type": "x/y"}, ("attachment-1.bin", "x/y")),
        ({}, ("attachment-1.bin", "application/octet-stream")),
        ({"name": "", "content_type": ""}, ("attachment-1.bin", "application/octet-stream")),
        ({"name": " ", "content_type": " "}, ("attachment-1.bin", "application/octet-stream")),
    ],
)
def test_what_the_caller_does_not_say_is_made_up(fields, expected):
    assert head(**fields) == expected


def test_made_up_names_count():
    heads, _, _ = read(*[Attachment(bytes_=b"")] * 3)

    assert [head.name for head in heads] == [
        "attachment-1.bin",
        "attachment-2.bin",
        "attachment-3.bin",
    ]


def test_a_made_up_extension_is_never_one_that_ses_refuses():
    kinds = ["application/x-msdownload", "application/x-sh", "text/javascript", "application/x-csh"]

    for kind in kinds:
        assert head(content_type=kind)[0].rpartition(".")[2] not in REFUSED_EXTENSIONS


@pytest.mark.parametrize(
    "name",
    [
        "a.exe",
        "A.EXE",
        "a.pdf.exe",
        "a.exe.",
        "a.exe. . ",
        "a.exe.\t. ",
        "a.exe\u3000.",
        r"C:\x\a.vbs",
        ".bat",
        "a.JS",
        "a.exe::$DATA",
        "a.exe:$DATA",
        "a.exe :b.txt",
        "a.txt:b.exe",
        "a.exe\u200b",
        "a.e\u200bxe",
        "a.exe\ufeff.",
        "a.exe\ufe0f",
        "a.exe\u3164",
        "a.\uff45\uff58\uff45",
        "a\uff0eexe",
        "a\u2024exe",
        "a.exe…",
        "a.exe\uff1ax",
        "x\uff0fa.exe",
        "a.\U0001d41e\U0001d431\U0001d41e",
    ],
)
def test_a_name_that_ses_refuses_is_refused(name):
    assert faults(name=name) == [("Attachments[0].Name", "RefusedExtension")]


@pytest.mark.parametrize(
    "name",
    [
        "exe",
        "a.exe.pdf",
        "a.exex",
        "a.js.txt",
        "Protokoll 12:30.pdf",
        "Re: a.exe is missing.txt",
        "👩\u200d👧.pdf",
        "\uff41.\uff50\uff44\uff46",
        "Preise….pdf",
    ],
)
def test_a_name_that_only_looks_like_it_is_not(name):
    assert faults(name=name) == []
    assert head(name=name)[0].removesuffix(".bin") == name


def test_a_name_far_too_long_is_refused_and_not_worked_on():
    for name in ("a" + ". " * 3_000, "." * 1_000_000, "a" * 5_000):
        assert faults(name=name) == [("Attachments[0].Name", "Length")]
    assert head(name="/" * 1_000_000 + "a.pdf")[0] == "a.pdf"
    assert head(name="C:/" + "x" * 1_000_000 + "/a.pdf. .")[0] == "a.pdf"
    assert faults(name="12/" * 300_000) == [("Attachments[0].Name", "Length")]


@pytest.mark.parametrize("fields", [{"name": "x" * 255}, {"name": f"{'ä' * 255}"}])
def test_a_name_that_gets_an_extension_is_not_longer_than_ses_takes(fields):
    name, _ = head(**fields, content_type="application/pdf")

    assert name == fields["name"][:251] + ".pdf"


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"bytes_": None}, ("Attachments[0].Bytes", "NotEmpty")),
        ({"bytes_": UNDECODABLE}, ("Attachments[0].Bytes", "Base64")),
        ({"name": "a\r\nb.pdf"}, ("Attachments[0].Name", "ControlCharacter")),
        ({"name": "a\u202efdp.pdf"}, ("Attachments[0].Name", "ControlCharacter")),
        ({"name": "a\ud800.pdf"}, ("Attachments[0].Name", "Surrogate")),
        ({"name": "a" * 256}, ("Attachments[0].Name", "Length")),
        ({"content_type": "a/b\r\nX: y"}, ("Attachments[0].ContentType", "ControlCharacter")),
        ({"content_type": "a/b; x=\r\ny"}, ("Attachments[0].ContentType", "ControlCharacter")),
        ({"content_type": "a/b; x=\ry"}, ("Attachments[0].ContentType", "ControlCharacter")),
        ({"content_type": "a/b;" + "x" * 995}, ("Attachments[0].ContentType", "Length")),
    ],
)
def test_what_is_wrong_is_told(fields, expected):
    assert faults(**fields) == [expected]


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        ("logo", "logo"),
        ("<logo>", "logo"),
        ("cid:logo", "logo"),
        (" CID:<logo@example.com> ", "logo@example.com"),
        ("a" * 78, "a" * 78),
        ("", None),
        (" ", None),
        ("<>", None),
    ],
)
def test_a_content_id_is_sent_bare(given, sent):
    heads, _, faults = read(Attachment(bytes_=b"x", name="a.pdf", content_id=given))

    assert faults == []
    assert heads[0].content_id == sent


@pytest.mark.parametrize("given", ["a" * 79, "a b", "ä", "a<b", "a>b", "a\r\nb", "\ud800", "a\0"])
def test_what_can_be_no_content_id_is_refused(given):
    assert faults(content_id=given) == [("Attachments[0].ContentId", "ContentId")]


def test_two_attachments_must_not_have_one_content_id():
    files = (Attachment(bytes_=b"x", content_id=given) for given in ("logo", "Logo", "<logo>"))

    assert read(*files)[2] == [("Attachments[2].ContentId", "Duplicate")]


def test_two_attachments_may_have_one_name():
    heads, _, faults = read(*[Attachment(bytes_=b"x", name="a.pdf")] * 2)

    assert [head.name for head in heads] == ["a.pdf", "a.pdf"]
    assert faults == []


def test_an_image_is_inline_if_the_html_names_it_as_the_caller_did():
    image = Attachment(bytes_=b"x", name="img/logo", content_type="image/png")
    file = Attachment(bytes_=b"x", name="a.pdf")

    heads, _, _ = read(image, file, html="<img src='cid:img/logo'><a href='cid:a.pdf'>a</a>")

    assert [(head.name, head.content_id) for head in heads] == [
        ("img_logo.png", "img/logo"),
        ("a.pdf", None),
    ]


def test_a_fault_says_which_attachment():
    found = read(Attachment(bytes_=b""), Attachment(), Attachment(bytes_=UNDECODABLE))[2]

    assert found == [("Attachments[1].Bytes", "NotEmpty"), ("Attachments[2].Bytes", "Base64")]


@pytest.mark.parametrize(
    "given", ["pdf", "String", "ä/b", "a/b/c", "a/b, c/d", "a/b; x=ü", f"a/{'b' * 80}", "/", ";"]
)
def test_a_content_type_that_is_no_media_type_is_guessed_from_the_name(given):
    assert head(name="a.pdf", content_type=given) == ("a.pdf", "application/pdf")


def test_white_space_around_a_content_type_does_not_matter():
    assert head(name="a.pdf", content_type=" a/b\n") == ("a.pdf", "a/b")


@pytest.mark.parametrize("parameter", ["charset=utf-8", 'name="' + "x" * 100 + '"'])
def test_a_content_type_is_never_longer_than_ses_takes(parameter):
    _, content_type = head(content_type=f"text/plain; {parameter}")

    assert content_type.startswith("text/plain")
    assert len(content_type) <= 78


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        ('text/plain; name="invoice.exe"', "text/plain"),
        ('text/plain; name="a; charset=x.exe"; charset="utf-8"', "text/plain; charset=utf-8"),
        ("text/plain;CHARSET = iso-8859-1;charset=utf-8", "text/plain; charset=iso-8859-1"),
        ("text/plain; charset=a b", "text/plain"),
        ("text/plain; charset", "text/plain"),
        ("application/pdf; boundary=x; ", "application/pdf"),
        (
            "text/calendar; method=REQUEST; component=VEVENT; charset=utf-8",
            "text/calendar; method=REQUEST; charset=utf-8",
        ),
        ("text/plain; method=REQUEST", "text/plain"),
        (f"a/{'b' * 76}; charset=utf-8", f"a/{'b' * 76}"),
    ],
)
def test_only_what_says_how_to_read_the_content_stays_of_the_parameters(given, sent):
    assert head(name="a.pdf", content_type=given) == ("a.pdf", sent)


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"content_type": "multipart/mixed; boundary=x"}, ("attachment-1.bin", "octet-stream")),
        ({"content_type": "message/external-body"}, ("attachment-1.bin", "octet-stream")),
        ({"content_type": "Message/RFC822"}, ("attachment-1.eml", "octet-stream")),
        ({"name": "a.eml", "content_type": "message/rfc822"}, ("a.eml", "octet-stream")),
        ({"name": "a.eml"}, ("a.eml", "octet-stream")),
        ({"name": "A.EML"}, ("A.EML", "octet-stream")),
        ({"name": "a.mht"}, ("a.mht", "octet-stream")),
        ({"name": "a.MhtMl"}, ("a.MhtMl", "octet-stream")),
        ({"name": "a.nws"}, ("a.nws", "octet-stream")),
        ({"content_type": "multipart/related; boundary=x"}, ("attachment-1.mht", "octet-stream")),
        ({"content_type": " MULTIPART/X-ZIP "}, ("attachment-1.zip", "octet-stream")),
    ],
)
def test_a_mail_within_a_mail_is_a_file_and_no_part(fields, expected):
    name, kind = expected
    assert head(**fields) == (name, f"application/{kind}")
