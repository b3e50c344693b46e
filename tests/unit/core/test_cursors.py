"""A cursor is read for the very question that it was written for, in its one spelling."""

import base64

import pytest

from core import cursors
from core.aws.mail_index import MailIndex

INDEX = MailIndex(None, "", "a secret")
ASKED = ("FindMails", "a caller", "r-1")
POSITION = "2026-11-20T09:15:30.120Z#delivered#1#0a1b2c3d"
CURSOR = cursors.written(POSITION, ASKED, INDEX)


def test_the_position_is_read_back():
    assert cursors.position(CURSOR, ASKED, INDEX) == POSITION


def test_it_can_stand_in_a_query_as_it_is():
    assert CURSOR.replace("-", "").replace("_", "").isalnum()


@pytest.mark.parametrize(
    "asked",
    [
        ("FindMails", "another", "r-1"),
        ("FindMails", "a caller", "r-2"),
        ("FindMails", "a caller"),
        ("FindMails", "a caller", "r-1", ""),
        ("GetMail", "a caller", "r-1"),
        ("FindMails", 'a caller", "r-1'),
        ("FindMails", "a caller\nr-1"),
    ],
)
def test_it_is_for_no_other_question(asked):
    assert cursors.position(CURSOR, asked, INDEX) == ""


def test_it_is_for_no_other_stack():
    assert cursors.position(CURSOR, ASKED, INDEX._replace(secret="another")) == ""


def in_base64(text):
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    "cursor",
    [
        "",
        "x",
        ".",
        CURSOR[:-1],
        CURSOR[1:],
        CURSOR * 2,
        CURSOR + "=",
        CURSOR + "\n",
        f" {CURSOR}",
        f"{CURSOR[:8]}\n{CURSOR[8:]}",
        f"{CURSOR[:8]}!{CURSOR[8:]}",
        CURSOR.swapcase(),
        in_base64(POSITION),
        in_base64(f"{POSITION}."),
        in_base64(f"{POSITION}.{'0' * 32}"),
        in_base64(f".{INDEX.signed('')}"),
        "A" * 1_000_000,
        "\ud800",
        f"{CURSOR}\udfff",
        "ﬀ" * 40,
        "\x00",
        "_-_-",
        "//++",
    ],
)
def test_what_nobody_was_given_is_no_cursor(cursor):
    assert cursors.position(cursor, ASKED, INDEX) == ""


def test_every_other_last_digit_is_another_cursor():
    """The last digit of base64 may hold bits that no byte needs."""
    digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    read = [digit for digit in digits if cursors.position(CURSOR[:-1] + digit, ASKED, INDEX)]

    assert read == [CURSOR[-1]]
