"""The texts of a request, trimmed and decoded (docs/contract.md B5 M, O)."""

import pytest

from core.contract.contract import Attachment, SendMail
from core.contract.members import Kind, members
from core.submission.texts import as_meant, without_margins

AROUND = "\ufeff\r\n \u00a0{}\u200b\t\r\n"


def texts_of(contract):
    return [member for member in members(contract) if member.kind is Kind.STRING]


def test_every_text_but_the_bodies_is_trimmed():
    file = Attachment(
        bytes_=b" x ", **{each.field: AROUND.format("a") for each in texts_of(Attachment)}
    )
    mail = SendMail(
        attachments=(file,), **{each.field: AROUND.format("a") for each in texts_of(SendMail)}
    )

    for trim in (without_margins, as_meant):
        trimmed = trim(mail)
        kept = {each.name for each in texts_of(SendMail) if getattr(trimmed, each.field) != "a"}
        assert kept == {"Text", "HTML"}
        assert trimmed.text == trimmed.html == AROUND.format("a")
        (held,) = trimmed.attachments
        assert {getattr(held, each.field) for each in texts_of(Attachment)} == {"a"}
        assert held.bytes_ == b" x "


def test_a_request_without_anything_to_trim_stays_the_same_one():
    mail = SendMail(to="a@b.example", text=" t ", attachments=(Attachment(name="a b"),))

    assert without_margins(mail) is mail
    assert as_meant(mail) is mail


def test_what_a_reader_sees_as_a_whole_is_decoded_and_trimmed_again():
    word = "\n=?utf-8?Q?_x=0D=0A?= "
    fields = dict.fromkeys(("subject", "from_name", "receiver_name"), word)

    mail = as_meant(SendMail(**fields, attachments=(Attachment(name=word),)))

    assert {getattr(mail, field) for field in fields} == {"x"}
    assert mail.attachments[0].name == "x"


def test_what_names_something_is_not_decoded():
    word = "=?utf-8?Q?x?="
    fields = dict.fromkeys(("domain", "to", "reference", "text", "html"), word)

    assert as_meant(SendMail(**fields)) == SendMail(**fields)


@pytest.mark.parametrize(
    "written",
    [
        '"Ada Meier"',
        "'Ada Meier'",
        "\"'Ada Meier'\"",
        '"=?utf-8?Q?Ada_Meier?="',
        "=?utf-8?Q?=22Ada_Meier=22?=",
        '" Ada Meier "',
    ],
)
def test_quotes_around_a_whole_name_are_not_part_of_it(written):
    mail = as_meant(
        SendMail(
            from_name=written,
            receiver_name=written,
            subject='"Ada Meier"',
            attachments=(Attachment(name=written),),
        )
    )

    assert (mail.from_name, mail.receiver_name, mail.attachments[0].name) == ("Ada Meier",) * 3
    assert mail.subject == '"Ada Meier"'


@pytest.mark.parametrize("name", ['"Ada" und "Eva"', "O'Brien", "'t Hart", 'Praxis "Am See"', '"'])
def test_quotes_within_a_name_stay(name):
    assert as_meant(SendMail(from_name=name)).from_name == name
