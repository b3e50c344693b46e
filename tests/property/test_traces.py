"""An address is found in whatever encoding it stands, and a longer one is another one."""

import html
import json
from email.message import EmailMessage
from urllib.parse import quote

from hypothesis import given
from hypothesis import strategies as st

from ops.traces import Traces

ADA = "ada.l+x@recipient.example"
TRACES = Traces(ADA)

ESCAPES = {
    "percent": lambda c: "".join(f"%{byte:02X}" for byte in c.encode()),
    "decimal": lambda c: f"&#{ord(c)};",
    "hexadecimal": lambda c: f"&#x{ord(c):04x};",
    "script": lambda c: f"\\u{ord(c):04x}",
    "old script": lambda c: f"%u{ord(c):04X}",
}
WHOLE = {
    "nothing": lambda text: text,
    "HTML": html.escape,
    "link": lambda text: f"https://x.example/?a=1&to={quote(text, safe='')}",
    "JSON": lambda text: json.dumps({"a": [text]}),
    "upper case": str.upper,
}
BEFORE = st.sampled_from(["", " ", "<", ";", "mailto:", "(", "\n", "Ü ", ","])
AFTER = st.sampled_from(["", " ", ">", ";", "?subject=a", ")", "\n", ".", ". A", " Ü", ","])
LONGER = [("x", ""), ("x.", ""), ("9-", ""), ("x+", ""), ("", ".au"), ("", "x"), ("", "-x.au")]


@st.composite
def escaped(draw, text):
    """Write some characters of a text, or all, in one kind of escape."""
    escape = ESCAPES[draw(st.sampled_from(sorted(ESCAPES)))]
    which = draw(st.lists(st.booleans(), min_size=len(text), max_size=len(text)))
    return "".join(
        escape(c) if is_escaped else c for c, is_escaped in zip(text, which, strict=True)
    )


@st.composite
def written(draw, text):
    """Encode a text in one way or none, and then in up to two further ones."""
    if draw(st.booleans()):
        text = draw(escaped(text))
    for way in draw(st.lists(st.sampled_from(sorted(WHOLE)), max_size=2)):
        text = WHOLE[way](text)
    return draw(stored(text))


@st.composite
def stored(draw, text):
    """Store a text as a caller may have: as text, as a file, or as a mail."""
    kind = draw(st.sampled_from(["text", "utf-8", "utf-8-sig", "utf-16", "utf-16-be", "utf-32-le"]))
    encoding = draw(st.sampled_from(["", "", "7bit", "quoted-printable", "base64"]))
    if kind == "text":
        return text
    if encoding and kind == "utf-8":
        message = EmailMessage()
        message["Subject"] = "Hello"
        is_7bit = text.isascii() and max(map(len, text.splitlines()), default=0) < 900
        message.set_content(text, cte=encoding if is_7bit or encoding != "7bit" else "base64")
        return message.as_bytes()
    return text.encode(kind)


@given(st.data(), BEFORE, AFTER)
def test_an_address_is_found_in_any_encoding(data, before, after):
    assert TRACES.are_in(data.draw(written(f"{before}{ADA}{after}")))


@given(st.data(), BEFORE, AFTER, st.sampled_from(LONGER))
def test_a_longer_address_is_another_one_in_any_encoding(data, before, after, more):
    longer = f"{more[0]}{ADA}{more[1]}"

    assert not TRACES.are_in(data.draw(written(f"{before}{longer}{after}")))


@given(st.data(), st.text(max_size=50), st.text(max_size=50))
def test_what_stands_around_keeps_an_address_from_being_found_only_if_it_makes_it_longer(
    data, before, after
):
    """Between spaces it is never longer, whatever text is beyond them."""
    assert TRACES.are_in(f"{before} {ADA} {after}")
    assert TRACES.are_in(f"{before} {ADA} {after}".encode("utf-8", "replace"))


@given(st.binary(max_size=300))
def test_no_file_keeps_a_search_from_ending(content):
    assert not TRACES.are_in(content)
    TRACES.are_in(b"Content-Type: multipart/mixed; boundary=b\n" + content)
