"""JSV: written as the original (docs/contract.md A3.2, A6, A7), read so that nothing gets lost."""

from contextlib import suppress

import pytest
from support.work import never_endless

from core.contract.binary import UNDECODABLE
from core.contract.contract import (
    Attachment,
    ErrorResponse,
    GetStatus,
    ResponseError,
    ResponseStatus,
    SendMail,
    SendResponse,
)
from core.contract.errors import Invalid, MailError, Unbindable, Unreadable
from core.contract.members import members
from core.formats import jsv
from core.formats.body import Body
from core.message.status import Status

ATTACHMENTS = next(member for member in members(SendMail) if member.name == "Attachments")
SUBJECT = next(member for member in members(SendMail) if member.name == "Subject")
ABC = Attachment(bytes_=b"ABC", name="a.txt")


def read(text, contract=SendMail):
    return jsv.read(Body(text), contract)


# Writing


def test_an_answer_is_written_as_the_original_writes_it():
    answer = SendResponse(
        message_id="m-1",
        sender="f@x",
        receiver="t@x",
        status=Status.QUEUED,
        configuration="-|f@x|-|t@x|-|-|-|s|-|-|-|att:null",
    )

    assert jsv.write(answer) == (
        "{MessageId:m-1,Sender:f@x,Receiver:t@x,Status:queued,"
        'Configuration:"-|f@x|-|t@x|-|-|-|s|-|-|-|att:null",Retry:False,RetryCount:0}'
    )


def test_an_error_is_written_as_the_original_writes_it():
    fault = ResponseError(error_code="ArgumentException", field_name="To", message="bad arg")
    status = ResponseStatus(
        error_code="ArgumentException",
        message="bad arg\nParameter name: To",
        errors=(fault,),
    )

    assert jsv.write(ErrorResponse(response_status=status)) == (
        '{ResponseStatus:{ErrorCode:ArgumentException,Message:"bad arg\nParameter name: To",'
        "Errors:[{ErrorCode:ArgumentException,FieldName:To,Message:bad arg}]}}"
    )


def test_a_map_and_an_empty_list_are_written():
    fault = ResponseError(meta={"PropertyName": "To", "a:b": ""})

    assert jsv.text_of(fault) == '{Meta:{PropertyName:To,"a:b":""}}'
    assert jsv.text_of(ResponseStatus(errors=())) == "{Errors:[]}"


@pytest.mark.parametrize("special", list('":,{}[]\r\n'))
def test_what_would_be_taken_for_structure_is_quoted(special):
    written = special.replace('"', '""')

    assert jsv.write(SendMail(subject=f"a{special}b")) == f'{{Subject:"a{written}b"}}'


@pytest.mark.parametrize("plain", ["a b", "'", "\t", "\\n", "ü😀", " x ", "1", "=1+1"])
def test_what_would_not_is_written_as_it_is(plain):
    assert jsv.write(SendMail(subject=plain)) == f"{{Subject:{plain}}}"


def test_empty_and_null_differ():
    assert jsv.write(SendMail(subject="", text=None)) == '{Subject:""}'
    assert jsv.write(SendMail()) == "{}"


def test_half_a_surrogate_pair_is_replaced():
    assert jsv.write(SendMail(subject="a\ud800")) == "{Subject:a?}"


# Reading


@pytest.mark.parametrize(
    ("text", "mail"),
    [
        ("{Subject:s,To:t@x}", SendMail(subject="s", to="t@x")),
        ("{subject:s,TO:t,receiverName:n}", SendMail(subject="s", to="t", receiver_name="n")),
        ("{}", SendMail()),
        ("{from_name:x}", SendMail()),
        ("{Junk:{a:[{b:[[]]},c]},__type:x,Subject:s}", SendMail(subject="s")),
        ('{Junk:[a,"]}",{b:"{"}],Subject:s}', SendMail(subject="s")),
        ("{Subject:1,Subject:2}", SendMail(subject="2")),
        ("{Subject:1,subject:}", SendMail()),
        ('{Subject:"",Text:}', SendMail(subject="")),
        ("{Subject:null}", SendMail(subject="null")),
        ('{Subject:"a ""b"", {c}:\r\n[d]"}', SendMail(subject='a "b", {c}:\r\n[d]')),
        ('{Subject:say "hi": ok}', SendMail(subject='say "hi": ok')),
        ("{Subject:{a:1}}", SendMail(subject="{a:1}")),
        ("{Subject:[Ticket 42]}", SendMail(subject="[Ticket 42]")),
        ("{Subject: s ,To: t }", SendMail(subject=" s ", to=" t ")),
        ('{Subject: "s" ,To : t}', SendMail(subject="s", to=" t")),
        ("\ufeff {Subject:s}\r\n", SendMail(subject="s")),
        ("{Subject:s,\r\n To:t\r\n}", SendMail(subject="s", to="t")),
    ],
)
def test_a_document_is_bound(text, mail):
    assert read(text) == mail


def test_a_document_laid_out_as_on_the_metadata_page_is_bound():
    laid_out = (
        "{\n\tDomain: String,\n\tFrom: a: b,\n\tSubject: ,\n\tAttachments: \n\t[\n\t\t{\n"
        "\t\t\tBytes: AA==,\n\t\t\tName: String,\n\t\t\tContentType: String\n\t\t}\n\t],\n"
        "\tReference: String\n}"
    )

    for text in (laid_out, laid_out.replace("\n", "\r\n")):
        assert read(text) == SendMail(
            domain="String",
            from_="a: b",
            attachments=(Attachment(bytes_=b"\0", name="String", content_type="String"),),
            reference="String",
        )


def test_numbers_booleans_and_names_of_an_answer_are_read():
    answer = SendResponse(status=Status.SENT, retry=True, retry_count=3)

    assert read("{Status:sent,Retry:True,RetryCount:3}", SendResponse) == answer
    assert read("{MessageId:m}", GetStatus) == GetStatus(message_id="m")


def test_bytes_are_in_their_charset_or_refused():
    latin = b"{Subject:Gr\xfc\xdfe}"

    assert jsv.read(Body(latin, "text/jsv; charset=latin1"), SendMail).subject == "Grüße"
    with pytest.raises(Unreadable, match="not in UTF-8"):
        read(latin)


@pytest.mark.parametrize(
    ("given", "attachments"),
    [
        ("[{Bytes:QUJD,Name:a.txt}]", (ABC,)),
        ("[ {Bytes:QUJD,Name:a.txt} , {} ]", (ABC, Attachment())),
        ("{Bytes:QUJD,Name:a.txt}", (ABC,)),
        ('[{Bytes:"QUJD",Name:"a.txt"}]', (ABC,)),
        ("[]", ()),
        ("[ ]", ()),
        ("[,]", ()),
        ("", None),
        ('""', None),
        ("[{Name:b}]", (Attachment(name="b"),)),
        ("[{Bytes:,Name:b}]", (Attachment(bytes_=b"", name="b"),)),
        ("[{Bytes:@@,Name:a}]", (Attachment(bytes_=UNDECODABLE, name="a"),)),
        ("[{Bytes:[65,66],Name:a}]", (Attachment(bytes_=UNDECODABLE, name="a"),)),
    ],
)
def test_attachments_are_bound(given, attachments):
    assert read(f"{{Attachments:{given}}}") == SendMail(attachments=attachments)


@pytest.mark.parametrize(
    "text",
    [
        '{"Subject":"a\\n\\"b\\"","to":null,"Attachments":[{"Bytes":"QUJD","Name":"a, b"},null]}',
        '{ "Subject" : "a\\n\\"b\\"", "Attachments" : {"Name": "a, b", "Bytes": "QUJD"} }',
    ],
)
def test_json_is_read_for_what_it_is(text):
    attachment = Attachment(bytes_=b"ABC", name="a, b")

    assert read(text) == SendMail(subject='a\n"b"', attachments=(attachment,))


@pytest.mark.parametrize(
    "text",
    [
        *("", " ", "x", "[]", "null", "QUJD", '"{}"', "<SendMail/>"),
        *("{", "{Subject", "{Subject:", "{Subject:s", "{Subject:s,", "{Subject:s,}", "{Subject}"),
        *("{Subject:s}}", "{Subject:s} x", "{Subject:a,b,To:t}", '{Subject:"s}', '{Subject:"a"b}'),
        *("{:x}", "{,}", "{a:[}", "{a:{]}", '{a:["]}', '{"Subject":"s"', "{Subject:[a] b,To:t}"),
        *("{a:" + "[" * 300 + "]" * 300 + "}", "{Attachments:[{]}", "{Attachments:[{}}"),
    ],
)
def test_what_is_malformed_is_refused(text):
    with pytest.raises(Unreadable):
        read(text)


@pytest.mark.parametrize(
    "text", ["{Retry:yes please}", "{RetryCount:x}", "{Status:gone}", "{Retry:[]}"]
)
def test_a_value_of_the_wrong_kind_is_refused_by_its_name(text):
    with pytest.raises(Unreadable) as refusal:
        read(text, SendResponse)

    assert [fault.field for fault in refusal.value.faults] == [text[1:].partition(":")[0]]


@pytest.mark.parametrize(
    "given", ["secret", '"secret"', "[secret]", '["secret"]', "[[secret]]", "{}]", "[{}", "{"]
)
def test_a_member_that_is_not_a_list_is_refused_without_repeating_it(given):
    with pytest.raises(Unreadable) as refusal:
        jsv.read_value(given, ATTACHMENTS)

    assert isinstance(refusal.value, Unbindable)
    assert [(fault.field, fault.code) for fault in refusal.value.faults] == [
        ("Attachments", "SerializationException")
    ]
    assert "is an invalid value for 'Attachments'" in refusal.value.faults[0].message
    assert "secret" not in str(refusal.value.faults)


@pytest.mark.parametrize(
    "given",
    [
        "[{Bytes:QUJD,Name:a.txt}]",
        "{Bytes:QUJD,Name:a.txt}",
        ' [{"Bytes":"QUJD","Name":"a.txt"}] ',
        '{"Bytes":"QUJD","Name":"a.txt"}',
    ],
)
def test_a_list_is_read_from_a_text_of_its_own(given):
    assert jsv.read_value(given, ATTACHMENTS) == (ABC,)


def test_several_items_may_come_without_brackets():
    assert jsv.read_value("{Bytes:QUJD,Name:a.txt},{}", ATTACHMENTS) == (ABC, Attachment())


@pytest.mark.parametrize("text", ["a", '"a"', "{a:b}", "", " "])
def test_a_text_is_the_text_itself(text):
    assert jsv.read_value(text, SUBJECT) == text


@pytest.mark.parametrize("item", ["{}", "", "{Name:a}"])
def test_too_many_items_are_refused(item):
    with pytest.raises(Invalid, match="500"):
        read(f"{{Attachments:[{','.join([item] * 502)}]}}")


@pytest.mark.parametrize(
    "hostile",
    [
        "{" + "a:b," * 200_000,
        "{a:" + "[" * 1_000_000,
        '{"a":' + "[" * 1_000_000,
        "{a:[" + '"' * 1_000_000 + "]}",
        '{a:["' + 'x""' * 300_000,
        "{Attachments:[" + "," * 1_000_000,
        "{a" + " " * 1_000_000,
        "{a:" + "{}" * 500_000,
    ],
)
def test_hostile_documents_keep_nobody_busy(hostile):
    with never_endless(), suppress(MailError):
        read(hostile)


# Names that nobody knows (B5 L)


@pytest.mark.parametrize(
    ("text", "ignored"),
    [
        ("{Subject:s}", ()),
        ("{Body:b,subject:s,Foo:{a:1},Bar:[1,2]}", ("Body", "Foo", "Bar")),
        ("{Null:,__type:x,Subject:s}", ()),
        ('{Empty:"",Subject:s}', ("Empty",)),
        (
            "{Attachments:[{Filename:a},{Filename:b,Type:t}]}",
            ("Attachments.Filename", "Attachments.Type"),
        ),
        ('{"Body":"b","Subject":"s"}', ("Body",)),
        ("{To:a,to:b}", ("To",)),
        ("{To:a,To:}", ("To",)),
        ("{To:,To:a}", ()),
    ],
)
def test_names_that_nobody_knows_are_noted(text, ignored):
    assert read(text).ignored == ignored
