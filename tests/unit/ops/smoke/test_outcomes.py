"""`make smoke`: what it says of mails that are answered, and never sent or never delivered."""

import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest
from support.http_servers import serving

from ops.smoke import target as smoke_target
from ops.smoke.command import GROUPS
from ops.smoke.outcomes import BEGIN, END
from ops.smoke.report import report
from ops.smoke.target import Target

NOT_VERIFIED = "The sender's domain is not verified in SES."


@contextmanager
def api(answer: Mapping[str, str], status: Mapping[str, str]) -> Iterator[str]:
    """Answer each mail and each question for a status with the same members."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.say(answer)

        def do_GET(self) -> None:
            self.say(status)

        def say(self, members: Mapping[str, str]) -> None:
            body = json.dumps({"MessageId": "id", **members}).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    with serving(Handler) as url:
        yield url


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(smoke_target, "_SECONDS_HERE", 0.5)


def tried(url: str, *groups: Any) -> dict[str, int]:
    target = Target(url, "key", "example.com", is_local=True)
    return report(target, {f"Group {number}": group for number, group in enumerate(groups)})


@pytest.mark.parametrize("status", ["queued", "failed"])
def test_a_stack_that_sends_nothing_is_not_called_well(
    capsys: pytest.CaptureFixture[str], status: str
) -> None:
    members = {"Status": status, "ErrorMessage": NOT_VERIFIED}

    with api(members, members) as url:
        counts = tried(url, BEGIN, GROUPS["Formats"][1:4], END)

    printed = capsys.readouterr().out
    assert counts == {"ok": 0, "DIFFERENT": 1, "skipped": 1 + 3 + len(END)}
    assert f"came      {status} {NOT_VERIFIED}\n" in printed
    assert "next      run `./mailctl doctor`" in printed
    assert "ses_event" not in printed


def test_a_mail_that_had_to_wait_and_was_sent_is_well() -> None:
    with api({"Status": "queued"}, {"Status": "delivered"}) as url:
        assert tried(url, BEGIN)["DIFFERENT"] == 0


def test_events_that_do_not_come_cost_one_wait_for_all(capsys: pytest.CaptureFixture[str]) -> None:
    begun = time.monotonic()
    with api({"Status": "sent"}, {"Status": "sent"}) as url:
        counts = tried(url, BEGIN, END)

    assert time.monotonic() - begun < 1.5
    assert (counts["ok"], counts["DIFFERENT"], counts["skipped"]) == (3, 5, 1)
    assert "change    src/core/message/ses_event.py: parse" in capsys.readouterr().out


def test_a_later_mail_that_is_never_sent_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    target = Target("", "key", "example.com", is_local=True, waiting=["id"])
    with api({}, {"Status": "failed", "ErrorMessage": "Gone."}) as target.url:
        counts = report(target, {"End": END})

    assert (counts["DIFFERENT"], counts["skipped"]) == (1, len(END) - 1)
    assert "came      failed Gone.\n" in capsys.readouterr().out
