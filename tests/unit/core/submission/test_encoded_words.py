"""Texts that come as encoded words (RFC 2047; docs/contract.md B5 O)."""

import base64

import pytest
from support.work import never_endless

from core.submission.encoded_words import decoded


def b64(text, charset="utf-8"):
    return f"=?{charset}?B?{base64.b64encode(text.encode(charset)).decode()}?="


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("=?utf-8?Q?Gr=C3=BC=C3=9Fe?=", "Grüße"),
        ("=?UTF-8?q?Gr=c3=bc=C3=9Fe_aus_K=C3=B6ln?=", "Grüße aus Köln"),
        ("=?utf-8?B?R3LDvMOfZQ==?=", "Grüße"),
        ("=?utf-8?b?R3LDvMOfZQ?=", "Grüße"),
        ("=?iso-8859-1?Q?Gr=FC=DFe?=", "Grüße"),
        ("=?ISO-8859-15?Q?5_=A4?=", "5 €"),
        ("=?windows-1252?Q?=80_5?=", "€ 5"),
        ("=?iso-8859-1?Q?=80_5?=", "€ 5"),
        ("=?cp1251?B?z/Do4uXy?=", "Привет"),
        ("=?us-ascii?Q?Hello?=", "Hello"),
        ("=?utf-8*de?Q?Gr=C3=BC=C3=9Fe?=", "Grüße"),
        ("=?utf-8?Q?a?= =?utf-8?Q?b?=", "ab"),
        ("=?utf-8?Q?a_?=\r\n =?iso-8859-1?Q?=FC?=", "a ü"),
        ("=?utf-8?Q?a?==?utf-8?B?Yg==?=", "ab"),
        ("=?utf-8?Q?=C3?= =?utf-8?Q?=BC?=", "ü"),
        ("=?utf-8?Q?Hello World?=", "Hello World"),
        ("=?utf-8?Q??=", ""),
        ("  =?utf-8?Q?a?=  ", "a"),
        ("=?utf-8?Q?100%_=3D_all?=", "100% = all"),
        (b64(b64(b64("Grüße"))), "Grüße"),
        (b64("日本", "iso-2022-jp"), "日本"),
    ],
)
def test_a_text_of_encoded_words_is_what_they_say(text, said):
    assert decoded(text) == said


@pytest.mark.parametrize(
    "text",
    [
        "",
        "plain",
        "Re: =?utf-8?Q?Gr=C3=BC=C3=9Fe?=",
        "=?utf-8?Q?Gr=C3=BC=C3=9Fe?= aus",
        "=?utf-8?Q?a?= b =?utf-8?Q?c?=",
        "=?utf-8?Q?=FF?=",
        "=?us-ascii?Q?=FC?=",
        "=?utf-8?B?####?=",
        "=?utf-8?B?A?=",
        "=?utf-8?X?a?=",
        "=?utf-8?Q?a",
        "=?utf-8?Q?ü?=",
        "=?utf-7?Q?+AOQ-?=",
        "=?hex?Q?41?=",
        "=?rot13?Q?a?=",
        "=?idna?Q?a?=",
        "=?x-unknown?Q?a?=",
        "=??Q?a?=",
        "=?",
    ],
)
def test_any_other_text_stays_as_it_is(text):
    assert decoded(text) == text


@pytest.mark.parametrize(
    "text",
    ["=?utf-8?Q?a?= " * 700_000, "=?utf-8?Q?" * 1_000_000, "=?" * 5_000_000, " " * 10_000_000],
)
def test_a_text_of_ten_megabytes_stays_as_it_is_at_once(text):
    with never_endless(4):
        assert decoded(text) == text
