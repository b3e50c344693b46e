"""The mails that were accepted, kept in memory; the oldest go when there are too many."""

from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime
from threading import Lock
from typing import Any, Final

_MOST_MAILS: Final = 10_000
_MOST_BYTES: Final = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Attachment:
    """An attachment as its recipient gets it."""

    name: str
    content_type: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Envelope:
    """The sender and the recipients for transport, which the header may not name."""

    return_path: str
    recipients: tuple[str, ...]
    identity: str
    source_ip: str


@dataclass(frozen=True, slots=True)
class Mail:
    """An accepted mail; `source` is the whole message as its recipients get it."""

    id: str
    accepted_at: datetime
    sender: str
    envelope: Envelope
    destination: dict[str, list[str]]
    subject: str
    tags: tuple[tuple[str, str], ...]
    configuration_set: str | None
    attachments: tuple[Attachment, ...]
    headers: tuple[tuple[str, str], ...]
    source: bytes

    def summary(self) -> dict[str, Any]:
        """Return the mail as `GET /messages` lists it."""
        return {
            "MessageId": self.id,
            "Timestamp": timestamp(self.accepted_at),
            "FromEmailAddress": self.sender,
            "Destination": self.destination,
            "Subject": self.subject,
            "EmailTags": [{"Name": name, "Value": value} for name, value in self.tags],
            "ConfigurationSetName": self.configuration_set,
            "Attachments": [
                {
                    "FileName": a.name,
                    "ContentType": a.content_type,
                    "Size": a.size,
                    "Sha256": a.sha256,
                }
                for a in self.attachments
            ],
        }


def timestamp(moment: datetime) -> str:
    """Return `moment`, in UTC, as SES writes it: 2026-11-20T09:15:30.120Z."""
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Mailbox:
    """Keeps the newest mails in memory; safe to use from several threads."""

    def __init__(self, most_mails: int = _MOST_MAILS, most_bytes: int = _MOST_BYTES) -> None:
        self._most_mails = most_mails
        self._most_bytes = most_bytes
        self._mails: OrderedDict[str, Mail] = OrderedDict()
        self._bytes = 0
        self._lock = Lock()

    def add(self, mail: Mail) -> None:
        with self._lock:
            self._mails[mail.id] = mail
            self._bytes += len(mail.source)
            while len(self._mails) > 1 and self._is_full():
                _, oldest = self._mails.popitem(last=False)
                self._bytes -= len(oldest.source)

    def get(self, message_id: str) -> Mail | None:
        with self._lock:
            return self._mails.get(message_id)

    def newest_first(self) -> list[Mail]:
        with self._lock:
            return list(reversed(self._mails.values()))

    def clear(self) -> None:
        with self._lock:
            self._mails.clear()
            self._bytes = 0

    def _is_full(self) -> bool:
        return len(self._mails) > self._most_mails or self._bytes > self._most_bytes
