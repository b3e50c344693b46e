"""How SAM CLI is called: what of its many lines is shown, and what a signal does."""

import os
import signal

import pytest

from ops.deploy.sam import signals_waiting, worth_showing

SAID = """\
	Deploying with following values
	===============================
	Stack name                   : mail
	Parameter overrides          : {"SenderDomain": "example.com"}
	Signing Profiles             : {}

CloudFormation events from stack operations (refresh every 5.0 seconds)
CREATE_COMPLETE    AWS::SQS::Queue

CloudFormation outputs from deployed stack
------------------------------------------
Key                 ApiUrl
------------------------------------------

Successfully created/updated stack - mail in eu-central-1
"""


def test_what_is_printed_before_and_after_by_ourselves_is_left_out() -> None:
    shown = "".join(worth_showing(SAID.splitlines(keepends=True)))

    assert "Parameter overrides" not in shown
    assert "ApiUrl" not in shown
    assert "AWS::SQS::Queue" in shown
    assert shown.endswith("\nSuccessfully created/updated stack - mail in eu-central-1\n")


def test_a_signal_waits_while_a_program_is_being_started() -> None:
    # pytest's own in a terminal; in a shell's background nobody hears of it.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    begun = []

    def begin() -> None:
        with signals_waiting():
            os.kill(os.getpid(), signal.SIGINT)
            begun.append("a program")

    with pytest.raises(KeyboardInterrupt):
        begin()

    assert begun
    assert signal.signal(signal.SIGINT, before) is signal.default_int_handler
