"""The file of a deployed stack, and which region a command is for."""

import stat
from pathlib import Path

import pytest

from ops import deployment
from ops.deployment import Deployment, is_stack_name, session_for


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout without a file, in a shell without a region."""
    monkeypatch.setattr(deployment, "ROOT", tmp_path)
    monkeypatch.setattr(deployment, "FOLDER", tmp_path / "deploy")
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    config = tmp_path / "config"
    config.write_text("[default]\nregion = us-east-2\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    return tmp_path / "deploy"


def test_what_is_written_is_read_again_whatever_is_in_it(folder: Path) -> None:
    values = {"DefaultSenderName": ' "A"=\\ b, #ü ', "ApiKeyValue": "", "RetryHours": "12"}
    written = Deployment("mail", "eu-west-1", values)

    written.write()

    assert Deployment.of("mail") == written
    assert Deployment.of("other") is None
    assert [path.name for path in folder.iterdir()] == ["mail.env"]


def test_only_its_owner_reads_it_also_when_it_was_open_before(folder: Path) -> None:
    folder.mkdir()
    (folder / "mail.env").write_text("AWS_REGION=eu-west-1\n")
    (folder / "mail.env").chmod(0o644)

    Deployment("mail", "eu-west-1", {"ApiKeyValue": "a" * 20}).write()

    assert stat.S_IMODE((folder / "mail.env").stat().st_mode) == 0o600


def test_comments_and_empty_lines_are_passed_over_and_anything_else_is_named(folder: Path) -> None:
    folder.mkdir()
    file = folder / "mail.env"
    file.write_text("# RetryHours=1\n\nAWS_REGION=eu-west-1\nRetryHours=12\n")

    assert Deployment.of("mail") == Deployment("mail", "eu-west-1", {"RetryHours": "12"})
    file.write_text("AWS_REGION=eu-west-1\nsecret words\n")
    with pytest.raises(ValueError, match=r"deploy/mail\.env, line 2: a line is NAME=value\.$"):
        Deployment.of("mail")


@pytest.mark.parametrize("name", ["mail", "Mail-2", "m" * 53])
def test_what_cloudformation_takes_is_a_stack_name(name: str) -> None:
    assert is_stack_name(name)


@pytest.mark.parametrize("name", ["", "-mail", "2mail", "../mail", "ma il", "m" * 54, "mail\n"])
def test_what_it_refuses_is_none_and_has_no_file(name: str) -> None:
    assert not is_stack_name(name)
    assert Deployment.of(name) is None


def test_a_variable_goes_before_the_file_and_the_file_before_the_profile(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert session_for("mail").region_name == "us-east-2"
    Deployment("mail", "eu-west-1", {}).write()
    assert session_for("mail").region_name == "eu-west-1"
    assert session_for("other").region_name == "us-east-2"
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-north-1")
    assert session_for("mail").region_name == "eu-north-1"
    monkeypatch.setenv("AWS_REGION", "eu-south-1")
    assert session_for("mail").region_name == "eu-south-1"
