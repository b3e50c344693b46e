"""A small name server: it answers for the zone of the simulator, and asks no other server."""

from io import BufferedIOBase
from socketserver import BaseRequestHandler, ThreadingUDPServer
from threading import Thread
from typing import Final

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.opcode
import dns.rcode
import dns.rdataclass
import dns.rdatatype
import dns.rrset

from local.ses.zone import Key, Zone, rdata
from tooling import ports

_TTL: Final = 0  # Seconds: what is set is seen by the next question.
_LEAST_PAYLOAD: Final = 512  # Bytes that every client takes over UDP (RFC 1035 §4.2.1).
_MOST_PAYLOAD: Final = 65_535
_MOST_ALIASES: Final = 8


class NameServer:
    """Serves `zone` over UDP at `port` of this machine; raises `OSError` if it is not free.

    What is too long for that is cut, and says so; the client asks again over TCP, where the
    simulator's HTTP server has the port and leaves it to `answer_stream`.
    """

    def __init__(self, zone: Zone, port: int) -> None:
        try:
            self._server = _Server((ports.HERE, port), zone)
        except OSError as error:
            raise OSError(f"UDP, for its DNS: {error}") from error

    def start(self) -> None:
        serve = self._server.serve_forever
        Thread(target=serve, args=(0.05,), name="ses-dns", daemon=True).start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()


class _Server(ThreadingUDPServer):
    daemon_threads = True

    def __init__(self, address: tuple[str, int], zone: Zone) -> None:
        self.zone = zone
        super().__init__(address, _Handler)


class _Handler(BaseRequestHandler):
    server: _Server

    def handle(self) -> None:
        data, connection = self.request
        if answer := answer_to(data, self.server.zone):
            connection.sendto(answer, self.client_address)


def answer_stream(questions: BufferedIOBase, answers: BufferedIOBase, zone: Zone) -> None:
    """Answer the DNS messages of a TCP connection until it ends, or one cannot be answered.

    Each has two bytes with its length before it (RFC 7766 section 8).
    """
    while len(length := questions.read(2)) == 2:
        data = questions.read(int.from_bytes(length))
        if (answer := answer_to(data, zone, most=_MOST_PAYLOAD)) is None:
            return
        answers.write(len(answer).to_bytes(2) + answer)
        answers.flush()


def answer_to(data: bytes, zone: Zone, most: int | None = None) -> bytes | None:
    """Return the answer to a DNS message; None if it is no question that could be answered.

    It has `most` bytes; else as many as the question lets one have (RFC 6891 section 6.2.3).
    """
    try:
        query = dns.message.from_wire(data)
    except dns.exception.DNSException:
        return None
    if query.flags & dns.flags.QR:
        return None
    response = dns.message.make_response(query)
    if query.opcode() != dns.opcode.QUERY or len(query.question) != 1:
        response.set_rcode(dns.rcode.NOTIMP)
    else:
        _answer(query.question[0], zone.records(), response)
    size = most or max(_LEAST_PAYLOAD, query.payload)
    return response.to_wire(max_size=size, prefer_truncation=True)


def _answer(
    question: dns.rrset.RRset, records: dict[Key, list[str]], response: dns.message.Message
) -> None:
    """Put the records of `question` into `response`; what an alias leads to comes along."""
    response.flags |= dns.flags.AA
    name, kind = question.name, dns.rdatatype.to_text(question.rdtype)
    for _ in range(_MOST_ALIASES):
        if found := _rrset(name, kind, records):
            response.answer.append(found)
            return
        alias = _rrset(name, "CNAME", records)
        if alias is None:
            break
        response.answer.append(alias)
        name = alias[0].target
    if not response.answer and not _exists(name, records):
        response.set_rcode(dns.rcode.NXDOMAIN)


def _rrset(name: dns.name.Name, kind: str, records: dict[Key, list[str]]) -> dns.rrset.RRset | None:
    values = records.get((_text(name), kind))
    if values is None:
        return None
    return dns.rrset.from_rdata_list(name, _TTL, [rdata(kind, value) for value in values])


def _exists(name: dns.name.Name, records: dict[Key, list[str]]) -> bool:
    """Say whether there is anything at `name` or below it (RFC 8020)."""
    wanted = _text(name)
    return any(held == wanted or held.endswith(f".{wanted}") for held, _ in records)


def _text(name: dns.name.Name) -> str:
    return name.to_text(omit_final_dot=True).lower()
