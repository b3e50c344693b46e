"""`./mailctl` as an operator types it: from any folder, with help and completion."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tooling.paths import ROOT


def mailctl(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the script from another folder, without anybody at a terminal."""
    return subprocess.run(
        [str(ROOT / "mailctl"), *words],
        cwd="/",
        env={"PATH": os.environ["PATH"], "COLUMNS": "100"} | environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    "words", [["--help"], ["domains", "--help"], ["suppressions", "remove", "--help"]]
)
def test_help_is_for_the_tool_by_its_name(words: list[str]) -> None:
    done = mailctl(*words)

    assert (done.returncode, done.stderr) == (0, "")
    assert f"Usage: {' '.join(['mailctl', *words[:-1]])} " in done.stdout


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["domains", "add"], "Missing argument 'DOMAIN'. `mailctl domains add --help`"),
        (["domain"], "No such command 'domain'. Did you mean 'domains'? `mailctl --help`"),
        (["redrive", "--stak=x"], "No such option: --stak"),
        (["logs", "--since", "yesterday"], "A time is a span before now (90s, "),
        (["smoke", "--json"], "No such option: --json"),
    ],
)
def test_what_cannot_be_meant_is_a_usage_line_and_a_sentence(words: list[str], told: str) -> None:
    done = mailctl(*words)

    usage, sentence = done.stderr.splitlines()
    assert (done.returncode, done.stdout) == (2, "")
    assert usage.startswith("Usage: mailctl ")
    assert told in sentence


def test_where_no_stack_runs_the_next_step_is_said() -> None:
    done = mailctl("domains", "show", API_PORT="9")

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        "No stack of `make run` answers at http://localhost:9: start it, or name a deployed one"
        " with --stack NAME.\n"
    )


@pytest.mark.parametrize("words", [["--stack", "../x", "redrive"], ["redrive", "--stack", "../x"]])
def test_a_stack_is_named_before_or_behind_the_command(words: list[str]) -> None:
    done = mailctl(*words)

    assert done.returncode == 1
    assert done.stderr.startswith("The stack's name must be a letter")


def test_words_are_completed_in_bash(tmp_path: Path) -> None:
    bash = f"""
        cd {ROOT} && eval "$(./mailctl --show-completion bash)"
        complete -p mailctl
        COMP_WORDS=(./mailctl domains re) COMP_CWORD=2
        _mailctl_completion ./mailctl && echo "${{COMPREPLY[@]}}"
        COMP_WORDS=(./mailctl erase --dr) COMP_CWORD=2
        _mailctl_completion ./mailctl && echo "${{COMPREPLY[@]}}"
    """
    done = subprocess.run(
        ["bash", "-c", bash],
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout.splitlines() == [
        "complete -o default -F _mailctl_completion mailctl",
        "remove revoke-key resume",
        "--dry-run",
    ]


def test_every_module_of_it_does_without_the_environment_of_a_function() -> None:
    names = [
        ".".join(path.relative_to(ROOT).with_suffix("").parts)
        for path in sorted((ROOT / "ops").rglob("*.py"))
        if path.stem != "__main__"
    ]
    done = subprocess.run(
        [sys.executable, "-c", "\n".join(f"import {name}" for name in names)],
        cwd=ROOT,
        env={"PYTHONPATH": "src"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stderr) == (0, "")


def test_help_and_completion_do_without_aws() -> None:
    """boto3 alone takes longer than all the rest."""
    python = "import sys, ops.cli; print(*(name for name in sys.modules if 'boto' in name))"
    done = subprocess.run(
        [str(ROOT / ".venv/bin/python"), "-c", python],
        cwd=ROOT,
        env={"PYTHONPATH": "src"},
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout == "\n"


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A checkout without an environment, whose make only says what it was asked for."""
    folder = tmp_path / "a clone"
    (folder / "ops").mkdir(parents=True)
    (folder / "requirements").mkdir()
    (folder / "requirements/dev.txt").touch()
    (folder / "ops/__init__.py").touch()
    (folder / "ops/__main__.py").write_text("import sys, json\nprint(json.dumps(sys.argv[1:]))\n")
    shutil.copy(ROOT / "mailctl", folder)
    (folder / "Makefile").write_text(
        ".venv/.ready: requirements/dev.txt\n"
        "\t@echo Setting up; mkdir -p .venv/bin; ln -sf $$(command -v python3) .venv/bin/python\n"
        "\t@touch $@\n"
    )
    return folder


def test_a_fresh_clone_is_set_up_first_and_only_once(clone: Path, tmp_path: Path) -> None:
    (tmp_path / "ops.py").write_text("raise SystemExit('the wrong one')\n")
    link = tmp_path / "mailctl"
    link.symlink_to(clone / "mailctl")

    def run(**environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(link), "domains", "add", 'name="A & $(id)"'],
            cwd=tmp_path,
            env={"PATH": os.environ["PATH"]} | environment,
            capture_output=True,
            text=True,
            check=True,
        )

    completing = run(_MAILCTL_COMPLETE="complete_bash")
    first, second = run(), run()
    os.utime(clone / ".venv/.ready", (0, 0))  # The lock has changed since.
    third = run()

    assert (completing.stdout, completing.stderr) == ("", "")
    assert json.loads(first.stdout) == ["domains", "add", 'name="A & $(id)"']
    assert re.fullmatch(r"mailctl: .* set up first.*\nSetting up\n", first.stderr)
    assert second.stderr == ""
    assert "Setting up" in third.stderr
