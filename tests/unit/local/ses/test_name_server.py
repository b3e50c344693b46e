"""The name server of the simulator, asked by a real resolver."""

import socket

import dns.flags
import dns.message
import dns.query
import dns.rcode
import dns.resolver
import pytest
from support.simulator import sandbox

from local.ses.identities import Identities
from local.ses.name_server import answer_to
from local.ses.zone import Zone
from ops.doctor.resolver import Resolver


@pytest.fixture
def ses():
    with sandbox() as running:
        yield running


@pytest.fixture
def port(ses):
    return int(ses.url.rpartition(":")[2])


@pytest.fixture
def resolver(port):
    made = dns.resolver.Resolver(configure=False)
    made.nameservers, made.port, made.lifetime = ["127.0.0.1"], port, 5
    return made


@pytest.fixture
def values(resolver):
    def _values(name, kind):
        return sorted(record.to_text() for record in resolver.resolve(name, kind))

    return _values


def test_a_domain_that_is_in_order_has_the_records_that_ses_asks_for(ses, values):
    dkim = ses.client.get_email_identity(EmailIdentity="example.com")["DkimAttributes"]

    for token in dkim["Tokens"]:
        name = f"{token}._domainkey.example.com"
        assert values(name, "CNAME") == [f"{token}.dkim.amazonses.com."]
    assert values("bounce.example.com", "MX") == ["10 feedback-smtp.eu-central-1.amazonses.com."]
    assert values("Bounce.Example.com.", "TXT") == ['"v=spf1 include:amazonses.com ~all"']
    assert values("_dmarc.example.com", "TXT") == ['"v=DMARC1; p=quarantine"']
    assert len(ses.call("GET", "/dns")[1]) == 6


def test_the_records_follow_the_states(ses, resolver, values):
    ses.call("PUT", "/identities/example.com", {"VerifiedForSendingStatus": False})
    assert ses.call("GET", "/dns")[1].keys() == {"bounce.example.com MX", "bounce.example.com TXT"}
    with pytest.raises(dns.resolver.NXDOMAIN):
        values("_dmarc.example.com", "TXT")

    mail_from = {"MailFromAttributes": {"MailFromDomainStatus": "PENDING"}}
    ses.call("PUT", "/identities/example.com", mail_from | {"VerifiedForSendingStatus": True})
    assert values("_dmarc.example.com", "TXT")
    with pytest.raises(dns.resolver.NXDOMAIN):
        values("bounce.example.com", "MX")


def test_what_is_set_comes_before_what_is_implied(ses, values):
    given = {
        "_DMARC.example.com. txt": ["v=DMARC1; p=none", "x" * 300],
        "bounce.example.com MX": [],
        "bounce.example.com TXT": None,
        "www.example.com A": ["192.0.2.1", "192.0.2.2"],
    }

    status, answer = ses.call("PUT", "/dns", given)

    assert status == 200
    assert answer["_dmarc.example.com TXT"] == given["_DMARC.example.com. txt"]
    assert values("www.example.com", "A") == ["192.0.2.1", "192.0.2.2"]
    assert f'"{"x" * 255}" "{"x" * 45}"' in values("_dmarc.example.com", "TXT")
    for kind in ("MX", "TXT"):
        with pytest.raises(dns.resolver.NXDOMAIN):
            values("bounce.example.com", kind)
    assert ses.call("DELETE", "/dns")[0] == 204
    assert values("_dmarc.example.com", "TXT") == ['"v=DMARC1; p=quarantine"']


def test_a_name_without_records_of_the_type_exists_and_others_do_not(values):
    for name in ("bounce.example.com", "example.com", "_domainkey.example.com", "com"):
        with pytest.raises(dns.resolver.NoAnswer):
            values(name, "A")
    with pytest.raises(dns.resolver.NXDOMAIN):
        values("xample.com", "A")


def test_an_alias_is_followed_as_far_as_the_table_goes(ses, values, resolver):
    aliases = {"a.example.com CNAME": ["b.example.com"], "b.example.com CNAME": ["c.example"]}
    ses.call("PUT", "/dns", aliases | {"c.example TXT": ["here"]})
    assert values("a.example.com", "TXT") == ['"here"']

    ses.call("PUT", "/dns", {"c.example TXT": None, "c.example CNAME": ["a.example.com"]})
    with pytest.raises(dns.resolver.NoNameservers, match="chain is too long"):
        values("a.example.com", "TXT")  # Round and round.


def test_what_is_too_long_for_udp_is_cut_and_says_so(ses, port):
    ses.call("PUT", "/dns", {"long.example TXT": ["x" * 600]})

    def asked(**options):
        query = dns.message.make_query("long.example", "TXT", **options)
        return dns.query.udp(query, "127.0.0.1", port=port, timeout=5)

    assert asked().flags & dns.flags.TC
    assert asked(use_edns=0, payload=1_232).answer


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"example.com SRV": ["x"]}, "example.com SRV"),
        ({"example.com": ["x"]}, "example.com"),
        ({"a..b TXT": ["x"]}, "a..b TXT"),
        ({"example.com TXT": "x"}, "example.com TXT"),
        ({"example.com TXT": [1]}, "example.com TXT"),
        ({"example.com A": ["localhost"]}, "example.com A"),
        ({"example.com MX": ["mail.example.com"]}, "example.com MX"),
        ({"example.com TXT": ["\ud800"]}, "example.com TXT"),
    ],
)
def test_records_that_make_no_sense_are_named_and_change_nothing(ses, given, field):
    before = ses.call("GET", "/dns")

    status, answer = ses.call("PUT", "/dns", {"other.example TXT": ["x"]} | given)

    assert (status, answer["field"]) == (400, field)
    assert ses.call("GET", "/dns") == before


def test_what_is_no_question_gets_no_answer_and_stops_nothing(port, values):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        for data in (b"", b"hello", bytes(12_000), bytes([0, 1, 0x80, 0]) + bytes(8)):
            client.sendto(data, ("127.0.0.1", port))

    assert values("_dmarc.example.com", "TXT")


def test_other_operations_are_not_implemented():
    zone = Zone(Identities(["example.com"]), "eu-central-1")
    notify = dns.message.make_query("example.com", "SOA")
    notify.set_opcode(dns.opcode.NOTIFY)

    answer = dns.message.from_wire(answer_to(notify.to_wire(), zone))

    assert answer.rcode() == dns.rcode.NOTIMP


LONG = "v=DMARC1; p=none; rua=" + ",".join(["mailto:dmarc@reports.example"] * 50)


@pytest.mark.parametrize("is_long", [False, True])
def test_a_long_record_arrives_whole_whatever_the_client_is(ses, port, resolver, is_long):
    """Over UDP it is cut, unless the client says that it takes it (RFC 6891); then TCP follows."""
    assert len(LONG) > 1_450
    ses.call("PUT", "/dns", {"_dmarc.example.com TXT": [LONG]})
    if is_long:
        resolver.use_edns(0, 0, 4_096)

    (record,) = resolver.resolve("_dmarc.example.com", "TXT")

    assert b"".join(record.strings).decode() == LONG
    assert Resolver.at(f"127.0.0.1:{port}").texts("_dmarc.example.com") == [LONG]


def test_one_connection_takes_several_questions_and_http_goes_on(ses, port):
    queries = [dns.message.make_query("example.com", kind) for kind in ("TXT", "MX")]
    with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
        for query in queries:
            dns.query.send_tcp(connection, query)
            assert dns.query.receive_tcp(connection)[0].id == query.id
        connection.sendall(b"\0\3xyz")  # No message: the connection ends.
        assert connection.recv(1) == b""

    assert ses.call("GET", "/health") == (200, b"ok")


@pytest.mark.parametrize(
    ("record", "said"),
    [
        ({"a.example.com CNAME": ["b.example", "c.example"]}, "one other name"),
        ({"a.example.com CNAME": ["A.example.com."]}, "one other name"),
        ({"*.example.com TXT": ["x"]}, "no wildcards"),
    ],
)
def test_records_that_dns_or_the_simulator_does_not_have_are_refused(ses, record, said):
    before = ses.call("GET", "/dns")[1]

    status, answer = ses.call("PUT", "/dns", record)

    assert (status, answer["field"]) == (400, *record)
    assert said in answer["message"]
    assert ses.call("GET", "/dns")[1] == before
