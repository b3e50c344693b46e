"""What the documents tell an operator to type for AWS is what the AWS CLI has."""

import re
from pathlib import Path

import pytest
from support.aws_cli import faults
from support.documents import typed_in

ROOT = Path(__file__).parents[2]
DOCUMENTS = (ROOT / "README.md", ROOT / "SECURITY.md", *sorted((ROOT / "docs").glob("*.md")))
_SPAN = re.compile(r"`\$?\s*(aws [a-z0-9]+ [a-z-]+ [^`…]*)`")
_INNER = re.compile(r"\$\((aws (?:[^()]|\([^()]*\))*)\)")
_BLOCK = re.compile(r"(?ms)^ *```.*?^ *```")

COMMANDS = {
    command
    for text in (document.read_text("utf-8") for document in DOCUMENTS)
    for line in (*typed_in(text), *_SPAN.findall(_BLOCK.sub("", text)))
    for command in (line.removeprefix("$ "), *_INNER.findall(line))
    if re.match(r"aws [a-z]", command)
}


@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_a_command_for_aws_has_its_operation_and_its_options(command: str) -> None:
    assert list(faults(command)) == []


def test_there_are_such_commands_and_a_wrong_one_is_noticed() -> None:
    assert len(COMMANDS) > 10
    assert list(faults("aws sesv2 put-account-details --mail-typ MARKETING --website-url x")) == [
        "put-account-details has no --mail-typ",
        "put-account-details needs --mail-type",
    ]
    assert list(faults("aws sesv2 create-identity --email-identity x")) == [
        "sesv2 has no create-identity"
    ]
