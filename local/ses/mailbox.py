"""The mails that were accepted, their sources in files; the oldest go when there are too many."""

from collections import OrderedDict
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
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
    """An accepted mail. Its source, the message as its recipients get it, is with the mailbox."""

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
    """Keeps the newest mails; safe to use from several threads.

    A source is a file of a temporary folder, which `close` removes: a test that sends thousands of
    mails with attachments would need gigabytes of memory otherwise.
    """

    def __init__(self, most_mails: int = _MOST_MAILS, most_bytes: int = _MOST_BYTES) -> None:
        self._most_mails = most_mails
        self._most_bytes = most_bytes
        self._mails: OrderedDict[str, Mail] = OrderedDict()
        self._sizes: dict[str, int] = {}
        self._notes: OrderedDict[tuple[str, str], str] = OrderedDict()
        self._bytes = 0
        self._folder: TemporaryDirectory[str] | None = None
        self._is_closed = False
        self._lock = Lock()

    def add(self, mail: Mail, source: bytes) -> None:
        """Keep a mail; the oldest go if there is no room. Raises `OSError` if the disk is full."""
        with self._lock:
            if self._is_closed:
                return
            self._file(mail.id).write_bytes(source)
            self._mails[mail.id] = mail
            self._sizes[mail.id] = len(source)
            self._bytes += len(source)
            while len(self._mails) > 1 and self._is_full():
                self._remove(next(iter(self._mails)))

    def get(self, message_id: str) -> Mail | None:
        with self._lock:
            return self._mails.get(message_id)

    def newest_with(self, tag: tuple[str, str]) -> Mail | None:
        with self._lock:
            return next((mail for mail in reversed(self._mails.values()) if tag in mail.tags), None)

    def source(self, message_id: str) -> bytes | None:
        """Return the source of a mail; None if the mail is not there (any more)."""
        with self._lock, suppress(FileNotFoundError):
            if message_id in self._mails:
                return self._file(message_id).read_bytes()
        return None

    def newest_first(self) -> list[Mail]:
        with self._lock:
            return list(reversed(self._mails.values()))

    def note(self, tag: tuple[str, str], text: str) -> None:
        """Keep a note on the mails with this tag, which may be there already or still to come."""
        with self._lock:
            self._notes[tag] = text
            while len(self._notes) > self._most_mails:
                self._notes.popitem(last=False)

    def notes(self, mail: Mail) -> list[str]:
        """Return the notes on a mail."""
        with self._lock:
            return [self._notes[tag] for tag in mail.tags if tag in self._notes]

    def clear(self) -> None:
        with self._lock:
            self._notes.clear()
            for message_id in list(self._mails):
                self._remove(message_id)

    def close(self) -> None:
        """Forget all mails and remove the folder. A request that is still under way keeps none."""
        self.clear()
        with self._lock:
            self._is_closed = True
            if self._folder:
                self._folder.cleanup()

    def _remove(self, message_id: str) -> None:
        del self._mails[message_id]
        self._bytes -= self._sizes.pop(message_id)
        with suppress(OSError):  # Then it goes with the folder.
            self._file(message_id).unlink()

    def _file(self, message_id: str) -> Path:
        """Return the file of a mail; its id has no characters that a name of a file must not."""
        if self._folder is None:
            self._folder = TemporaryDirectory(prefix="ses-simulator-")
        return Path(self._folder.name, message_id)

    def _is_full(self) -> bool:
        return len(self._mails) > self._most_mails or self._bytes > self._most_bytes
