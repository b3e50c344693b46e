"""What an operator writes behind `make domains` and its neighbours arrives as it was written."""

import json
import os
import re
import subprocess
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

import pytest

from ops import domains
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


@pytest.mark.parametrize(
    "text",
    [
        'add shop.example name="A & B"',
        'change shop.example default_sender_name="Our Shop" retry_hours=12',
        "change shop.example default_sender_name='$HOME $(id) `id` \"x\"; id | id > x'",
        "change shop.example retry_hours=",
        "--help",
    ],
)
def test_neither_make_nor_its_shell_reads_the_words_of_a_command(make: Any, text: str) -> None:
    assert make("domains", COMMAND=text, STACK="mail") == [
        *("-m", "ops", "--stack=mail", "domains", f"--words={text}")
    ]


def test_make_carries_out_nothing_of_it(make: Any, tmp_path: Path) -> None:
    text = f"$(shell touch {tmp_path}/made)`touch {tmp_path}/made`"

    assert make("domains", COMMAND=text, STACK=text)[3:] == ["domains", f"--words={text}"]
    assert make("suppressions", DOMAIN=text, ADD=text)[4:] == [text, f"--add={text}"]
    assert make("erase", ADDRESS=text)[4:] == [f"--address={text}"]
    assert not (tmp_path / "made").exists()


def test_without_words_the_domains_of_make_run_are_meant(make: Any) -> None:
    assert make("domains") == ["-m", "ops", "--stack=", "domains", "--words="]


def test_addresses_of_any_kind_arrive(make: Any) -> None:
    address = '"o\'a $b"@recipient.example'

    suppressed = make("suppressions", DOMAIN="a.example", ADD=address)
    erased = make("erase", ADDRESS=address, KEEP_SUPPRESSED="1")

    assert suppressed[3:] == ["suppressions", "a.example", f"--add={address}"]
    assert erased[3:] == ["erase", f"--address={address}", "--keep-suppressed"]
    assert make("erase", MESSAGE="01J")[3:] == ["erase", "--message=01J"]
    assert make("suppressions", DOMAIN="a.example", REMOVE="-x@a.example")[3:] == [
        *("suppressions", "a.example", "--remove=-x@a.example")
    ]


def test_words_are_split_as_a_shell_splits_them(monkeypatch: pytest.MonkeyPatch) -> None:
    run: list[Any] = []
    monkeypatch.setattr(domains, "_add", lambda asked, _: run.append(asked))
    parser = ArgumentParser()
    domains.add_to(parser.add_subparsers())

    asked = parser.parse_args(["domains", "--words", 'add shop.example name="A & B" --open'])
    asked.run(asked, None)

    (given,) = run
    assert (given.domain, given.settings, given.open) == ("shop.example", ["name=A & B"], True)


def test_words_that_are_not_closed_are_refused() -> None:
    parser = ArgumentParser()
    domains.add_to(parser.add_subparsers())
    asked = parser.parse_args(["domains", "--words", 'add shop.example name="A'])

    with pytest.raises(ValueError, match="No closing quotation"):
        asked.run(asked, None)


@pytest.mark.parametrize("text", ["", "0", "65536", "-1", "80a", "٨٠"])
def test_a_port_that_is_none_is_said_in_one_line(text: str) -> None:
    run = subprocess.run(
        [sys.executable, "-m", "ops", "redrive"],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": "src", "API_PORT": text},
        capture_output=True,
        text=True,
        check=False,
    )

    assert (run.returncode, run.stdout, run.stderr) == (1, "", f"API_PORT={text} is not a port.\n")


def test_the_doctor_gets_what_it_is_told(make: Any) -> None:
    assert make("doctor") == ["-m", "ops", "--stack=", "doctor"]
    assert make("doctor", STACK="mail", MAIL="0", DNS="192.0.2.1:53")[2:] == [
        *("--stack=mail", "doctor", "--mail=0", "--dns=192.0.2.1:53")
    ]
    assert make("doctor", MAIL="1", DNS="$(id)")[3:] == ["doctor", "--mail=1", "--dns=$(id)"]
    assert make("doctor", MAIL="no")[3:] == ["doctor", "--mail=no"]


def test_a_shells_own_mailbox_is_no_wish(make: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAIL", "/var/mail/ada")
    assert make("doctor")[3:] == ["doctor"]
    monkeypatch.setenv("MAIL", "0")
    assert make("doctor")[3:] == ["doctor", "--mail=0"]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("deploy", "RetryHours=12"), "Nobody reads RetryHours here. .*PARAMETERS='NAME=value'"),
        (("deploy", "ALARM_ADRESS=a@b.example", "STACK=v"), "ALARM_ADRESS .* ALARM_ADDRESS"),
        (("deploy", "DOMAIN=example.com"), "Nobody reads DOMAIN here. .* SENDER_DOMAIN"),
        (("doctor", "stack=mail"), "Nobody reads stack here. `make doctor` reads: STACK"),
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
