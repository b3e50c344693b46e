"""What the mailbox keeps: the newest mails, and their sources in files that do not stay behind."""

import tempfile
import tracemalloc
from datetime import UTC, datetime
from pathlib import Path

import pytest
from support.simulator import sandbox

from local.ses.mailbox import Envelope, Mail, Mailbox


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The folder for temporary files."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


@pytest.fixture
def mailbox(folder):
    made = Mailbox(most_mails=2, most_bytes=1_000)
    yield made
    made.close()


def mail(number):
    envelope = Envelope("a@example.com", (), "example.com", "127.0.0.1")
    now = datetime.now(UTC)
    return Mail(str(number), now, "a@example.com", envelope, {}, "", (), None, (), ())


def sources(folder):
    return sorted(path.name for path in Path(folder).rglob("*") if path.is_file())


def test_the_newest_mails_are_kept_and_the_files_of_the_others_go(mailbox, folder):
    for number in range(3):
        mailbox.add(mail(number), b"source %d" % number)
    assert [one.id for one in mailbox.newest_first()] == ["2", "1"]
    assert (mailbox.source("2"), mailbox.source("0")) == (b"source 2", None)
    assert sources(folder) == ["1", "2"]

    mailbox.add(mail(3), bytes(2_000))  # More than there is room for, but the newest.
    assert [one.id for one in mailbox.newest_first()] == ["3"]
    assert mailbox.get("2") is None
    assert sources(folder) == ["3"]

    mailbox.add(mail(4), b"x")
    assert [one.id for one in mailbox.newest_first()] == ["4"]


def test_a_mailbox_that_was_cleared_is_empty_and_has_all_its_room_again(mailbox, folder):
    mailbox.add(mail(1), bytes(600))

    mailbox.clear()

    assert (mailbox.newest_first(), mailbox.get("1"), mailbox.source("1")) == ([], None, None)
    assert sources(folder) == []
    mailbox.add(mail(1), b"a source")
    mailbox.add(mail(2), bytes(900))
    assert mailbox.source("1") == b"a source"


def test_a_mailbox_that_was_closed_leaves_nothing_behind_and_keeps_nothing_more(mailbox, folder):
    mailbox.add(mail(1), b"a source")

    mailbox.close()
    mailbox.add(mail(2), b"a source")

    assert (mailbox.newest_first(), mailbox.source("1")) == ([], None)
    assert list(folder.iterdir()) == []


def test_a_source_that_somebody_else_has_removed_makes_room_all_the_same(mailbox, folder):
    mailbox.add(mail(1), b"x")
    next(folder.rglob("1")).unlink()
    assert mailbox.source("1") is None

    mailbox.add(mail(2), bytes(1_000))

    assert [one.id for one in mailbox.newest_first()] == ["2"]


def test_what_is_kept_in_memory_of_a_mail_does_not_depend_on_its_size(folder):
    mailbox = Mailbox()
    tracemalloc.start()
    try:
        for number in range(100):
            mailbox.add(mail(number), bytes(100_000))
        held, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert held < 1_000_000  # Of ten millions.
    mailbox.close()


def test_a_simulator_that_stops_leaves_no_file_behind(folder):
    with sandbox() as ses:
        message_id = ses.send()
        assert sources(folder) == [message_id]

    assert list(folder.iterdir()) == []
