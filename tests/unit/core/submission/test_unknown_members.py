"""What a member that nobody knows was meant to be, and when it refuses a mail (B5 L)."""

import re

import pytest
from support.mails import HELPER, NAMESPACE
from support.paths import ROOT
from support.work import never_endless

from core.contract.contract import Attachment, GetStatus, SendMail
from core.contract.errors import Fault
from core.contract.ignored import MAX_SHOWN
from core.contract.members import members
from core.submission.other_names import BY_TYPE
from core.submission.unknown_members import CODE, judged, meant, of_message_id

TO_IS_EMPTY = Fault("To", "NotEmpty", "'To' must not be empty.")
FILE = Attachment(bytes_=b"", name="a")


def faults_of(*names, refuse=False, faults=(), **fields):
    request = SendMail(to="ada@recipient.example", **fields).ignoring(names)
    return judged(request, faults, refuse=refuse)


def fields_of(*names, **more):
    return [(fault.field, fault.code) for fault in faults_of(*names, **more)]


@pytest.mark.parametrize(
    ("name", "member"),
    [
        ("Body", "Text"),
        ("html_body", "HTML"),
        ("Html-Body", "HTML"),
        ("TEXTBODY", "Text"),
        ("Mail Text", "Text"),
        ("attachment", "Attachments"),
        ("attachment-1", "Attachments"),
        ("files[]", "Attachments"),
        ("Attachments[0].Bytes", "Attachments"),
        ("attachments.0.name", "Attachments"),
        ("ANHÄNGE", "Attachments"),
        ("to", "To"),
        ("from_name", "FromName"),
        ("Empfänger", "To"),
        ("Attachments.Filename", "Attachments.Name"),
        ("Attachments.content_type", "Attachments.ContentType"),
        ("Attachments.Content", "Attachments.Bytes"),
        ("Content", "Text"),
        ("text/plain", "Text"),
        ("MailBodyHtml", "HTML"),
        ("attachmentFiles", "Attachments"),
        ("Dateianhang", "Attachments"),
        ("Foo", ""),
        ("Headers", ""),
        ("", ""),
        ("Body" * 10_000, ""),
    ],
)
def test_what_a_name_was_meant_to_be(name, member):
    assert meant(name) == member


def test_each_name_is_meant_for_one_member_and_is_none_of_its_own():
    for owner, elsewhere in BY_TYPE.items():
        own = [member.name for member in members(owner)]
        names = [name.casefold() for many in elsewhere.values() for name in many]

        assert elsewhere.keys() <= set(own)
        assert len(names) == len(set(names))
        assert not {name.casefold() for name in own} & set(names)


def test_the_documented_names_are_those_of_the_code():
    text = (ROOT / "docs/api.md").read_text("utf-8")
    section = text.partition("### Members that nobody knows")[2].partition("\n### ")[0]
    documented = {
        row[1]: tuple(name.strip() for name in row[2].split(","))
        for row in re.finditer(r"^\| `([A-Za-z.]+)` \| ([^|]+) \|$", section, re.MULTILINE)
    }
    prefixes = {SendMail: "", Attachment: "Attachments.", GetStatus: "GetStatus."}
    known = {
        f"{prefixes[owner]}{name}": many
        for owner, names in BY_TYPE.items()
        for name, many in names.items()
    }

    assert documented == known


def test_a_mail_without_content_is_refused_for_each_member_that_stands_for_content():
    assert fields_of("Foo", "html_body", "Body", "Betreff", subject="s") == [
        ("Body", CODE),
        ("html_body", CODE),
    ]


@pytest.mark.parametrize("content", [{"text": "t"}, {"html": "h"}, {"attachments": (FILE,)}])
def test_a_mail_with_content_is_never_refused(content):
    assert fields_of("Body", "Attachment", "Attachments.Filename", **content) == []


@pytest.mark.parametrize(
    "content", [{"text": ""}, {"text": " \n\t"}, {"html": ""}, {"attachments": ()}]
)
def test_empty_content_is_none(content):
    assert fields_of("Body", **content) == [("Body", CODE)]


def test_a_name_that_stands_for_no_content_refuses_nothing():
    assert fields_of("Foo", "Headers", "recipient", "Betreff") == []


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("Body", "'Body' is not a member of SendMail: did you mean 'Text'?"),
        ("text", "'text' is not a member of SendMail: did you mean 'Text'?"),
        ("Text", f"'Text' is given twice, or is not in the XML namespace '{NAMESPACE}'."),
        (
            "Attachments.Attachment",
            f"'Attachments.Attachment' is given twice, or is not in the XML namespace '{HELPER}'.",
        ),
        (
            "Attachments.File",
            (
                "'Attachments.File' is not an item of Attachments: "
                "did you mean 'Attachments.Attachment'?"
            ),
        ),
        ("Anhänge", r"'Anh\u00e4nge' is not a member of SendMail: did you mean 'Attachments'?"),
    ],
)
def test_an_unknown_member_is_told_with_what_was_probably_meant(name, message):
    (fault,) = faults_of(name)

    assert fault.message == message


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("recipient", "'recipient' is not a member of SendMail: did you mean 'To'?"),
        ("to", "'to' is not a member of SendMail: did you mean 'To'?"),
        ("To", f"'To' is given twice, or is not in the XML namespace '{NAMESPACE}'."),
        ("SendMail", "Send what 'SendMail' holds as the request itself."),
    ],
)
def test_a_missing_recipient_is_told_with_the_member_that_may_be_it(name, hint):
    (fault,) = faults_of("Foo", name, text="t", faults=[TO_IS_EMPTY])

    assert fault == TO_IS_EMPTY._replace(message=f"'To' must not be empty. {hint}")


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("Content", "is not a member of Attachment: did you mean 'Attachments.Bytes'?"),
        ("Bytes", f"is given twice, or is not in the XML namespace '{HELPER}'."),
    ],
)
def test_missing_bytes_are_told_with_the_member_that_may_be_them(name, hint):
    missing = [Fault(f"Attachments[{n}].Bytes", "NotEmpty", "Given, please.") for n in (0, 1)]

    told = faults_of(f"Attachments.{name}", text="t", faults=missing)

    assert [fault.message for fault in told] == [
        f"Given, please. 'Attachments.{name}' {hint}" for _ in missing
    ]


def test_an_item_that_is_wrapped_once_too_often_is_told():
    missing = Fault("Attachments[0].Bytes", "NotEmpty", "Given, please.")

    (fault,) = faults_of("Attachments.Attachment", attachments=(FILE,), faults=[missing])

    assert fault.message == (
        "Given, please. Send what 'Attachments.Attachment' holds as an item of the list itself."
    )


def test_a_fault_that_no_unknown_member_explains_stays_as_it_is():
    others = [TO_IS_EMPTY, Fault("To", "Email", "'To' is wrong.")]

    assert faults_of("Foo", text="t", faults=others) == others
    assert faults_of("recipient", text="t", faults=others[1:]) == others[1:]


def test_what_is_told_stays_short_however_many_names_there_are():
    names = [f"recipient{n}" for n in range(10_000)]
    (fault,) = faults_of(*names, text="t", faults=[TO_IS_EMPTY])

    assert fault.message.count("did you mean") == 3
    assert len(faults_of(*(f"Body{n:05}" for n in range(10_000)))) == MAX_SHOWN


def test_thousands_of_names_are_looked_at_once_however_many_faults_there_are():
    names = [f"Attachments.Content{n}" for n in range(9_000)]
    missing = [Fault(f"Attachments[{n}].Bytes", "NotEmpty", "Given, please.") for n in range(500)]

    with never_endless(5):
        assert len(faults_of(*names, attachments=(FILE,), faults=missing)) == len(missing)


@pytest.mark.parametrize(
    ("name", "question"),
    [
        ("Body", ": did you mean 'Text'?"),
        ("Subjekt", ": did you mean 'Subject'?"),
        ("Attachement", ": did you mean 'Attachments'?"),
        ("Attachments.Nane", ": did you mean 'Attachments.Name'?"),
        ("Foo", "."),
    ],
)
def test_where_the_domain_says_so_every_unknown_member_refuses(name, question):
    (fault,) = faults_of(name, text="t", refuse=True)

    assert (fault.field, fault.code) == (name, CODE)
    assert fault.message.endswith(question)


@pytest.mark.parametrize(
    ("name", "member"),
    [
        ("Txet", "Text"),
        ("Texte", "Text"),
        ("Htlm", "HTML"),
        ("HTM", "HTML"),
        ("Attatchments", "Attachments"),
        ("attachemnts", "Attachments"),
        ("Atachment", "Attachments"),
    ],
)
def test_a_misspelt_name_refuses_a_mail_without_content_alone(name, member):
    (fault,) = faults_of(name)

    assert (fault.field, fault.code) == (name, CODE)
    assert fault.message.endswith(f"did you mean '{member}'?")
    assert faults_of(name, text="t") == []


@pytest.mark.parametrize("name", ["Test", "Next", "Context", "Theme", "AttachmentCount", "Subjekt"])
def test_a_name_that_is_only_like_one_refuses_nothing(name):
    assert faults_of(name) == []


def test_thousands_of_names_like_one_are_compared_in_time():
    with never_endless():
        faults_of(*(f"Attach{number}ment{'x' * (number % 5)}" for number in range(10_000)))


@pytest.mark.parametrize("name", ["id", "message_id", "MAIL-ID", "Ids"])
def test_what_may_be_the_id_of_a_message_is_told(name):
    assert of_message_id(["Foo", name]) == (
        f" '{name}' is not a member of GetStatus: did you mean 'MessageId'?"
    )


def test_what_may_be_a_reference_is_told():
    assert of_message_id(["REFERENCE"]) == (
        " 'REFERENCE' is not a member of GetStatus: did you mean 'Reference'?"
    )


def test_what_is_no_id_of_a_message_is_not_told():
    assert of_message_id(["Foo", "Subject"]) == ""
