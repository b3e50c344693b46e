"""`make run`: starts the stack, says how to use it, and waits for Ctrl-C."""

from __future__ import annotations

import os
import signal
import sys
from typing import NoReturn

from build.package import BuildError
from local.stack import Stack
from tooling.programs import StackError

READY = """
Ready. Every mail stays on this machine.

  API     {api}/Mail/Send
  Key     {key}
  Inbox   {inbox}
  Logs    {logs}

Send a mail:

  curl -s {api}/Mail/Send -H 'x-api-key: {key}' -H 'content-type: application/json' \\
    -d '{{"To": "success@simulator.amazonses.com", "Subject": "Hello", "Text": "It works."}}'

Ask what became of it, with the MessageId of the answer:

  curl -s {api}/Status/MESSAGE_ID -H 'x-api-key: {key}'

Ctrl-C stops everything.
"""


def main() -> int:
    signal.signal(signal.SIGINT, _interrupt)  # A shell that starts us with & would have it ignored.
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        api_port, ses_port = _port("API_PORT", 8080), _port("SES_PORT", 8025)
        with Stack(api_port=api_port, ses_port=ses_port, say=_say) as stack:
            _say(
                READY.format(api=stack.url, key=stack.api_key, inbox=stack.ses_url, logs=stack.logs)
            )
            complaint = stack.wait()
    except KeyboardInterrupt:
        return 0
    except (StackError, BuildError) as error:
        complaint = str(error)
    print(complaint, file=sys.stderr)
    return 1


def _port(variable: str, default: int) -> int:
    text = os.environ.get(variable, str(default))
    if not (text.isdecimal() and 0 < int(text) < 65536):
        raise StackError(f"{variable}={text} is not a port.")
    return int(text)


def _say(text: str) -> None:
    print(text, flush=True)


def _interrupt(*_: object) -> NoReturn:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Once is enough: what follows is the cleaning up.
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
