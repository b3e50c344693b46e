"""The types of the contract, which never show what they hold."""

from core.contract.contract import Attachment, SendMail
from core.contract.members import Kind, members

TEXTS = [member.field for member in members(SendMail) if member.kind is Kind.STRING]


def test_a_request_never_shows_itself():
    mail = SendMail(**dict.fromkeys(TEXTS, "geheim47"))

    assert "geheim47" not in repr(mail)
    assert "geheim47" not in repr(Attachment(bytes_=b"geheim47", name="geheim47"))


def test_what_was_ignored_is_no_part_of_a_request():
    mail = SendMail(subject="s")

    noted = mail.ignoring(["Foo", "Bar", "Foo"]).ignoring(["Bar", "Baz"])

    assert noted.ignored == ("Foo", "Bar", "Baz")
    assert mail.ignored == ()
    assert noted == mail
    assert noted.model_dump() == mail.model_dump()
    assert "Foo" not in repr(noted)


def test_what_was_ignored_stays_with_a_changed_copy():
    noted = SendMail(subject="s").ignoring(["Foo"])

    assert noted.model_copy(update={"subject": "t"}).ignored == ("Foo",)
    assert noted.ignoring([]) is noted
