"""JSON: lenient where nothing gets lost (docs/contract.md A3.3, B5), written as the original."""

import base64
import json
from contextlib import suppress

import pytest

from core.contract.binary import UNDECODABLE, Undecodable
from core.contract.contract import (
    Attachment,
    ErrorResponse,
    ResponseError,
    ResponseStatus,
    SendMail,
    SendResponse,
)
from core.contract.errors import Invalid, MailError, Unreadable
from core.formats import json as json_format
from core.formats.body import Body
from core.message.status import Status


def read(text):
    return json_format.read(Body(text), SendMail)


def read_bytes(given):
    return read(f'{{"Attachments":[{{"Bytes":{given}}}]}}').attachments[0].bytes_


# Members


@pytest.mark.parametrize(
    ("text", "mail"),
    [
        (
            '{"subject":"s","TO":"t","attachments":[{"contenttype":"c","NAME":"n"}]}',
            SendMail(subject="s", to="t", attachments=(Attachment(content_type="c", name="n"),)),
        ),
        (
            '{"fromName":"n","receiverName":"r","cc":"c","bcc":"b","html":"h"}',
            SendMail(from_name="n", receiver_name="r", cc="c", bcc="b", html="h"),
        ),
        ('{"from_name":"x","from-name":"x","from name":"x"}', SendMail()),
        ('{"__type":"x","Junk":{"a":[{}, [null]]},"Subject":"s"}', SendMail(subject="s")),
        ('{"":1,"Subject":"s"}', SendMail(subject="s")),
        ('{"Subject":null}', SendMail()),
        ('{"Subject":""}', SendMail(subject="")),
        ('{"Subject":"1","Subject":"2"}', SendMail(subject="2")),
        ('{"Subject":"1","subject":"2"}', SendMail(subject="2")),
        ("{}", SendMail()),
    ],
)
def test_names_match_in_any_case_and_nothing_else(text, mail):
    assert read(text) == mail


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ("123", "123"),
        ("-0", "-0"),
        ("1.50", "1.50"),
        ("1e400", "1e400"),
        ("1" * 10_000, "1" * 10_000),
        ("true", "true"),
        ("false", "false"),
        ('{"a":1}', "{a:1}"),
        ('{"a":"b"}', "{a:b}"),
        ("{}", "{}"),
        ("[]", "[]"),
        ("[1,2]", "[1,2]"),
    ],
)
def test_another_types_value_for_a_string_is_its_text(given, text):
    assert read(f'{{"Subject":{given}}}') == SendMail(subject=text)


@pytest.mark.parametrize(
    ("escaped", "text"),
    [
        (r"\u00fc", "ü"),
        (r"\ud83d\ude00", "😀"),
        (r"\u0000", "\0"),
        (r"\"\\\/\b\f\n\r\t", '"\\/\b\f\n\r\t'),
        ("ü😀", "ü😀"),
        ("\x7f\x85\u2028", "\x7f\x85\u2028"),
    ],
)
def test_escapes_are_undone(escaped, text):
    assert read(f'{{"Subject":"{escaped}"}}').subject == text


@pytest.mark.parametrize("half", [r"\ud800", r"\udc00", r"\ude00\ud83d"])
def test_half_a_surrogate_pair_is_left_to_validation(half):
    assert any(0xD800 <= ord(c) <= 0xDFFF for c in read(f'{{"Subject":"{half}"}}').subject)


@pytest.mark.parametrize(
    "body",
    [
        b'\xef\xbb\xbf{"Subject":"s"}',
        b' \r\n\t{ "Subject" : "s" } \r\n',
        b'\xef\xbb\xbf\n{"Subject":"s"}',
    ],
)
def test_a_byte_order_mark_and_white_space_around_do_not_matter(body):
    assert read(body) == SendMail(subject="s")


@pytest.mark.parametrize("given", [b"Gr\xfc\xdfe", b"\xed\xa0\x80", b"\xf0\x9f\x98"])
def test_bytes_that_are_not_utf_8_are_refused(given):
    with pytest.raises(Unreadable, match="not in UTF-8"):
        read(b'{"Subject":"' + given + b'"}')


@pytest.mark.parametrize("damaged", ["Gr\ufffd\ufffde", '{\0"\0S\0'])
@pytest.mark.parametrize("charset", ["", "; charset=iso-8859-1"])
def test_what_api_gateway_could_not_decode_is_refused(damaged, charset):
    text = damaged if "\0" in damaged else f'{{"Subject":"{damaged}"}}'

    with pytest.raises(Unreadable, match="not in UTF-8"):
        json_format.read(Body(text, f"application/json{charset}"), SendMail)


def test_a_caller_may_write_the_replacement_character_as_an_escape():
    assert read(r'{"Subject":"\ufffd"}').subject == "\ufffd"


def test_bytes_are_read_in_the_charset_that_they_name():
    body = Body('{"Subject":"Grüße €"}'.encode("cp1252"), "application/json; charset=iso-8859-1")

    assert json_format.read(body, SendMail).subject == "Grüße €"


@pytest.mark.parametrize("charset", ["iso-8859-1", "nonsense"])
def test_what_was_decoded_as_utf_8_is_utf_8_under_whatever_name(charset):
    body = Body('{"Subject":"Grüße"}', f"application/json; charset={charset}")

    assert json_format.read(body, SendMail).subject == "Grüße"


def test_line_breaks_and_tabs_within_a_text_are_read_as_they_are():
    mail = read('{"Text":"a\r\nb\tc\n","Attachments":[{"Bytes":"QU\r\nJD"}]}')

    assert mail.text == "a\r\nb\tc\n"
    assert mail.attachments[0].bytes_ == b"ABC"


def test_json_within_a_json_text_says_so():
    with pytest.raises(Unreadable, match="serialize the request once"):
        read(json.dumps('{"Subject":"s"}'))


# Attachments


@pytest.mark.parametrize(
    ("given", "attachments"),
    [
        ("null", None),
        ("[]", ()),
        ("[{}]", (Attachment(),)),
        ("{}", (Attachment(),)),
        ('{"Name":"n"}', (Attachment(name="n"),)),
        ("[null]", ()),
        ('[{"Name":"a"},{"Name":"b"}]', (Attachment(name="a"), Attachment(name="b"))),
    ],
)
def test_attachments_may_be_one_or_many_or_none(given, attachments):
    assert read(f'{{"Attachments":{given}}}') == SendMail(attachments=attachments)


@pytest.mark.parametrize("given", ['"x"', "1", "true", "[1]", '["x"]', "[[]]", '[{},"x"]'])
def test_attachments_that_are_no_objects_are_refused_instead_of_lost(given):
    with pytest.raises(MailError) as refusal:
        read(f'{{"Attachments":{given}}}')

    assert [fault.field for fault in refusal.value.faults] == ["Attachments"]


@pytest.mark.parametrize(
    ("given", "decoded"),
    [
        ('"QUJD"', b"ABC"),
        (r'"QU JD\r\n"', b"ABC"),
        (r'" Q\tUJ\nD "', b"ABC"),
        (r'"QU\/D"', b"A\x4f\xc3"),
        (r'"QU\u002bD"', b"A\x4f\x83"),
        ('"QR=="', b"A"),
        ('""', b""),
        ("[65,66,67]", b"ABC"),
        ("[]", b""),
        ("[-1,-128,127,0]", b"\xff\x80\x7f\x00"),
        ("[255,128]", b"\xff\x80"),
        ('{"0":65,"1":255}', b"A\xff"),
        ('{"1":66,"0":65}', b"AB"),
        ('{"type":"Buffer","data":[65,255]}', b"A\xff"),
        ('{"data":[],"type":"Buffer"}', b""),
        ('{"type":"Buffer","data":"QUI="}', b"AB"),
        ("null", None),
    ],
)
def test_bytes_are_base64_or_numbers_or_a_typed_array(given, decoded):
    assert read_bytes(given) == decoded


@pytest.mark.parametrize(
    "given",
    [
        '"QQ"',
        '"QQ="',
        '"Q==="',
        '"-_-_"',
        '"@@@@"',
        '"data:text/plain;base64,QUJD"',
        '"\\uff31\\uff31=="',
        '"QQ==\\u00a0"',
        '"\\ud800"',
        "123",
        "true",
        "[256]",
        "[-129]",
        "[1.5]",
        "[null]",
        "[[1]]",
        f"[{'9' * 5000}]",
        '{"0":65,"2":66}',
        '{"0":65,"length":1}',
        '{"type":"Buffer","data":[256]}',
        '{"type":"Buffer"}',
        '{"type":"File","data":[65]}',
        '{"type":"Buffer","data":[65],"more":1}',
        '{"type":"Buffer","data":{"type":"Buffer","data":1}}',
    ],
)
def test_bytes_that_cannot_be_decoded_are_told_from_missing_ones(given):
    assert isinstance(read_bytes(given), Undecodable)


@pytest.mark.parametrize("given", ['["1_0"]', '["\\u0663"]', '[" 7 "]', "[true]"])
def test_texts_and_booleans_are_no_bytes(given):
    assert read_bytes(given) is UNDECODABLE


DATA = bytes(range(256)) * 15_625


@pytest.mark.parametrize(
    "encoded",
    [
        base64.b64encode(DATA).decode(),
        base64.encodebytes(DATA).decode().replace("\n", "\r\n"),
        [byte - 256 if byte > 127 else byte for byte in DATA[:1_000_000]],
    ],
    ids=["base64", "in lines", "numbers"],
)
def test_four_megabytes_are_read(encoded):
    body = json.dumps({"Attachments": [{"Bytes": encoded}]})

    expected = DATA if isinstance(encoded, str) else DATA[:1_000_000]
    assert read(body).attachments[0].bytes_ == expected


# What is not JSON (B5 E)


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "not json",
        "[]",
        "null",
        '"x"',
        "123",
        '[{"Subject":"s"}]',
        '{"Subject":"s",}',
        '{"Subject":"s"',
        '{"Subject":"s"} trailing',
        '{"Subject":"s"}{}',
        '{"Subject":"s" "To":"t"}',
        "{'Subject':'s'}",
        '{Subject:"s"}',
        '{"Subject"}',
        '{"Subject":}',
        '{:"s"}',
        '{"Subject":"s',
        '{"Subject":"a\0b"}',
        '{"Subject":"a\nb\x1f"}',
        '{"Subject":"a\nb"',
        '{"Subject":"\\x41"}',
        '{"Subject":"\\u12"}',
        '{"Subject":"\\u12G4"}',
        '{"Subject":01}',
        '{"Subject":+1}',
        '{"Subject":.5}',
        '{"Subject":1.}',
        '{"Subject":0x1}',
        '{"Subject":1e}',
        '{"Subject":True}',
        '{"Subject":undefined}',
        '{"Subject":NaN}',
        '{"Junk":Infinity}',
        '{"Junk":[-Infinity]}',
        '{"Subject":[1,]}',
        '{"Subject":[1',
        '{"Subject":[}',
        '{,"Subject":"s"}',
        '/* a */ {"Subject":"s"}',
        '{"Subject":"s"} // a',
        '\u00a0{"Subject":"s"}',
        "{",
        "}",
    ],
)
def test_what_is_not_one_json_object_is_unreadable(text):
    with pytest.raises(Unreadable):
        read(text)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_other_encodings_than_utf_8_are_unreadable(encoding):
    with pytest.raises(Unreadable):
        read('{"Subject":"s"}'.encode(encoding))


@pytest.mark.parametrize("depth", [500, 1_000, 3_000, 10_000, 100_000])
@pytest.mark.parametrize("member", ["Subject", "Junk", "Attachments"])
@pytest.mark.parametrize(("opened", "closed"), [("[", "]"), ('{"a":', "}")])
def test_deep_nesting_is_read_or_refused(member, depth, opened, closed):
    body = f'{{"{member}":{opened * depth}1{closed * depth}}}'

    with suppress(MailError):
        read(body)


def test_nesting_that_never_ends_is_unreadable():
    with pytest.raises(Unreadable):
        read('{"Junk":' + "[" * 100_000)


def test_a_refusal_never_quotes_the_body():
    secret = "geheim-47"

    for body in (f'{{"Subject":"{secret}"', f'"{secret}"', f'{{"{secret}":NaN}}', secret):
        with pytest.raises(Unreadable) as refusal:
            read(body)
        assert secret not in refusal.value.message


# Writing (A3.4)


def test_an_answer_has_the_members_in_their_order_and_no_nulls():
    answer = SendResponse(
        message_id="m-1",
        sender="a@d",
        receiver="b@x",
        status=Status.QUEUED,
        configuration="default",
    )

    assert json_format.write(answer) == (
        '{"MessageId":"m-1","Sender":"a@d","Receiver":"b@x","Status":"queued",'
        '"Configuration":"default","Retry":false,"RetryCount":0}'
    )


def test_an_answer_without_anything_still_has_status_and_retry():
    written = json_format.write(SendResponse())

    assert written == '{"Status":"accepted","Retry":false,"RetryCount":0}'


def test_empty_texts_are_written():
    assert '"ErrorMessage":""' in json_format.write(SendResponse(error_message=""))


def test_only_what_json_requires_is_escaped():
    text = "\x01\n\r\t\b\f\"\\/<>&'ü😀\x7f\u2028"

    written = json_format.write(SendResponse(message_id=text))

    assert written.startswith(
        '{"MessageId":"\\u0001\\n\\r\\t\\b\\f\\"\\\\/<>&\'ü😀\x7f\u2028","Status"'
    )


def test_half_a_surrogate_pair_is_never_written():
    written = json_format.write(SendResponse(message_id="a\ud800b"))

    assert json.loads(written.encode("utf-8"))["MessageId"] in ("a?b", "a\ufffdb")


def test_bytes_are_written_as_base64():
    mail = SendMail(attachments=(Attachment(bytes_=b"\xfb\xff", name="n"), Attachment(bytes_=b"")))

    assert json_format.write(mail) == '{"Attachments":[{"Bytes":"+/8=","Name":"n"},{"Bytes":""}]}'


def test_an_error_tells_of_the_failure_twice():
    status = ResponseStatus(error_code="X", message="m", errors=())

    assert json_format.write(ErrorResponse(response_status=status)) == (
        '{"ResponseStatus":{"ErrorCode":"X","Message":"m","Errors":[]},'
        '"Status":"failed","ErrorMessage":"m","Retry":false}'
    )


def test_field_errors_are_written_with_their_meta():
    error = ResponseError(
        error_code="NotEmpty", field_name="To", message="m", meta={"PropertyName": "To"}
    )
    status = ResponseStatus(error_code="NotEmpty", message="m", errors=(error,))

    written = json.loads(json_format.write(ErrorResponse(response_status=status)))

    assert written["ResponseStatus"]["Errors"] == [
        {
            "ErrorCode": "NotEmpty",
            "FieldName": "To",
            "Message": "m",
            "Meta": {"PropertyName": "To"},
        }
    ]


def test_a_list_that_no_mail_can_have_is_refused_before_it_costs_anything():
    body = b'{"Attachments":[' + b",".join([b"{}"] * 501) + b"]}"

    with pytest.raises(Invalid) as refused:
        json_format.read(Body(body), SendMail)

    assert [fault.field for fault in refused.value.faults] == ["Attachments"]


# Names that nobody knows (B5 L)


@pytest.mark.parametrize(
    ("text", "ignored"),
    [
        ('{"Subject":"s"}', ()),
        ('{"Body":"b","subject":"s","foo":{"a":1}}', ("Body", "foo")),
        ('{"SendMail":{"To":"t"}}', ("SendMail",)),
        ('{"from_name":"n","":""}', ("from_name", "")),
        ('{"Body":null,"__type":"SendMail, Api"}', ()),
        (
            '{"Attachments":[{"Filename":"a"},{"Filename":"b","Type":"t","__type":"x"}]}',
            ("Attachments.Filename", "Attachments.Type"),
        ),
        ('{"Attachments":{"Attachment":[]},"Foo":1}', ("Foo", "Attachments.Attachment")),
    ],
)
def test_names_that_nobody_knows_are_noted(text, ignored):
    assert read(text).ignored == ignored


def test_each_mail_of_an_array_has_its_own_unknown_names():
    mails = json_format.read_array(Body('[{"Foo":1},{},{"Bar":1}]'), SendMail)

    assert [mail.ignored for mail in mails] == [("Foo",), (), ("Bar",)]
