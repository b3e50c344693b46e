"""What is read of SPF by RFC 7208: each rule by an example, and records beside checkdmarc."""

from collections.abc import Iterator, Mapping

import checkdmarc.spf
import checkdmarc.utils
import dns.resolver
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.dns import Server, dns_server

from ops.doctor import spf

ZONE = {
    "ours.example": "v=spf1 include:amazonses.com -all",
    "soft.example": "v=spf1 ip4:192.0.2.0/24 ~all",
    "open.example": "v=spf1 +all",
    "loop.example": "v=spf1 include:loop.example -all",
    "broken.example": "v=spf1 inclued:x.example -all",
}


def check(record: str | list[str], *, is_ses: bool = True) -> spf.Verdict:
    zone: Mapping[str, str | list[str]] = ZONE | {"b.example": record}

    def texts(name: str) -> list[str]:
        held = zone.get(name, [])
        return [held] if isinstance(held, str) else held

    return spf.check("b.example", texts, is_ses=is_ses)


@pytest.mark.parametrize(
    ("record", "result"),
    [
        ("v=spf1 include:amazonses.com ~all", "pass"),
        ("v=spf1 +include:amazonses.com -all", "pass"),
        ("V=SPF1 INCLUDE:AmazonSES.com -ALL", "pass"),
        ("v=spf1 include:amazonses.com", "pass"),
        # The first term that matches decides, and nothing behind `all` is looked at.
        ("v=spf1 -all include:amazonses.com", "fail"),
        ("v=spf1 ~all include:amazonses.com", "softfail"),
        ("v=spf1 ?include:amazonses.com -all", "neutral"),
        ("v=spf1 -include:amazonses.com +all", "fail"),
        ("v=spf1 -all", "fail"),
        ("v=spf1", "neutral"),
        # Records of others count by what they say.
        ("v=spf1 include:ours.example -all", "pass"),
        ("v=spf1 redirect=ours.example", "pass"),
        ("v=spf1 -all redirect=ours.example", "fail"),
        ("v=spf1 redirect=ours.example exp=why.example -all", "fail"),
        # Addresses are not compared.
        ("v=spf1 ip4:192.0.2.1 -all", "unknown"),
        ("v=spf1 a mx -all", "unknown"),
        ("v=spf1 include:%{d}.x.example -all", "unknown"),
        ("v=spf1 include:soft.example -all", "unknown"),
        ("v=spf1 ip4:192.0.2.1 include:amazonses.com -all", "pass"),
        # What is wrong anywhere makes all of it useless.
        ("v=spf1 include:amazonses.com inclued:x.example -all", "permerror"),
        ("v=spf1 include:amazonses.com ip4:300.1.1.1 -all", "permerror"),
        ("v=spf1 include:broken.example include:amazonses.com -all", "permerror"),
        ("v=spf1 include:nothing.example include:amazonses.com -all", "permerror"),
        ("v=spf1 include:loop.example -all", "permerror"),
        ("v=spf1 redirect=a.example redirect=b.example", "permerror"),
        ("v=spf1 include: -all", "permerror"),
    ],
)
def test_what_a_record_says_of_a_mail_from_ses(record: str, result: str) -> None:
    assert check(record).result == result


def test_ten_questions_are_enough_and_eleven_too_many() -> None:
    ten = " ".join(f"a:a{number}.example" for number in range(9))

    assert check(f"v=spf1 {ten} include:amazonses.com -all").result == "pass"
    verdict = check(f"v=spf1 {ten} mx include:amazonses.com -all")
    assert verdict == spf.Verdict("permerror", "it needs more than 10 questions to the DNS")


def test_several_records_or_none_are_useless() -> None:
    assert check([]).why == "b.example has no SPF records"
    assert check(["v=spf1 -all", "v=spf1"]).why == "b.example has 2 SPF records"


@pytest.mark.parametrize(
    ("record", "result"),
    [
        ("v=spf1 include:amazonses.com ~all", "softfail"),
        ("v=spf1 include:amazonses.com +all", "pass"),
        ("v=spf1 include:amazonses.com", "neutral"),
        ("v=spf1 include:amazonses.com include:open.example -all", "pass"),
        ("v=spf1 include:amazonses.com redirect=open.example", "pass"),
    ],
)
def test_what_a_record_says_of_everybody_else(record: str, result: str) -> None:
    assert check(record, is_ses=False).result == result


@pytest.mark.parametrize(
    ("record", "better"),
    [
        ("v=spf1 -all", "v=spf1 include:amazonses.com -all"),
        (
            "v=spf1 mx -all include:amazonses.com",
            "v=spf1 include:amazonses.com mx -all",
        ),
        ("v=spf1 ip4:192.0.2.1 ?all", "v=spf1 include:amazonses.com ip4:192.0.2.1 ~all"),
        ("v=spf1 redirect=a.example", "v=spf1 include:amazonses.com redirect=a.example"),
        ("v=spf1 ~include:amazonses.com", "v=spf1 include:amazonses.com ~all"),
    ],
)
def test_a_repaired_record_keeps_what_is_not_wrong(record: str, better: str) -> None:
    assert spf.repaired(record) == better
    assert check(better).result == "pass"


# An independent reading of the same records

TERMS = st.sampled_from(
    [
        *("include:amazonses.com", "include:ours.example", "include:open.example", "mx", "-a"),
        *("ip4:192.0.2.1", "ip4:192.0.2.0/99", "~ip6:2001:db8::/32", "inclued:x", "exp=e.example"),
    ]
)
ENDS = st.sampled_from([*("", "-all", "~all", "?all", "+all", "all"), "redirect=ours.example"])


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with dns_server() as running:
        yield running


@given(terms=st.lists(TERMS, max_size=6, unique=True), end=ENDS)
def test_checkdmarc_finds_the_same_records_useless(
    server: Server, terms: list[str], end: str
) -> None:
    record = " ".join(["v=spf1", *terms, *filter(None, [end])])
    server.zone.clear()
    server.zone |= {f"{name} TXT": [f'"{text}"'] for name, text in ZONE.items()}
    server.zone |= {"amazonses.com TXT": ['"v=spf1 ip4:198.51.100.0/24 -all"']}
    server.zone |= {"b.example MX": ["10 mx.example."], "b.example A": ["192.0.2.7"]}
    server.zone |= {"mx.example A": ["192.0.2.8"]}
    checkdmarc.utils.DNS_CACHE.clear()
    resolver = dns.resolver.Resolver(configure=False)
    resolver.nameservers, resolver.port = ["127.0.0.1"], server.port

    ours = check(record)
    try:
        checkdmarc.spf.parse_spf_record(record, "b.example", resolver=resolver)
    except checkdmarc.spf.SPFError:
        assert ours.result == "permerror", record
    else:
        assert ours.result != "permerror", (record, ours)
