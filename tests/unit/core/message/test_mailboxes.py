"""Lists of mailboxes, as `To`, `CC` and `BCC` hold them (docs/contract.md B2, B5 N)."""

import doctest
from contextlib import suppress
from email.utils import getaddresses

import pytest

from core.message import mailboxes, pasted
from core.message.address import Address, Mailbox
from core.message.mailboxes import parse_mailboxes, shown
from core.message.pasted import joined


def test_the_examples_in_the_documentation_are_true():
    assert doctest.testmod(mailboxes).attempted
    assert doctest.testmod(mailboxes).failed == doctest.testmod(pasted).failed == 0


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("", "ada@a.example"),
        ("Ada Lovelace", "Ada Lovelace <ada@a.example>"),
        ("Grüße", "Grüße <ada@a.example>"),
        ("Lovelace, Ada", '"Lovelace, Ada" <ada@a.example>'),
        ('a "b" \\ c', '"a \\"b\\" \\\\ c" <ada@a.example>'),
        ("Bob <bob@b.example>", '"Bob <bob@b.example>" <ada@a.example>'),
    ],
)
def test_a_mailbox_is_shown_so_that_its_name_is_not_taken_for_an_address(name, written):
    mailbox = Mailbox(Address("ada@a.example"), name)

    assert shown(mailbox) == written
    assert getaddresses([written]) == [(name, "ada@a.example")]


def parsed(text, **how):
    return [(mailbox.name, mailbox.address) for mailbox in parse_mailboxes(text, **how)]


def refusal(text, **how):
    with pytest.raises(ValueError, match=r"^entry ") as refused:
        parse_mailboxes(text, **how)
    return str(refused.value)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("", []),
        (" , ; ", []),
        ("a@x.de", [""]),
        ("<a@x.de>", [""]),
        ("Ada <a@x.de>", ["Ada"]),
        ("Ada Lovelace<a@x.de>", ["Ada Lovelace"]),
        ('"Lovelace, Ada" <a@x.de>', ["Lovelace, Ada"]),
        ('"Lovelace; Ada" <a@x.de>', ["Lovelace; Ada"]),
        (r'"a\"b\\c" <a@x.de>', [r'a"b\c']),
        ('"<b@y.de>" <a@x.de>', ["<b@y.de>"]),
        ("O'Brien <a@x.de>", ["O'Brien"]),
        ("Jörg Müßig 😀 <a@x.de>", ["Jörg Müßig 😀"]),
        ("A. B. (C) <a@x.de>", ["A. B. (C)"]),
        ("a@x.de, b@y.de; c@z.de", ["", "", ""]),
        (",a@x.de,,b@y.de;", ["", ""]),
        ('"x" <a@x.de>;"y, z" <b@y.de>', ["x", "y, z"]),
    ],
)
def test_a_list_of_mailboxes_is_parsed(text, names):
    addresses = ["a@x.de", "b@y.de", "c@z.de"][: len(names)]

    assert parse_mailboxes(text) == [
        Mailbox(address, name) for address, name in zip(addresses, names, strict=True)
    ]


@pytest.mark.parametrize(
    ("text", "entry"),
    [
        ("nobody", 1),
        ("a@x.de,nobody", 2),
        ("a@x.de,,nobody", 2),
        ("a@x.de b@y.de", 1),
        ("Ada a@x.de", 1),
        ("Ada a@x.de>", 1),
        ("Ada <a@x.de", 1),
        ("Ada <a@x.de> Lovelace", 1),
        ("Ada <a@x.de;b@y.de>", 1),
        ("Lovelace, Ada <a@x.de>", 1),
        ("Ada <>", 1),
        ("friends: a@x.de, b@y.de;", 1),
    ],
)
def test_a_refusal_counts_the_entries(text, entry):
    with pytest.raises(ValueError, match=f"^entry {entry} "):
        parse_mailboxes(text)


@pytest.mark.parametrize(
    "text",
    [
        "Ada <a@x.de> <b@y.de>",
        'O"Brien <a@x.de>, Eve <b@y.de>',
        'Ada <a@x.de>, 5" <b@y.de>, Eve <c@z.de>, 6" <d@y.de>',
        'Ada" <a@x.de>, "Eve <b@y.de>',
    ],
)
def test_no_recipient_ever_vanishes_into_anothers_name(text):
    with pytest.raises(ValueError, match=r"^entry "):
        parse_mailboxes(text)


@pytest.mark.parametrize(
    "text", ["," * 500_000, "<" * 500_000, '"\\' * 500_000, "a@x.de," * 20_000]
)
def test_a_huge_list_is_parsed_or_refused_in_linear_time(text):
    try:
        mailboxes = parse_mailboxes(text)
    except ValueError:
        mailboxes = []

    assert len(mailboxes) in (0, 20_000)


# What people paste

ADA, EVE = ("Lovelace, Ada", "ada@a.example"), ("Meier, Eva", "eve@b.example")
LINK = "ada@a.example<mailto:ada@a.example>"


@pytest.mark.parametrize(
    "text",
    [
        "Lovelace, Ada <ada@a.example>; Meier, Eva <eve@b.example>",
        "Lovelace, Ada <ada@a.example>;Meier, Eva <eve@b.example>;",
        "Lovelace, Ada <ada@a.example>;\r\n Meier,\r\n Eva <eve@b.example>;\r\n",
        'Lovelace, Ada <ada@a.example>; "Meier, Eva" <eve@b.example>',
    ],
)
def test_where_semicolons_separate_a_comma_is_part_of_a_name(text):
    assert parsed(text) == [ADA, EVE]


def test_a_name_may_have_several_commas():
    name = "Lovelace, Ada, Countess"

    assert parsed(f"{name} <ada@a.example>; eve@b.example")[0] == (name, "ada@a.example")


@pytest.mark.parametrize(
    "text", ["Lovelace, Ada <ada@a.example>", "Lovelace,\tAda <ada@a.example>,"]
)
def test_where_there_is_one_mailbox_alone_a_comma_is_part_of_its_name(text):
    assert parsed(text, is_single=True) == [ADA]
    assert refusal(text) == "entry 1 has no '@': a name with a comma must be in double quotes"


def test_a_name_that_ends_with_a_comma_loses_it():
    assert parsed("Lovelace, <ada@a.example>", is_single=True) == [("Lovelace", "ada@a.example")]


@pytest.mark.parametrize(
    "text", ["nobody, ada@a.example; eve@b.example", "nobody; Ada <ada@a.example>; eve@b.example"]
)
def test_what_is_no_part_of_a_name_is_never_passed_over(text):
    assert refusal(text).startswith("entry 1 has no '@'")


@pytest.mark.parametrize(
    "text",
    [
        "ada@a.example\r\neve@b.example\r\n",
        "ada@a.example,\neve@b.example,\n",
        "ada@a.example\reve@b.example",
        "\n    ada@a.example\n\n    eve@b.example\n",
        "ada@a.example\u2028eve@b.example",
        "ada@a.example;;, ,\teve@b.example;;",
        "ada@a.example\uff0ceve@b.example\uff1b",
        "ada@a.example\u3001eve@b.example",
        "'ada@a.example', 'eve@b.example'",
        "'ada@a.example';\"eve@b.example\"",
        "\u201cada@a.example\u201d, \u201eeve@b.example\u201c",
        "\u2018ada@a.example\u2019, \u00abeve@b.example\u00bb",
        "\uff07ada@a.example\uff07, \uff02eve@b.example\uff02",
        "<ada@a.example>, '<eve@b.example>'",
        "mailto:ada@a.example, <MailTo:eve@b.example>",
        "SMTP:ada@a.example; smtp:eve@b.example",
        "ada@a.example <ada@a.example>, eve@b.example <mailto:eve@b.example>",
        "'ada@a.example' <'ada@a.example'>, \"'EVE@b.example'\" <'eve@b.example'>",
        "\u200bada@a.example\ufeff, <\xadeve@b.example\u2060>",
        "\u00a0ada@a.example\u3000, \u200eeve@b.example\u200f",
        "ada\uff20a.example, \uff1ceve@b.example\uff1e",
        "'ada@a.example, eve@b.example'",
        "'ada@a.example; \u2018eve@b.example",
        "ada@a.example', eve@b.example\u2019",
        "<'ada@a.example>, mailto:'eve@b.example",
        "'ada@a.example <ada@a.example>, \u2018eve@b.example",
    ],
)
def test_what_is_around_an_address_is_not_part_of_it(text):
    assert parsed(text) == [("", "ada@a.example"), ("", "eve@b.example")]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ('"Ada"\r\n <ada@a.example>', "Ada"),
        ('"Ada"\r\n<ada@a.example>, eve@b.example', "Ada"),
        ("Ada\r\n\tLovelace <ada@a.example>", "Ada Lovelace"),
        ('"Ada\r\n Lovelace" <ada@a.example>, eve@b.example', "Ada Lovelace"),
        (
            "=?utf-8?Q?A?=\r\n =?utf-8?Q?da?= <ada@a.example>, x@y.de",
            "=?utf-8?Q?A?= =?utf-8?Q?da?=",
        ),
        ("=?utf-8?Q?Lovelace,_Ada?= <ada@a.example>, x@y.de", "=?utf-8?Q?Lovelace,_Ada?="),
        ('"Ada <ada@a.example>"', "Ada"),
        ("'Ada <ada@a.example>'", "Ada"),
        (f"Ada <{LINK}>", "Ada"),
        ("Ada [mailto:ada@a.example]", "Ada"),
        ("\u201cLovelace, Ada\u201d <ada@a.example>", "\u201cLovelace, Ada\u201d"),
        ("Ada (Analysis) <ada@a.example>", "Ada (Analysis)"),
        ("Ada\u200dLovelace <ada@a.example>", "Ada\u200dLovelace"),
        ("\u5c71\u7530\uff0c\u592a\u90ce <ada@a.example>", "\u5c71\u7530\uff0c\u592a\u90ce"),
        ("Ada <\r\n ada@a.example\r\n >", "Ada"),
        ("'Ada' <ada@a.example>", "Ada"),
        ("'Lovelace, Ada' <ada@a.example>; eve@b.example", "Lovelace, Ada"),
        ("\"'Lovelace, Ada'\" <ada@a.example>", "Lovelace, Ada"),
        ('"\\"Ada\\"" <ada@a.example>', "Ada"),
        ("'Ada' 'Augusta' <ada@a.example>", "'Ada' 'Augusta'"),
        ("Rock 'n' Roll <ada@a.example>", "Rock 'n' Roll"),
        ('"Team: Ada" <ada@a.example>', "Team: Ada"),
        ("Team: Ada <ada@a.example>;", "Team: Ada"),
        ("\u201cTeam: Ada\u201d <ada@a.example>", "\u201cTeam: Ada\u201d"),
        ("=?utf-8?Q?Team:_Ada?= <ada@a.example>", "=?utf-8?Q?Team:_Ada?="),
    ],
)
def test_a_name_is_read_as_it_was_meant(text, name):
    assert parsed(text)[0] == (name, "ada@a.example")


@pytest.mark.parametrize(
    ("text", "address"),
    [
        *(("o'brien@a.example", "o'brien@a.example"), ("'o'brien@a.example", "o'brien@a.example")),
        *(("'a'@a.example", "'a'@a.example"), ("brien'@a.example", "brien'@a.example")),
    ],
)
def test_an_apostrophe_of_an_address_stays(text, address):
    assert parsed(text) == [("", address)]


@pytest.mark.parametrize(
    "text",
    ["undisclosed-recipients:;", "Undisclosed recipients: ;", '"My friends":;', "nobody:"],
)
def test_an_empty_group_is_nobody(text):
    assert parsed(text) == []
    assert parsed(f"{text}; ada@a.example") == [("", "ada@a.example")]


@pytest.mark.parametrize(
    ("text", "advice"),
    [
        ("ada@a.example eve@b.example", "separate addresses with commas"),
        ("ada@a.example/eve@b.example", "separate addresses with commas"),
        ("Ada <ada@a.example> Eve <eve@b.example>", "separate addresses with commas"),
        ("Ada ada@a.example", "write 'Name <name@domain>'"),
        ("Ada <ada@a.example", "write 'Name <name@domain>'"),
        ("Ada ada@a.example>", "write 'Name <name@domain>'"),
        ("Ada <ada@a.example<mailto:eve@b.example>>", "write 'Name <name@domain>'"),
        ("ada lovelace@a.example", "white space in its address: remove it"),
        ("ada@ a.example", "white space in its address: remove it"),
        ("friends: ada@a.example, eve@b.example;", "remove what stands before the address"),
        ("ada@a.example.", "remove it"),
        ("zo\xeb@a.example", "beyond ASCII before its '@'"),
        ("Ada", "write 'Name <name@domain>', or remove it"),
        ("Ada\r\n Lovelace <ada@a.example>\r\n eve@b.example", "has no '@'"),
        ("{Email:ada@a.example,Name:Ada}", "is an object or a list: write a text"),
        ('["ada@a.example","eve@b.example"]', "is an object or a list: write a text"),
        ("'Lovelace, Ada' <ada@a.example>", "must be in double quotes"),
        ("mailto:ada@a.example?subject=Hi", "remove what follows the address"),
        ("ada@a.example/", "remove what follows the address"),
        ("ada@a.example)", "remove what follows the address"),
        ("[ada@a.example]", "has brackets around it: remove them"),
        ("{ada@a.example}", "has brackets around it: remove them"),
        ("[Ada](mailto:ada@a.example)", "is a link: write 'Name <name@domain>'"),
        ("{{to}}", "is a placeholder that nothing was put into"),
        ("Ada <{{ to }}>", "is a placeholder that nothing was put into"),
        ("${user.email}", "is a placeholder that nothing was put into"),
        ("{to}", "is a placeholder that nothing was put into"),
        ("%EMAIL%", "is a placeholder that nothing was put into"),
        ("{}", "is an object or a list"),
    ],
)
def test_a_refusal_says_what_to_do(text, advice):
    assert advice in refusal(text)


@pytest.mark.parametrize("secret", ["geheim47", "geheim 47@a.example", "geheim47@a.example x@y"])
def test_a_refusal_never_quotes_what_it_refuses(secret):
    assert "geheim" not in refusal(secret)


@pytest.mark.parametrize(
    "text",
    ["\n" * 500_000, "\r\n " * 200_000, "=?a?q?" * 100_000, "\u201c" * 500_000, "'" * 100_000],
)
def test_other_huge_lists_are_read_in_linear_time_too(text):
    with suppress(ValueError):
        assert parse_mailboxes(text) == []


# Lists made of mailboxes


@pytest.mark.parametrize(
    ("entries", "expected"),
    [
        ([], []),
        (["", " \n"], []),
        (["ada@a.example", "eve@b.example"], [("", "ada@a.example"), ("", "eve@b.example")]),
        (["Lovelace, Ada <ada@a.example>"], [ADA]),
        (["Lovelace, Ada <ada@a.example>", "Meier, Eva <eve@b.example>"], [ADA, EVE]),
        (['"Lovelace, Ada" <ada@a.example>'], [ADA]),
        (['5" <ada@a.example>', '6" <eve@b.example>'], [('5"', ADA[1]), ('6"', EVE[1])]),
        (['A \\ "B"; C <ada@a.example>'], [('A \\ "B"; C', "ada@a.example")]),
        (["ada@a.example, eve@b.example"], [("", "ada@a.example"), ("", "eve@b.example")]),
        (["Ada <ada@a.example>, <eve@b.example>"], [("Ada", ADA[1]), ("", EVE[1])]),
    ],
)
def test_each_item_of_an_array_is_a_mailbox_of_its_own(entries, expected):
    assert parsed(joined(entries)) == expected
