"""What an operator writes behind `make doctor` and its neighbours arrives as it was written."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tooling.paths import ROOT


@pytest.fixture
def make(tmp_path: Path) -> Any:
    """Run a command of the Makefile with a Python that only says what it was given."""
    python = tmp_path / "python"
    python.write_text("#!/usr/bin/env python3\nimport json, sys\nprint(json.dumps(sys.argv[1:]))\n")
    python.chmod(0o755)

    def _make(command: str, **variables: str) -> list[str]:
        words = [f"{name}={value}" for name, value in variables.items()]
        run = subprocess.run(
            ["make", "--silent", "--assume-old=.venv/.ready", command, f"DEV={tmp_path}", *words],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        )
        return list(json.loads(run.stdout))

    return _make


@pytest.mark.parametrize("text", ["", "0", "65536", "-1", "80a", "٨٠"])
def test_a_port_that_is_none_is_said_in_one_line(text: str) -> None:
    run = subprocess.run(
        [sys.executable, "-m", "ops", "redrive", "--yes"],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": "src", "API_PORT": text},
        capture_output=True,
        text=True,
        check=False,
    )

    assert (run.returncode, run.stdout, run.stderr) == (1, "", f"API_PORT={text} is not a port.\n")


def test_the_doctor_gets_what_it_is_told(make: Any, tmp_path: Path) -> None:
    evil = f"$(shell touch {tmp_path}/made)`touch {tmp_path}/made`"

    assert make("doctor") == ["-m", "ops", "--stack=", "doctor"]
    assert make("doctor", STACK="mail", MAIL="0", DNS="192.0.2.1:53")[2:] == [
        *("--stack=mail", "doctor", "--no-mail", "--dns=192.0.2.1:53")
    ]
    assert make("doctor", MAIL="1", DNS=evil)[3:] == ["doctor", f"--dns={evil}"]
    assert make("smoke", STACK=evil)[2:] == [f"--stack={evil}", "smoke"]
    assert not (tmp_path / "made").exists()


def test_a_shells_own_mailbox_is_no_wish(make: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAIL", "/var/mail/ada")
    assert make("doctor")[3:] == ["doctor"]
    monkeypatch.setenv("MAIL", "0")
    assert make("doctor")[3:] == ["doctor", "--no-mail"]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("deploy", "RetryHours=12"), "Nobody reads RetryHours here. .*PARAMETERS='NAME=value'"),
        (("deploy", "ALARM_ADRESS=a@b.example", "STACK=v"), "ALARM_ADRESS .* ALARM_ADDRESS"),
        (("deploy", "DOMAIN=example.com"), "Nobody reads DOMAIN here. .* SENDER_DOMAIN"),
        (("doctor", "stack=mail"), "Nobody reads stack here. `make doctor` reads: STACK"),
        (("doctor", "MAIL=no"), "MAIL must be 0 "),
        (("help", "STACK=mail"), "`make help` reads: nothing"),
    ],
)
def test_a_variable_that_nobody_reads_is_refused(words: tuple[str, ...], told: str) -> None:
    """`--dry-run`: what was not refused would be run."""
    refused = made("--dry-run", *words)

    assert refused.returncode != 0
    assert re.search(told, refused.stderr)


def test_every_variable_of_a_target_is_read_and_the_environment_is_nobodys_business() -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    for target, names in re.findall(r"(?m)^VARIABLES_([a-z-]+) := (.*)$", makefile):
        done = made("--dry-run", target, *(f"{name}=1" for name in names.split()))
        assert "Nobody reads" not in done.stderr
        if target.startswith("test"):  # The suites read theirs from the environment.
            continue
        for name in names.split():
            assert re.search(rf"\$\(?(value )?{name}\b|\$\${{{name}|\b{name}=", makefile), name
    assert made("--dry-run", "help", RetryHours="12").returncode == 0
    assert made("--dry-run", "build-ApiFunction", "STACK=mail", MAKELEVEL="1").returncode == 0


def made(*words: str, **variables: str) -> subprocess.CompletedProcess[str]:
    own = {
        name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFL"))
    }
    return subprocess.run(
        ["make", *words], cwd=ROOT, env=own | variables, capture_output=True, text=True, check=False
    )
