"""URL-encoded forms: the recorded cases (docs/contract.md A3.2, A5.1)."""

import base64
from urllib.parse import quote, quote_plus, unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.contract.binary import UNDECODABLE
from core.contract.contract import Attachment, SendMail
from core.contract.errors import Unbindable, Unreadable
from core.formats import form
from core.formats.body import Body

ABC = Attachment(bytes_=b"ABC", name="a")
FORM = "application/x-www-form-urlencoded"


def read(text, charset=""):
    return form.read(Body(text, f"{FORM}; charset={charset}"), SendMail)


@pytest.mark.parametrize(
    ("text", "mail"),
    [
        (
            "subject=s+1&To=t%40x&text=%C3%A4&Unknown=1&CC=",
            SendMail(subject="s 1", to="t@x", text="ä"),
        ),
        ("To=a&to=b&TO=", SendMail(to="a,b")),
        ("a%3db=&&=&To=x=y&", SendMail(to="x=y")),
        ("CC&+&To=a&\n&%63c&", SendMail(to="a")),
        ("%54o=a%0D%0Ab", SendMail(to="a\r\nb")),
        ("Text=%C3%A4%zz%", SendMail(text="ä%zz%")),
        ("Text=ä%C3%A4", SendMail(text="ää")),
        ('Subject="a, ""b"""', SendMail(subject='"a, ""b"""')),
        ("Subject={a:b}", SendMail(subject="{a:b}")),
        ("", SendMail()),
        ("Attachments={Bytes:QUJD,Name:a}", SendMail(attachments=(ABC,))),
        ("Attachments=%5B%7BBytes%3AQUJD%2CName%3Aa%7D%5D", SendMail(attachments=(ABC,))),
        (
            "Attachments={Bytes:QUJD,Name:a}&attachments={}",
            SendMail(attachments=(ABC, Attachment())),
        ),
        (
            "Attachments=[{Bytes:%22QUJD%22},{Name:b}]",
            SendMail(attachments=(Attachment(bytes_=b"ABC"), Attachment(name="b"))),
        ),
        (
            "Attachments=[{Bytes:@@,Name:a}]",
            SendMail(attachments=(Attachment(bytes_=UNDECODABLE, name="a"),)),
        ),
        (
            "Attachments=%5B%7B%22Bytes%22%3A%22QUJD%22%2C%22Name%22%3A%22a%2C%20b%22%7D%5D",
            SendMail(attachments=(Attachment(bytes_=b"ABC", name="a, b"),)),
        ),
    ],
)
def test_fields_are_bound(text, mail):
    assert read(text) == mail


def test_the_charset_counts():
    assert read("Text=%E4%80", "windows-1252") == SendMail(text="ä€")
    assert read("Text=%B1%E6", "ISO-8859-2") == SendMail(text="ąć")
    assert read("Text=ä%E4", "ISO-8859-1") == SendMail(text="ää")


def test_the_charset_of_browsers_is_read_under_the_name_of_iso_8859_1():
    assert read("Text=%E4%80%81", "ISO-8859-1") == SendMail(text="ä€\x81")


@pytest.mark.parametrize(
    ("text", "charset"),
    [
        ("Text=%E4", ""),
        ("Text=%E4", "us-ascii"),
        ("Text=%C3%A4", "nonsense"),
        ("Text=%C3%A4", "utf-7"),
        ("Text=\ufffd", ""),
        ("Text=ł", "ISO-8859-1"),
    ],
)
def test_a_form_that_is_not_in_its_charset_is_refused(text, charset):
    with pytest.raises(Unreadable) as refused:
        read(text, charset)

    assert [(fault.field, fault.code) for fault in refused.value.faults] == [("Body", "Charset")]


JSON = '{"To": "ada@recipient.example", "Text": "1 + 1 = 2 & 3"}'


@pytest.mark.parametrize(
    ("text", "document"),
    [
        (JSON, JSON),
        (f"\r\n {JSON}\n", f"\r\n {JSON}\n"),
        (
            '{"Text": "https://example.com/?id=1&to=x"}',
            '{"Text": "https://example.com/?id=1&to=x"}',
        ),
        (f"[{JSON}]", f"[{JSON}]"),
        ("<SendMail>\n</SendMail>\n", "<SendMail>\n</SendMail>\n"),
        (quote(JSON), JSON),
        (quote_plus(JSON).lower(), JSON.lower()),
        (quote("<SendMail/>"), "<SendMail/>"),
    ],
)
def test_a_document_in_the_clothes_of_a_form_is_that_document(text, document):
    assert form.document(Body(text, FORM)) == Body(document)


@pytest.mark.parametrize("text", ["{a}=b&To=c", "To={a}", "", "{", "%7B=%7D", "Text=<a>"])
def test_any_other_form_stays_one(text):
    assert form.document(Body(text, FORM)) == Body(text, FORM)


@pytest.mark.parametrize("content", [b"\xfb\xef\xbe\xfb", b"\xfb\xef\xbe" * 4, b"plain", b""])
def test_a_plus_that_nobody_escaped_is_still_a_plus(content):
    encoded = base64.b64encode(content).decode()

    bound = read(f"Attachments={{Bytes:{encoded},Name:a b}}")

    assert bound == SendMail(attachments=(Attachment(bytes_=content, name="a b"),))


def test_base64_in_lines_is_still_read():
    assert read('Attachments={Bytes:"QU\r\n JD",Name:a}') == SendMail(attachments=(ABC,))


@pytest.mark.parametrize("given", ["QUJD", "[QUJD]", "{Bytes:QUJD", '{"Bytes":"QUJD"'])
def test_what_is_no_attachment_is_refused(given):
    with pytest.raises(Unreadable) as refusal:
        read(f"Subject=s&Attachments={given}")

    assert isinstance(refusal.value, Unbindable)
    assert refusal.value.faults[0].field == "Attachments"


def test_too_many_fields_are_refused():
    with pytest.raises(Unreadable, match="512"):
        read("a=b&" * 600)


def test_percent_signs_that_escape_nothing_stand_for_themselves_up_to_thousands():
    most = "% " * 10_000
    assert read(f"Text={most}=%41").text == f"{most}=A"

    with pytest.raises(Unreadable, match="%25"):
        read(f"Text={most}%")
    assert read(f"Text={'%25' * 100_000}").text == "%" * 100_000


@pytest.mark.parametrize("text", ["=41", "a=\n", "a =\r\nb", "x_y", " \t", "%3D41", "=\n%0A"])
def test_what_quoted_printable_has_besides_escapes_means_nothing_in_a_form(text):
    assert read(f"Text={text}").text == unquote(text)


@given(st.text("%=4aA7gZ_ \t\r\n\0é", max_size=30))
def test_values_are_unescaped_as_by_the_standard_library(text):
    try:
        unescaped = unquote(text, errors="strict")
    except UnicodeDecodeError:
        with pytest.raises(Unreadable):
            read(f"Text={text}")
    else:
        assert read(f"Text={text}").text == (unescaped or None)


def test_fields_that_nobody_knows_are_noted_as_they_are_written_if_they_hold_something():
    text = "To=a&Body=x&body=y&Foo=&Attachments%5B0%5D.Name=a&Attachments={Filename:a}"

    assert read(text).ignored == ("Body", "Attachments[0].Name", "Attachments.Filename")


@pytest.mark.parametrize("text", ["Meier & Sohn", "Meier &amp; Sohn", "a&b", "a&nbsp;b", "a&To&B"])
def test_a_raw_ampersand_in_a_value_is_refused_and_nothing_is_cut_off(text):
    with pytest.raises(Unreadable, match="write '&' as '%26'"):
        read(f"To=a&Text={text}&Subject=s")


@pytest.mark.parametrize("name", ["json", "data", "payload", "Request"])
def test_a_form_whose_only_value_is_a_json_object_is_that_object(name):
    value = quote(' {"to": "a", "text": "1 & 2", "foo": 1}\n')

    bound = read(f"{name}={value}&CC=")

    assert bound == SendMail(to="a", text="1 & 2")
    assert bound.ignored == ("foo",)


@pytest.mark.parametrize("other", ["To=b", "more=1", "data=2"])
def test_a_json_object_beside_other_values_is_a_field_that_nobody_knows(other):
    assert "data" in read('data={"To":"a"}&' + other).ignored


def test_a_members_own_value_is_no_document():
    assert read('Text={"To":"a"}') == SendMail(text='{"To":"a"}')
