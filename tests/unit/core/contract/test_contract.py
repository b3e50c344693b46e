"""The types of the contract, which never show what they hold."""

from core.contract.contract import Attachment, SendMail
from core.contract.members import Kind, members

TEXTS = [member.field for member in members(SendMail) if member.kind is Kind.STRING]


def test_a_request_never_shows_itself():
    mail = SendMail(**dict.fromkeys(TEXTS, "geheim47"))

    assert "geheim47" not in repr(mail)
    assert "geheim47" not in repr(Attachment(bytes_=b"geheim47", name="geheim47"))
