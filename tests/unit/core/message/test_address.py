"""Addresses: which there are, and which of them are the same (docs/contract.md B2)."""

import doctest

import pytest

from core.message import address
from core.message.address import canonical, parse_address, parse_domain


def test_the_examples_in_the_documentation_are_true():
    assert doctest.testmod(address).failed == 0


@pytest.mark.parametrize(
    ("text", "parsed"),
    [
        ("ada@example.com", "ada@example.com"),
        ("Ada@Example.COM", "Ada@example.com"),
        (" ada@example.com\t", "ada@example.com"),
        ("a.b+c_d-e@mail.example.com", "a.b+c_d-e@mail.example.com"),
        ("!#$%&'*+/=?^_`{|}~-@example.com", "!#$%&'*+/=?^_`{|}~-@example.com"),
        (f"{'x' * 64}@example.com", f"{'x' * 64}@example.com"),
        (f"a@{'b' * 63}.de", f"a@{'b' * 63}.de"),
        ("a@1and1.de", "a@1and1.de"),
        ("a@xn--mnchen-3ya.de", "a@xn--mnchen-3ya.de"),
        ("a@münchen.de", "a@xn--mnchen-3ya.de"),
        ("a@MÜNCHEN.de", "a@xn--mnchen-3ya.de"),
        ("a@straße.de", "a@xn--strae-oqa.de"),
        ("a@example\u3002com", "a@example.com"),
        ("a@\uff45xample.com", "a@example.com"),
    ],
)
def test_an_address_has_one_form(text, parsed):
    assert parse_address(text) == parsed


@pytest.mark.parametrize(
    "text",
    [
        "",
        "@",
        "ada",
        "ada@",
        "@example.com",
        "ada@localhost",
        "ada@@example.com",
        "ada@home@example.com",
        "a b@example.com",
        ".ada@example.com",
        "ada.@example.com",
        "a..b@example.com",
        '"a b"@example.com',
        "ada(x)@example.com",
        "ada@[192.0.2.1]",
        "ada@192.0.2.1",
        "ada@-example.com",
        "ada@example-.com",
        "ada@example..com",
        "ada@.example.com",
        "ada@example.com.",
        "ada@exa_mple.com",
        "ada@exa mple.com",
        "ädä@example.com",
        "<ada@example.com>",
        f"{'x' * 65}@example.com",
        f"a@{'b' * 64}.de",
        f"{'x' * 60}@{'.'.join(['b' * 62] * 3)}.de.com.eu.org",
        f"a@{'.'.join(['b' * 60] * 5)}.de",
        "a@\u2603.net",
        "a@a\u200db.de",
        "a@example.\u0663",
        "a\r\nBcc: eve@evil.example@example.com",
        "ada@example.com\r\nBcc: eve@evil.example",
        "ada\0@example.com",
        "ada@exam\0ple.com",
        "ada@example.com\u2028x",
        "ada\ud800@example.com",
        "ada@\ud800.com",
    ],
)
def test_what_is_no_address_is_refused_without_quoting_it(text):
    with pytest.raises(ValueError, match=r"^(has|is) ") as refusal:
        parse_address(text)

    assert len(text) < 3 or text not in str(refusal.value)


@pytest.mark.parametrize(
    "text", ["ü" * 100_000, "ü." * 100_000, "\u0308" * 100_000, "a." * 100_000]
)
def test_a_huge_domain_is_refused_at_once(text):
    with pytest.raises(ValueError, match="domain"):
        parse_domain(text)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Ada@Example.com", "ada@example.COM"),
        ("ada@münchen.de", "ada@xn--mnchen-3ya.de"),
        ("Ada Lovelace <Ada@example.com> ", "ada@example.com"),
        ("NOT AN ADDRESS ", "not an address"),
    ],
)
def test_two_spellings_of_a_recipient_are_the_same(one, other):
    assert canonical(one) == canonical(other)


def test_two_recipients_are_not_the_same():
    assert canonical("ada@example.com") != canonical("eve@example.com")
