"""Whether a text or a file names an address, in all the ways in which it may be written there."""

import base64
import json
from email.message import EmailMessage
from urllib.parse import quote

import pytest

from ops.traces import Traces

ADA = "ada@recipient.example"
TRACES = Traces(ADA)


def mail(content, encoding, charset="utf-8"):
    message = EmailMessage()
    message["Subject"] = "Hello"
    message.set_content(content, cte=encoding, charset=charset)
    return message.as_bytes()


def in_mail(inner, **headers):
    """Return a mail with another one attached to it, as a file in base64."""
    message = EmailMessage()
    for name, value in headers.items():
        message[name] = value
    message.set_content("See the file.")
    message.add_attachment(inner, maintype="application", subtype="octet-stream", filename="a.eml")
    return message.as_bytes()


CALENDAR = (
    "BEGIN:VCALENDAR\r\nATTENDEE;CN=Ada;PARTSTAT=NEEDS-ACTION:mailto:ada@reci\r\n pient.example"
)

WRITTEN = {
    "a list": "Bob <bob@x.example>;ada@recipient.example;carol@x.example",
    "in another case": "mailto:ADA@Recipient.Example?subject=x",
    "in a link": '<a href="https://x.example/?email=ada%40recipient.example&amp;a=1">',
    "in a link, all of it": quote(ADA, safe="").replace("a", "%61"),
    "in a link in a link": f"https://x.example/?to={quote(quote(ADA, safe=''), safe='')}",
    "a decimal entity": "ada&#64;recipient.example",
    "a decimal entity with zeros": "ada&#0000064;recipient.example",
    "a decimal entity without its end": "ada&#64recipient.example",
    "a hexadecimal entity": "ada&#x40;recipient&#X2e;example",
    "named entities": "ada&commat;recipient&period;example",
    "an entity of an entity": "ada&amp;#64;recipient.example",
    "between entities": "&lt;ada@recipient.example&gt;",
    "between entities without their ends": "&ltada@recipient.example&gt",
    "an entity in percent": "ada%26%2364%3Brecipient.example",
    "percent in an entity": "ada&#37;40recipient.example",
    "in a script": r"send('ada\x40recipient.example')",
    "in a script, by code point": r"send('ada\u{40}recipient\u{2E}example')",
    "in old JavaScript": "ada%u0040recipient.example",
    "in JSON": json.dumps({"a": ["x", {ADA: 1}]}),
    "in JSON with escapes": '{"a": "\\u0061da\\u0040recipient.example"}',
    "in JSON behind a line break": json.dumps({"a": f"x\n{ADA}"}),
    "in JSON behind a line break in a link": (
        f"https://x.example/?a={quote(json.dumps({'a': f'\n{ADA}'}))}"
    ),
    "in a script behind a line break": f"send('\\n{ADA}')",
    "in JSON in JSON in JSON": json.dumps([json.dumps([json.dumps([f"x\n{ADA}"])])]),
    "percent in an entity in JSON in percent": quote(
        json.dumps(["x\nada&#37;40recipient.example"])
    ),
    "in lines of JSON": '{"a": 1}\n{"a": "ada\\u0040recipient.example"}\n',
    "in an encoded word": "Subject: =?utf-8?q?Ask_ada=40recipient=2Eexample?=",
    "in two encoded words": "=?utf-8?b?YWRhQHJlY2lw?=\r\n =?utf-8?b?aWVudC5leGFtcGxl?=",
    "in a folded calendar": CALENDAR,
    "behind an entity that is none": "&nonsense;ada@recipient.example",
    "before a query": "?to=ada@recipient.example&micro=5",
    "before percent": "ada@recipient.example%20and others",
    "before an equals sign": "ada@recipient.example=61bc",
    "behind a percent sign": "100%ada@recipient.example",
    "beside a number that is none": f"&#{'9' * 5000}; ada&#64;recipient.example",
    "bytes of another charset": f"Grüße an {ADA}".encode("latin-1"),
    "JSON with a byte order mark": b'\xef\xbb\xbf{"a": "ada\\u0040recipient.example"}',
    "UTF-16 with a mark": f"An {ADA}".encode("utf-16"),
    "UTF-32 with a mark": f"An {ADA}".encode("utf-32"),
    "UTF-16 from its first character": ADA.encode("utf-16-le"),
    "UTF-16 from an odd byte": b"\x01" + f"An {ADA}".encode("utf-16-le") + b"\x01",
    "UTF-16, big-endian": f"An {ADA}".encode("utf-16-be"),
    "UTF-32, big-endian": f"An {ADA}".encode("utf-32-be"),
    "UTF-16 with entities": "ada&#64;recipient.example".encode("utf-16-le"),
    "between zeros": b"x\0ada@recipient.example\0x",
    "a mail": f"To: {ADA}\r\n\r\nHello.\r\n".encode(),
    "a mail in quoted-printable": mail(f"{'x' * 70} {ADA} = her", "quoted-printable"),
    "a mail in base64": mail(f"Ask {ADA}.", "base64"),
    "a mail in base64 in UTF-16": mail(f"Ask {ADA}.", "base64", "utf-16"),
    "a link in HTML in a mail in base64": mail("<a href='?ada%40recipient.example'>", "base64"),
    "a mail in a mail": in_mail(mail(f"Ask {ADA}.", "base64")),
    "a mail that was forwarded": b"From - Mon\n" + in_mail(in_mail(mail(f"Ask {ADA}.", "base64"))),
    "a header of a mail": in_mail(b"x", Subject=f"Grüße an {ADA} und andere"),
    "no mail, though it begins as one": f"Note: she is\n{ADA}=61bc".encode(),
    "a link behind a line break": f"https://x.example/?to={quote(f'\n{ADA}')}".encode(),
    "a link behind a line break in a mail": mail(f"x.example/?to={quote(f'\n{ADA}')}", "7bit"),
    "a link behind a line break in quoted-printable": mail(
        f"https://x.example/?to={quote(f'\n{ADA}')}", "quoted-printable"
    ),
    "a part that says nothing of its encoding": (
        b"Content-Type: multipart/mixed; boundary=b\n\n--b\n\nada@recipient.example=61bc\n"
        b"--b\nContent-Transfer-Encoding: quoted-printable\n\nx=3D\n--b--\n"
    ),
}


@pytest.mark.parametrize("way", WRITTEN)
def test_an_address_is_found_however_it_is_written(way):
    assert TRACES.are_in(WRITTEN[way])


OTHERS = {
    "another one": "adam@recipient.example, ada@recipient.examples",
    "a longer one before": "x.ada@recipient.example",
    "a longer one behind": "ada@recipient.example.au",
    "a name with an apostrophe": "o'ada@recipient.example",
    "longer by an entity before": "x&#46;ada@recipient.example",
    "longer by a named entity before": "x&plus;ada@recipient.example",
    "longer by a code point before": r"x\u{2e}ada@recipient.example",
    "longer by an entity behind": "ada@recipient.example&#x2e;au",
    "longer by an entity without its end": "ada@recipient.example&#46au",
    "longer by percent": "ada@recipient.example%2Eau",
    "longer by percent of percent": "ada@recipient.example%252Eau",
    "longer by percent before": "x%2Eada%40recipient.example",
    "longer in a script": r"ada@recipient.example\u002eau",
    "longer in JSON": '{"a": "ada@recipient.example\\u002eau"}',
    "longer in an encoded word": "=?utf-8?q?ada@recipient.example=2Eau?=",
    "longer in a mail": (
        b"Content-Transfer-Encoding: quoted-printable\n\nada@recipient.example=2Eau"
    ),
    "longer by a soft line break": (
        b"Content-Transfer-Encoding: quoted-printable\n\nada@recipient.example=\n.au x.=\n"
        b"ada@recipient.example"
    ),
    "longer in UTF-16": "x.ada@recipient.example".encode("utf-16-le"),
}


@pytest.mark.parametrize("way", OTHERS)
def test_a_longer_address_is_another_one_however_it_is_written(way):
    assert not TRACES.are_in(OTHERS[way])


@pytest.mark.parametrize("domain", ["bücher.example", "xn--bcher-kva.example", "BÜCHER.example"])
def test_an_address_is_found_in_either_script_of_its_domain(domain):
    traces = Traces(f"Ada@{domain}")

    for written in ("ada@bücher.example", "ada@xn--bcher-kva.example"):
        assert traces.are_in(quote(written))
        assert traces.are_in(written.encode("utf-16-le"))
        assert traces.are_in(base64.b64decode(base64.b64encode(written.encode("latin-1"))))
