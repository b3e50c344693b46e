"""The file of a deployed stack, and which region a command is for."""

import stat
from pathlib import Path

import pytest

from ops import deployment
from ops.aws_errors import explained
from ops.deployment import Deployment, is_stack_name, require_writable
from ops.session import require_account, session_for


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
    assert sorted(path.name for path in folder.iterdir()) == ["mail.env", "mail.last"]


def test_only_its_owner_reads_it_also_when_it_was_open_before(folder: Path) -> None:
    folder.mkdir()
    (folder / "mail.env").write_text("AWS_REGION=eu-west-1\n")
    (folder / "mail.env").chmod(0o644)

    Deployment("mail", "eu-west-1", {"ApiKeyValue": "a" * 20}).write()

    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}


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


def test_the_region_is_the_variables_else_the_files_else_the_profiles(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert session_for("mail", None).region_name == "us-east-2"
    assert session_for("mail", Deployment("mail", "eu-west-1")).region_name == "eu-west-1"
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-north-1")
    assert session_for("mail", None).region_name == "eu-north-1"
    monkeypatch.setenv("AWS_REGION", "eu-south-1")
    assert session_for("mail", None).region_name == "eu-south-1"


def test_another_region_or_account_than_the_files_is_refused_with_the_line_to_type(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    held = Deployment("mail", "eu-west-1", account="111111111111")
    require_account("mail", "111111111111", held)
    require_account("mail", "222222222222", Deployment("mail", "eu-west-1"))

    with pytest.raises(ValueError, match=r"deploy/mail\.env .* in 111111111111") as refused:
        require_account("mail", "222222222222", held)
    assert "\n  export AWS_PROFILE=...\n" in str(refused.value)
    monkeypatch.setenv("AWS_REGION", "eu-south-1")
    with pytest.raises(ValueError, match=r"\n  export AWS_REGION=eu-west-1\n"):
        session_for("mail", held)


@pytest.mark.parametrize("value", ["a\u2028b", "a\x85b", "a\rb", "a\x0bb", "a\x1cb"])
def test_only_a_line_feed_ends_a_line(value: str) -> None:
    """`str.splitlines` knows a dozen more, and would read a part of a value as a parameter."""
    written = Deployment(
        "mail", "eu-west-1", {"DefaultSenderName": f"{value}=1", "RetryHours": "2"}
    )

    written.write()

    assert Deployment.of("mail") == written
    with pytest.raises(ValueError, match="RetryHours must be one line"):
        Deployment("mail", "eu-west-1", {"RetryHours": "2\n3"}).write()


def test_what_was_deployed_last_is_kept_beside_it_and_survives_an_edit(folder: Path) -> None:
    written = Deployment("mail", "eu-west-1", {"RetryHours": "12"}, account="111111111111")
    assert Deployment.last_of("mail") is None
    written.write()

    (folder / "mail.env").write_text("RetryHours=13\n")

    assert Deployment.last_of("mail") == written
    assert Deployment.of("mail") == Deployment("mail", None, {"RetryHours": "13"})


def test_what_cannot_be_read_is_named_with_its_file_and_line(folder: Path) -> None:
    folder.mkdir()
    (folder / "mail.env").write_bytes(b"RetryHours=1\nDefaultSenderName=\xff\n")
    with pytest.raises(ValueError, match=r"^deploy/mail\.env, line 2: save the file as UTF-8\.$"):
        Deployment.of("mail")
    (folder / "mail.env").write_text("RetryHours=1\nRetryHours=2\n")
    with pytest.raises(ValueError, match=r"^deploy/mail\.env, line 2: RetryHours is there twice"):
        Deployment.of("mail")


@pytest.mark.parametrize("name", ["mail.env", "mail.last"])
def test_a_file_that_could_not_be_written_is_told_before_anything_is_built(
    folder: Path, name: str
) -> None:
    require_writable("mail")
    assert [*folder.iterdir()] == []
    (folder / name).mkdir()

    with pytest.raises(ValueError, match=f"^deploy/{name} is no file"):
        require_writable("mail")
    with pytest.raises(OSError, match="Is a directory") as failed:
        Deployment("mail", "eu-west-1").write()
    assert explained(failed.value).endswith(": Is a directory")
