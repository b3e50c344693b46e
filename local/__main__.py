"""`make run`: starts the stack, says how to use it, and waits for Ctrl-C."""

from __future__ import annotations

import signal
import sys
from typing import NoReturn

from build.package import BuildError
from local.stack import Stack
from tooling import ports
from tooling.programs import StackError

READY = """
Ready. Every mail stays on this machine.

  API     {api}/Mail/Send (localhost is the same)
  Key     {key}
  Mails   {page}
  Logs    {logs}: a file for each function; requests are shown here

Send a mail:

  curl -s {api}/Mail/Send -H 'x-api-key: {key}' -H 'content-type: application/json' \\
    -d '{{"To": "success@simulator.amazonses.com", "Subject": "Hello", "Text": "It works."}}'

Ask what became of it, with the MessageId of the answer:

  curl -s {api}/Status/MESSAGE_ID -H 'x-api-key: {key}'

Ctrl-C stops everything.
"""

_REMOVAL_SECONDS = 3.0
"""Who has pressed Ctrl-C wants the prompt back, more than a disk without leftovers."""


def main() -> int:
    # A shell that starts us with & would have SIGINT ignored. SIGHUP comes when the terminal is
    # closed: then, too, nothing may be left behind, unless nohup has it ignored on purpose.
    signal.signal(signal.SIGINT, _interrupt)
    signal.signal(signal.SIGTERM, _interrupt)
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
        signal.signal(signal.SIGHUP, _interrupt)
    try:
        api_port = ports.from_environment("API_PORT", 8080)
        ses_port = ports.from_environment("SES_PORT", 8025)
        with Stack(
            api_port=api_port, ses_port=ses_port, say=_say, removal_seconds=_REMOVAL_SECONDS
        ) as stack:
            _say(
                READY.format(api=stack.url, key=stack.api_key, page=stack.ses_url, logs=stack.logs)
            )
            complaint = stack.wait()
    except KeyboardInterrupt:
        return 0
    except (ports.PortError, StackError, BuildError) as error:
        complaint = str(error)
    print(complaint, file=sys.stderr)
    return 1


def _say(text: str) -> None:
    print(text, flush=True)


def _interrupt(*_: object) -> NoReturn:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)  # Once is enough: what follows is the cleaning up.
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
