"""A DNS server of this machine that answers from a table, over UDP."""

import socket
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from threading import Thread

import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype
import dns.rrset

type Zone = Mapping[str, Sequence[str]]
"""What is answered to `name TYPE`, each record as its text; other names do not exist."""


class Server:
    """Answers from a table that a test may change; notes what was asked."""

    def __init__(self, sock: socket.socket) -> None:
        self.zone: dict[str, Sequence[str]] = {}
        self.asked: list[str] = []
        self.refuses = False
        """Whether it answers SERVFAIL."""
        self.port = sock.getsockname()[1]
        self.address = f"127.0.0.1:{self.port}"
        self._socket = sock

    def stop(self) -> None:
        """Wake it with an empty packet."""
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.sendto(b"", ("127.0.0.1", self.port))

    def serve(self) -> None:
        while True:
            packet, peer = self._socket.recvfrom(4096)
            if not packet:
                return
            self._socket.sendto(self._answer(dns.message.from_wire(packet)).to_wire(), peer)

    def _answer(self, query: dns.message.Message) -> dns.message.Message:
        reply = dns.message.make_response(query)
        reply.flags |= dns.flags.RA
        question = query.question[0]
        name, kind = question.name.to_text(omit_final_dot=True), question.rdtype
        self.asked.append(f"{name} {dns.rdatatype.to_text(kind)}")
        if self.refuses:
            reply.set_rcode(dns.rcode.SERVFAIL)
        elif records := self.zone.get(self.asked[-1]):
            # A parent's name in the zone is absolute; the texts of names end with their dot.
            reply.answer.append(dns.rrset.from_text_list(question.name, 60, "IN", kind, records))
        elif not any(held.split()[0].endswith(name) for held in self.zone):
            reply.set_rcode(dns.rcode.NXDOMAIN)
        return reply


@contextmanager
def dns_server(zone: Zone | None = None) -> Iterator[Server]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        server = Server(sock)
        server.zone |= zone or {}
        thread = Thread(target=server.serve, daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.stop()
            thread.join()
