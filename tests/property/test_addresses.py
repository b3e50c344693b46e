"""Laws of addresses and of lists of them."""

import re
from email.header import Header

from hypothesis import given
from hypothesis import strategies as st

from core.aws.written import written as to_ses
from core.message.address import Address, Mailbox, canonical, parse_address
from core.message.mailboxes import parse_mailboxes
from core.message.margins import trimmed, unquoted
from core.message.pasted import joined
from core.submission.encoded_words import decoded

CONTROLS = re.compile("[\\x00-\\x1f\\x7f-\\x9f\\u2028\\u2029\\ud800-\\udfff]")
CONTROL = re.compile(r"[\x00-\x20\x7f-\uffff]|[^\x00-\x7f]")

LABELS = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,5}[a-z0-9])?", fullmatch=True)
ADDRESSES = st.builds(
    lambda local, labels, top: Address(f"{local}@{'.'.join(labels)}.{top}"),
    st.from_regex(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]{1,8}(\.[a-z]{1,3})?", fullmatch=True).filter(
        lambda local: not local.startswith("'")  # In a list that is a quote, and no part of it.
    ),
    st.lists(LABELS.filter(lambda label: label[2:4] != "--"), min_size=1, max_size=3),
    st.sampled_from(["com", "example", "de"]),
)
NAMES = st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"]), max_size=20).filter(
    lambda name: unquoted(name) == name  # What is around a name is no part of it.
)
NEARLY = st.builds(
    lambda address, odd, where: address[:where] + odd + address[where:],
    ADDRESSES,
    st.text(max_size=3) | st.sampled_from(["\r\n", "\n", "\0", "\u2028", "ü", "@", "."]),
    st.integers(0, 20),
)


def parsed(text):
    try:
        return parse_address(text)
    except ValueError:
        return None


@given(st.text() | st.emails() | NEARLY)
def test_parsing_is_idempotent_and_never_lets_an_odd_character_through(text):
    address = parsed(text)

    if address is not None:
        assert parse_address(address) == address
        assert not CONTROL.search(address)
        assert len(address) <= 254


@given(ADDRESSES)
def test_a_plain_address_is_itself(address):
    assert parse_address(address) == address


@given(st.text() | st.emails() | NEARLY)
def test_the_canonical_form_is_its_own(text):
    assert canonical(canonical(text)) == canonical(text)


@given(st.text() | NEARLY)
def test_a_list_of_mailboxes_only_ever_holds_addresses(text):
    try:
        mailboxes = parse_mailboxes(text)
    except ValueError:
        return

    assert all(parse_address(mailbox.address) == mailbox.address for mailbox in mailboxes)


def written(mailbox):
    if not mailbox.name:
        return mailbox.address
    quoted = mailbox.name.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{quoted}" <{mailbox.address}>'


@given(
    st.lists(st.builds(Mailbox, ADDRESSES, NAMES), max_size=5),
    st.sampled_from([",", ";", ", ", " ; ", ",,", " ,\t;"]),
)
def test_a_list_of_mailboxes_survives_being_written_and_parsed(mailboxes, separator):
    assert parse_mailboxes(separator.join(map(written, mailboxes))) == mailboxes


@given(
    st.lists(ADDRESSES, min_size=2, max_size=4),
    st.lists(st.sampled_from(['"', "\\", "<", ">", " ", "x", ",", ";"]), max_size=6),
    st.integers(0, 40),
)
def test_of_several_addresses_none_is_lost_in_silence(addresses, odd, where):
    text = ", ".join(f"N <{address}>" for address in addresses)
    text = text[:where] + "".join(odd) + text[where:]

    try:
        mailboxes = parse_mailboxes(text)
    except ValueError:
        return

    assert len(mailboxes) == len(addresses)


@given(st.builds(Mailbox, ADDRESSES, NAMES.map(lambda name: name * 30) | st.text(max_size=400)))
def test_no_address_is_written_longer_than_ses_takes_it(mailbox):
    text = to_ses(Mailbox(mailbox.address, re.sub(CONTROLS, "", mailbox.name)))

    assert len(text) - 2 * text.startswith('"') <= 320
    assert text.isascii()
    assert text.isprintable()
    assert text.endswith((mailbox.address, f"<{mailbox.address}>"))


@given(st.text() | st.from_regex(r"[\s\u200b\u200d\ufeffa@]*", fullmatch=True))
def test_trimming_twice_is_trimming_once(text):
    assert trimmed(trimmed(text)) == trimmed(text)
    assert trimmed(text) in text


@given(
    st.lists(ADDRESSES, max_size=4),
    st.lists(st.sampled_from(["\r\n", "\n ", "\u200b", "\ufeff", "\u00a0", "'", "<", ">", ";"])),
    st.integers(0, 60),
)
def test_whatever_stands_among_addresses_adds_none_and_loses_none(addresses, odd, where):
    text = "\r\n".join(addresses)
    text = text[:where] + "".join(odd) + text[where:]

    try:
        mailboxes = parse_mailboxes(text)
    except ValueError:
        return

    assert len(mailboxes) >= len(addresses)
    assert sum("@" in mailbox.address for mailbox in mailboxes) == text.count("@")


@given(st.lists(st.builds(Mailbox, ADDRESSES, NAMES), max_size=5))
def test_an_array_of_mailboxes_is_a_list_of_them(mailboxes):
    assert parse_mailboxes(joined(map(written, mailboxes))) == mailboxes


@given(NAMES.filter(lambda name: "=?" not in name))
def test_a_name_that_was_encoded_is_decoded_and_reads_back_the_same(name):
    encoded = Header(name, "utf-8", maxlinelen=75).encode() if name else ""

    assert decoded(encoded) == name
