"""Relays the accepted mails to a real SMTP server, in a background thread."""

import smtplib
from collections.abc import Callable
from queue import SimpleQueue
from threading import Thread
from typing import Final
from urllib.parse import unquote, urlsplit

from local.ses.mailbox import Mail

_TIMEOUT: Final = 20.0  # Seconds.
type _Source = Callable[[], bytes | None]
_PORTS: Final = {"smtp": 25, "smtps": 465}


class Relay:
    """A relay to the server at `url`: smtp:// or smtps://, with or without user and password."""

    def __init__(self, url: str) -> None:
        self._url = urlsplit(url)
        if self._url.scheme not in _PORTS or not self._url.hostname:
            raise ValueError("SMTP_URL must look like smtp://user:password@host:port")
        self._port = self._url.port or _PORTS[self._url.scheme]
        self._mails: SimpleQueue[tuple[Mail, _Source] | None] = SimpleQueue()
        self._thread = Thread(target=self._run, name="ses-relay", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._mails.put(None)

    def put(self, mail: Mail, source: _Source) -> None:
        """Relay a mail in its turn. `source` returns its source then, or None if it is gone."""
        self._mails.put((mail, source))

    def _run(self) -> None:
        while waiting := self._mails.get():
            mail, source = waiting
            try:
                self._send(mail, source)
            except (OSError, smtplib.SMTPException) as error:
                # An SMTP error's text holds the recipients.
                print(f"SES simulator: {mail.id} not relayed: {type(error).__name__}", flush=True)

    def _send(self, mail: Mail, read: _Source) -> None:
        source = read()
        if source is None:
            print(
                f"SES simulator: {mail.id} not relayed: the mailbox has no room for it", flush=True
            )
            return
        with self._connected() as server:
            if self._url.username:
                if self._url.scheme == "smtp" and server.has_extn("starttls"):
                    server.starttls()
                server.login(unquote(self._url.username), unquote(self._url.password or ""))
            server.sendmail(mail.envelope.return_path, list(mail.envelope.recipients), source)

    def _connected(self) -> smtplib.SMTP:
        kind = smtplib.SMTP_SSL if self._url.scheme == "smtps" else smtplib.SMTP
        server = kind(self._url.hostname or "", self._port, timeout=_TIMEOUT)
        server.ehlo()
        return server
