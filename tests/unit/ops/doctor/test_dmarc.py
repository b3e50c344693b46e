"""What is read of DMARC by RFC 9989: each rule by an example, and all of them beside checkdmarc."""

from collections.abc import Iterator, Mapping

import checkdmarc.dmarc
import checkdmarc.utils
import dns.resolver
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.dns import Server, dns_server

from ops.doctor import dmarc
from ops.doctor.dmarc_record import Record, fault, parse

type Zone = Mapping[str, str | list[str]]


def walk(domain: str, zone: Zone, asked: list[str] | None = None) -> dmarc.Walk:
    """Walk in a zone of records by their domain, without `_dmarc.`."""

    def texts(name: str) -> list[str]:
        if asked is not None:
            asked.append(name)
        held = zone.get(name.removeprefix("_dmarc."), [])
        return [held] if isinstance(held, str) else held

    return dmarc.walk(domain, texts)


@pytest.mark.parametrize(
    ("text", "tags"),
    [
        ("v=DMARC1; p=reject; adkim=s", {"v": "DMARC1", "p": "reject", "adkim": "s"}),
        (" v = DMARC1 ;P=none;;", {"v": "DMARC1", "p": "none"}),
        ("v=DMARC1", {"v": "DMARC1"}),
        ("v=DMARC1; p=none; p=reject", {"v": "DMARC1", "p": "none"}),
        ("v=DMARC1; nonsense; rua=mailto:a@b.example?x=y", {"v": "DMARC1"}),
        ("p=reject; v=DMARC1", None),
        ("nonsense; v=DMARC1; p=reject", None),
        ("; v=DMARC1; p=reject", None),
        ("v=dmarc1; p=reject", None),
        ("v=DMARC12; p=reject", None),
        ("v=spf1 -all", None),
        ("", None),
    ],
)
def test_a_record_begins_with_its_version(text: str, tags: Mapping[str, str] | None) -> None:
    read = parse(text)

    assert (read is None) == (tags is None)
    assert {**(read or {})}.items() >= {**(tags or {})}.items()


@pytest.mark.parametrize(
    ("domain", "zone", "organizational", "counts"),
    [
        # RFC 9989 section 4.10.2, rule 3: the fewest labels.
        ("a.mail.example.com", {"example.com": "v=DMARC1; p=reject"}, "example.com", "example.com"),
        (
            "a.example.com",
            {"a.example.com": "v=DMARC1", "example.com": "v=DMARC1; p=reject"},
            "example.com",
            "a.example.com",
        ),
        # Rule 1: `psd=n` ends the walk.
        (
            "x.a.example.com",
            {"a.example.com": "v=DMARC1; psd=n", "example.com": "v=DMARC1"},
            "a.example.com",
            "a.example.com",
        ),
        # Rule 2: one label below a registry.
        (
            "a.giant.bank.example",
            {"bank.example": "v=DMARC1; psd=y; p=reject", "giant.bank.example": "v=DMARC1"},
            "giant.bank.example",
            "giant.bank.example",
        ),
        (
            "a.giant.bank.example",
            {"bank.example": "v=DMARC1; psd=y; p=reject"},
            "giant.bank.example",
            "bank.example",
        ),
        # A registry that mails itself is its own owner.
        ("bank.example", {"bank.example": "v=DMARC1; psd=y"}, "bank.example", "bank.example"),
        # Several records at one name are none.
        (
            "a.example.com",
            {"a.example.com": ["v=DMARC1", "v=DMARC1; p=none"], "example.com": "v=DMARC1"},
            "example.com",
            "example.com",
        ),
        ("a.example.com", {"a.example.com": "v=spf1 -all"}, "a.example.com", None),
    ],
)
def test_the_owner_of_a_domain_and_the_record_that_counts(
    domain: str, zone: Zone, organizational: str, counts: str | None
) -> None:
    walked = walk(domain, zone)

    assert walked.organizational_domain == organizational
    assert (walked.record and walked.record.domain) == counts


def test_a_name_that_has_several_records_is_told() -> None:
    walked = walk("example.com", {"example.com": ["v=DMARC1", "v=DMARC1", "other"]})

    assert walked.ambiguous == ["example.com"]


def test_a_walk_asks_eight_times_at_most() -> None:
    asked: list[str] = []

    walk("a.b.c.d.e.f.g.h.i.j.mail.example.com", {}, asked)

    assert asked == [
        "_dmarc.a.b.c.d.e.f.g.h.i.j.mail.example.com",
        "_dmarc.g.h.i.j.mail.example.com",
        "_dmarc.h.i.j.mail.example.com",
        "_dmarc.i.j.mail.example.com",
        "_dmarc.j.mail.example.com",
        "_dmarc.mail.example.com",
        "_dmarc.example.com",
        "_dmarc.com",
    ]


ABOVE = "v=DMARC1; p=reject; sp=quarantine; np=none"


@pytest.mark.parametrize(
    ("record", "at", "exists", "handling"),
    [
        ("v=DMARC1; p=reject; sp=none", "a.example.com", True, "reject"),
        (ABOVE, "example.com", True, "quarantine"),
        (ABOVE, "example.com", False, "none"),
        ("v=DMARC1; p=reject; sp=none", "example.com", False, "none"),
        ("v=DMARC1; p=REJECT", "example.com", True, "reject"),
        ("v=DMARC1; p=reject; sp=nonsense", "example.com", True, "reject"),
        ("v=DMARC1; p=nonsense", "a.example.com", True, "none"),
        ("v=DMARC1; rua=mailto:a@b.example", "a.example.com", True, "none"),
    ],
)
def test_the_policy_of_a_domain_and_of_those_below_it(
    record: str, at: str, exists: bool, handling: str
) -> None:
    policy = dmarc.policy(walk("a.example.com", {at: record}), exists=exists)

    assert policy is not None
    assert policy.handling == handling


def test_tags_that_are_removed_and_tests_are_told() -> None:
    walked = walk("example.com", {"example.com": "v=DMARC1; p=reject; pct=50; ri=1; t=y"})
    policy = dmarc.policy(walked, exists=True)

    assert policy is not None
    assert policy.record.removed == ["pct", "ri"]
    assert policy.is_testing
    assert dmarc.policy(walk("example.com", {}), exists=True) is None


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("v=DMARC1; p=none", ""),
        ("v=spf1 -all", ""),
        ("google-site-verification=abc", ""),
        ("p=reject; v=DMARC1", "v=DMARC1 must come first"),
        ("nonsense; v=DMARC1; p=reject", "v=DMARC1 must come first"),
        ("v=dmarc1; p=reject", "DMARC1 must be in upper case"),
        ("v=DMARC1 p=reject", "a semicolon must follow v=DMARC1"),
        ("v=DMARC2; p=reject", "it must begin with v=DMARC1"),
    ],
)
def test_what_looks_like_a_record_and_is_none_is_told_why(text: str, why: str) -> None:
    assert fault(text) == why


OWNERS = "v=DMARC1; p=reject; sp=none; rua=mailto:a@b.example; adkim=s; t=y"


def test_a_record_is_changed_in_one_tag_alone() -> None:
    record = Record("example.com", parse(OWNERS) or {}, OWNERS)

    assert record.changed("sp", "quarantine") == OWNERS.replace("sp=none", "sp=quarantine")
    assert record.without(["t"]) == OWNERS.removesuffix("; t=y")
    assert record.changed("np", "reject") == OWNERS.replace("v=DMARC1;", "v=DMARC1; np=reject;")


@pytest.mark.parametrize(
    ("text", "at", "tag", "invalid"),
    [
        ("v=DMARC1; p=reject; sp=none", "example.com", "sp", []),
        ("v=DMARC1; p=reject; sp=none", "a.example.com", "p", []),
        ("v=DMARC1; p=rejected; np=x", "a.example.com", "p", ["p", "np"]),
        ("v=DMARC1; rua=mailto:a@b.example", "example.com", "p", []),
    ],
)
def test_the_tag_that_counts_and_those_that_name_no_policy_are_known(
    text: str, at: str, tag: str, invalid: list[str]
) -> None:
    policy = dmarc.policy(walk("a.example.com", {at: text}), exists=True)

    assert policy is not None
    assert (policy.tag, policy.record.invalid) == (tag, invalid)


@pytest.mark.parametrize(
    ("other", "relaxed", "strict"),
    [
        ("a.example.com", True, True),
        ("example.com", True, False),
        ("bounce.a.example.com", True, False),
        ("example.org", False, False),
        ("amazonses.com", False, False),
    ],
)
def test_what_speaks_for_a_domain(other: str, relaxed: bool, strict: bool) -> None:
    zone = {"example.com": "v=DMARC1; p=reject", "amazonses.com": "v=DMARC1; p=none"}
    author, identifier = walk("a.example.com", zone), walk(other, zone)

    assert dmarc.is_aligned(author, identifier, is_strict=False) == relaxed
    assert dmarc.is_aligned(author, identifier, is_strict=True) == strict


# An independent reading of the same zones

RECORDS = st.sampled_from(
    [
        *("v=DMARC1; p=reject", "v=DMARC1; p=none; psd=n", "v=DMARC1; p=quarantine; psd=y"),
        *("v=DMARC1; sp=none; p=reject; psd=u", "v=DMARC1;p=none;sp=reject;np=quarantine"),
    ]
)


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with dns_server() as running:
        yield running


@given(
    labels=st.lists(st.sampled_from("abc"), min_size=1, max_size=9),
    records=st.lists(st.none() | RECORDS, min_size=10, max_size=10),
)
def test_checkdmarc_finds_the_same_record_at_the_same_place(
    server: Server, labels: list[str], records: list[str | None]
) -> None:
    names = [*labels, "example"]
    places = [".".join(names[start:]) for start in range(len(names))]
    zone = {place: text for place, text in zip(places, records, strict=False) if text}
    server.zone.clear()
    server.zone |= {f"_dmarc.{place} TXT": [f'"{text}"'] for place, text in zone.items()}
    server.zone |= {f"{places[0]} A": ["192.0.2.1"]}
    checkdmarc.utils.DNS_CACHE.clear()
    resolver = dns.resolver.Resolver(configure=False)
    resolver.nameservers, resolver.port = ["127.0.0.1"], server.port

    ours = walk(places[0], zone).record
    try:
        theirs = checkdmarc.dmarc.query_dmarc_record(places[0], resolver=resolver, retries=0)
    except checkdmarc.dmarc.DMARCRecordNotFound:
        assert ours is None
    else:
        assert ours is not None
        assert (ours.domain, ours.tags) == (theirs["location"], parse(theirs["record"]))
