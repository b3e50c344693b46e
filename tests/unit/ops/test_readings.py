"""What hostile texts and files cost to read: a bounded number of characters, and never an error."""

import json

import pytest

from ops.readings import readings

SIZE = 200_000
_MULTIPART = "Content-Type: multipart/mixed; boundary=b{0}\n\n--b{0}\n"


def filled(piece: str | bytes) -> str | bytes:
    return piece * (SIZE // len(piece))


def nested(piece: str) -> str:
    """Encode a text in percent as often as it grows no larger than it may."""
    while len(piece) < SIZE:
        piece = json.dumps([piece]).replace("%", "%25").replace('"', "%22")
    return piece


HOSTILE = {
    "lists in lists": "[" * SIZE + "]" * SIZE,
    "lists that json can read": "[" * 900 + '"x"' + "]" * 900,
    "JSON in percent in JSON": nested("x"),
    "percent of percent": "%" + "25" * (SIZE // 2),
    "entities of entities": "&" + "amp;" * (SIZE // 4),
    "a number of many digits": "&#" + "9" * SIZE,
    "many zeros": "&#" + "0" * SIZE,
    "beginnings of entities": filled("&#x"),
    "beginnings of encoded words": filled("=?a?q?"),
    "gaps between encoded words": "?=" + " " * SIZE,
    "folds": "BEGIN:V" + "\r\n " * (SIZE // 3),
    "zeros": bytes(SIZE),
    "bytes of every kind": bytes(range(256)) * (SIZE // 256),
    "half of UTF-16": b"\xff\xfe" + b"\x00\xd8" * (SIZE // 2),
    "parts in parts": "".join(_MULTIPART.format(n) for n in range(5_000)).encode(),
    "a hundred parts in parts": "".join(_MULTIPART.format(n) for n in range(100)).encode(),
    "many parts": b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--b\n" * (SIZE // 4),
    "many parameters": b'Content-Type: multipart/mixed; boundary="' + b";" * SIZE,
    "many folded parameters": b"Content-Type: a/b" + b';\n a="' * (SIZE // 6),
    "headers in headers": b"A: b\n\n" * (SIZE // 6),
    "mails in mails": filled(b"Content-Transfer-Encoding: quoted-printable\n\n"),
    "a slow charset": b"Content-Type: text/plain; charset=punycode\n\n" + b"a-" * (SIZE // 2),
    "an unknown charset": b"Content-Type: text/plain; charset=none\n\nx",
    "a strange charset": b"Content-Type: text/plain; charset*=none'%ff\n\nx",
    "an unknown encoding": b"Content-Transfer-Encoding: \xff\n\nx",
    "base64 that is none": b"Content-Transfer-Encoding: base64\n\n" + b"=A" * (SIZE // 2),
    "uuencoded": b"Content-Transfer-Encoding: x-uuencode\n\nbegin 666 \xff\n\xff",
    "a surrogate": "\ud800&#xd800;%ed%a0%80\\ud800",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_is_read_is_no_more_than_a_small_multiple_of_what_is_there(name: str) -> None:
    """Most is read of what is encoded in itself: the same once more at each of 32 depths."""
    value = HOSTILE[name]

    read = sum(len(reading.text) for reading in readings(value))

    assert read <= 100 * max(len(value), 100)


def test_a_mail_is_unpacked_from_within_others_to_a_bounded_depth() -> None:
    def inside(depth: int) -> bool:
        mail = b"Content-Transfer-Encoding: quoted-printable\n\n" * depth + b"the end"
        return any(reading.text == "the end" for reading in readings(mail))

    assert inside(32)
    assert not inside(33)
