"""Texts, addresses and names as callers really send them (docs/contract.md B5 M, N, O, P)."""

import base64
from collections.abc import Callable
from email.header import decode_header, make_header
from typing import Any

import pytest
from support.gateway import faults_of
from support.mails import NAMESPACE
from support.ses import Ses

Call = Callable[..., dict[str, Any]]
ADA, EVE = "ada@recipient.example", "eve@recipient.example"
PRETTY = f"""<?xml version="1.0" encoding="utf-8"?>
<SendMail xmlns="{NAMESPACE}">
  <Attachments xmlns:h="{NAMESPACE}.Helper">
    <h:Attachment>
      <h:Bytes>
        eA==
      </h:Bytes>
      <h:ContentType>
        application/pdf
      </h:ContentType>
      <h:Name>
        invoice.pdf
      </h:Name>
    </h:Attachment>
  </Attachments>
  <BCC>
  </BCC>
  <CC>
    "Meier, Eva"
      &lt;{EVE}&gt;
  </CC>
  <Domain>
    example.com
  </Domain>
  <From>
    billing@example.com
  </From>
  <FromName>
    The desk
  </FromName>
  <Reference>
    R-1
  </Reference>
  <Subject>
    Your invoice
  </Subject>
  <Text>
    Hello
  </Text>
  <To>
    {ADA}
    bob@recipient.example
  </To>
</SendMail>
"""


@pytest.fixture
def send(call: Call) -> Callable[..., dict[str, Any]]:
    def _send(**members: Any) -> dict[str, Any]:
        return call("POST", "/Mail/Send", {"To": ADA, "Subject": "s", "Text": "t"} | members)

    return _send


def read(written: str) -> tuple[str, str]:
    """Return name and address of a mailbox as SES got it."""
    name, _, address = written.rpartition(" ")
    return str(make_header(decode_header(name.strip('"')))), address.strip("<>")


def everybody(ses: Ses) -> list[str]:
    return [each for group in ses.taken[-1]["Destination"].values() for each in group]


def simple(ses: Ses) -> dict[str, Any]:
    content: dict[str, Any] = ses.taken[-1]["Content"]["Simple"]
    return content


# M: what is around a text


def test_pretty_printed_xml_is_the_mail_that_it_shows(call: Call, ses: Ses, table: Any) -> None:
    headers = {"Content-Type": "application/xml", "Accept": "application/json"}

    reply = call("POST", "/Mail/Send", PRETTY, headers=headers)

    assert reply["statusCode"] == 200
    assert reply["json"]["Receiver"].split() == [ADA, "bob@recipient.example"]
    assert everybody(ses) == [ADA, "bob@recipient.example", f'"Meier, Eva" <{EVE}>']
    assert ses.taken[-1]["FromEmailAddress"] == '"The desk" <billing@example.com>'
    assert simple(ses)["Subject"]["Data"] == "Your invoice"
    assert simple(ses)["Body"]["Text"]["Data"] == "\n    Hello\n  "
    (file,) = simple(ses)["Attachments"]
    assert (file["FileName"], file["ContentType"]) == ("invoice.pdf", "application/pdf")
    key = {"pk": f"MSG#{reply['json']['MessageId']}", "sk": "RECORD"}
    assert table.get_item(Key=key)["Item"]["reference"].endswith("R-1")


def test_texts_that_were_read_from_files_lose_their_line_ends(send: Any, ses: Ses) -> None:
    reply = send(To=f"\ufeff{ADA}\r\n", Subject="Hello\n", FromName="\tdeSEC\r\n", From="\n")

    assert reply["json"]["Receiver"] == ADA
    assert everybody(ses) == [ADA]
    assert simple(ses)["Subject"]["Data"] == "Hello"
    assert read(ses.taken[-1]["FromEmailAddress"])[0] == "deSEC"


@pytest.mark.parametrize("member", ["Subject", "FromName", "ReceiverName", "Domain", "Reference"])
def test_a_line_break_within_a_text_never_begins_a_header(send: Any, ses: Ses, member: str) -> None:
    assert (member, "ControlCharacter") in faults_of(send(**{member: f"a\r\nBcc: {EVE}"}))
    assert ses.taken == []


def test_a_subject_of_white_space_is_none(send: Any) -> None:
    reply = send(Subject=" \r\n\u00a0\u200b", Text=None)

    assert faults_of(reply) == {("Subject", "NotEmpty")}


def test_a_status_is_found_by_an_id_with_a_line_end(call: Call, send: Any) -> None:
    message_id = send()["json"]["MessageId"]

    reply = call("GET", "/Status", query={"MessageId": f"\ufeff{message_id}\r\n"})

    assert reply["json"]["MessageId"] == message_id


def test_a_repeat_with_other_white_space_around_its_texts_is_a_repeat(call: Call, ses: Ses) -> None:
    headers = {"Idempotency-Key": "k-1"}
    mail = {"To": ADA, "Subject": "s", "Text": "t"}
    first = call("POST", "/Mail/Send", mail, headers=headers)

    again = call(
        "POST", "/Mail/Send", mail | {"Subject": "s\r\n", "To": f" {ADA}"}, headers=headers
    )

    assert again["json"]["MessageId"] == first["json"]["MessageId"]
    assert len(ses.taken) == 1
    other = call("POST", "/Mail/Send", mail | {"Text": "t\n"}, headers=headers)
    assert other["statusCode"] == 422


# N: pasted lists


def test_a_list_from_outlook_reaches_everybody_by_their_names(send: Any, ses: Ses) -> None:
    send(To=f"Müller, Jürgen <{ADA}>; Meier, Eva <{EVE}>", CC=["'bob@recipient.example'"])

    assert [read(each) for each in everybody(ses)[:2]] == [
        ("Müller, Jürgen", ADA),
        ("Meier, Eva", EVE),
    ]
    assert everybody(ses)[2:] == ["bob@recipient.example"]


def test_a_comma_in_a_name_is_told_where_commas_separate(send: Any) -> None:
    (error,) = send(To=f"Meier, Eva <{EVE}>")["json"]["ResponseStatus"]["Errors"]

    assert (error["FieldName"], error["ErrorCode"]) == ("To", "Email")
    assert "entry 1" in error["Message"]
    assert "a name with a comma must be in double quotes" in error["Message"]


@pytest.mark.parametrize("nobody", [[], [""], [None], "", None, "undisclosed-recipients:;", " ;\n"])
def test_copies_for_nobody_are_none(send: Any, ses: Ses, nobody: Any) -> None:
    assert send(CC=nobody, BCC=nobody)["statusCode"] == 200
    assert everybody(ses) == [ADA]


@pytest.mark.parametrize("nobody", [[], ["", None], "undisclosed-recipients:;"])
def test_a_mail_for_nobody_is_refused(send: Any, nobody: Any) -> None:
    assert faults_of(send(To=nobody)) == {("To", "NotEmpty")}


def test_an_array_holds_a_mailbox_in_each_item(send: Any, ses: Ses) -> None:
    reply = send(
        To=[ADA, f"Meier, Eva <{EVE}>", None], From=["Desk, Front <desk@example.com>"], CC=[]
    )

    assert everybody(ses) == [ADA, f'"Meier, Eva" <{EVE}>']
    assert ses.taken[-1]["FromEmailAddress"] == '"Desk, Front" <desk@example.com>'
    assert reply["json"]["Receiver"] == f'{ADA}, "Meier, Eva" <{EVE}>'


@pytest.mark.parametrize(
    "given", [{"Email": ADA, "Name": "Ada"}, [{"Email": ADA}], [[ADA]], {"address": ADA}]
)
def test_what_is_no_text_is_refused_with_what_to_write(send: Any, given: Any) -> None:
    (error,) = send(To=given)["json"]["ResponseStatus"]["Errors"]

    assert error["FieldName"] == "To"
    assert "write a text, such as 'Name <name@domain>'" in error["Message"]


def test_another_member_takes_an_array_as_the_original_does(send: Any, ses: Ses) -> None:
    send(Subject=["x"])

    assert simple(ses)["Subject"]["Data"] == "[x]"


# O: encoded words


def encoded(text: str) -> str:
    return f"=?utf-8?B?{base64.b64encode(text.encode()).decode()}?="


def test_encoded_texts_arrive_as_what_they_say(send: Any, ses: Ses) -> None:
    send(
        Subject="=?utf-8?Q?Gr=C3=BC=C3=9Fe?=\r\n =?iso-8859-1?Q?_aus_K=F6ln?=",
        FromName=encoded("Müller & Söhne"),
        To=f"=?utf-8?Q?Meier,_Eva?= <{EVE}>; {encoded('Jörg')}\r\n {encoded(' A.')} <{ADA}>",
        Attachments=[{"Name": encoded("Rechnung März/Über.pdf"), "Bytes": "eA=="}],
    )

    assert simple(ses)["Subject"]["Data"] == "Grüße aus Köln"
    assert read(ses.taken[-1]["FromEmailAddress"])[0] == "Müller & Söhne"
    assert [read(each) for each in everybody(ses)] == [("Meier, Eva", EVE), ("Jörg A.", ADA)]
    (file,) = simple(ses)["Attachments"]
    assert file["FileName"].endswith("Über.pdf")
    assert file["ContentType"] == "application/pdf"


@pytest.mark.parametrize(
    "name", ["setup.exe", "a/../setup.exe", "setup.exe\r\n", "=?utf-8?B?c2V0dXAuZXhl?="]
)
def test_an_encoded_file_name_hides_no_extension(send: Any, ses: Ses, name: str) -> None:
    reply = send(Attachments=[{"Name": encoded(name), "Bytes": "eA=="}])

    assert faults_of(reply) == {("Attachments[0].Name", "RefusedExtension")}
    assert ses.taken == []


def test_an_encoded_sender_shows_no_other_address(send: Any, ses: Ses) -> None:
    send(FromName=encoded("ceo@bank.example"))

    assert read(ses.taken[-1]["FromEmailAddress"])[0] == "ceo at bank.example"


# P: long names


def test_no_name_makes_an_address_longer_than_ses_takes(send: Any, ses: Ses) -> None:
    name = "Universitätsklinikum Musterstadt, Geschäftsführung für Öffentlichkeitsarbeit " * 4
    long = f'"{name}"'

    reply = send(
        FromName=name + "@" * 200,
        To=f"{long} <{ADA}>",
        CC=f"{long} <{EVE}>",
        BCC=[f"{'医院' * 200} <bob@recipient.example>"],
    )

    assert reply["statusCode"] == 200
    written = [ses.taken[-1]["FromEmailAddress"], *everybody(ses)]
    assert all(250 < len(each) <= 320 for each in written)
    assert all(read(each)[0].endswith("…") for each in written)
    assert [read(each)[1] for each in everybody(ses)] == [ADA, EVE, "bob@recipient.example"]


def test_a_receivers_long_name_is_shortened_too(send: Any, ses: Ses) -> None:
    send(ReceiverName="n" * 998)

    ((name, address),) = map(read, everybody(ses))
    assert (name[-4:], address) == ("n...", ADA)
    assert faults_of(send(ReceiverName="n" * 999)) == {("ReceiverName", "Length")}
