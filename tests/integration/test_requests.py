"""Whole requests: what the caller hears, and what SES is asked to send."""

import base64
import hashlib
import io
import json
import re
from email.header import decode_header, make_header
from xml.etree import ElementTree as ET

import pytest
from support import mails
from support.account import before_send
from support.answers import raising, refusing
from support.domains import hash_of, put_domain
from support.gateway import faults_of
from support.mails import ARRAYS, NAMESPACE, TYPES, XSI

from core.config import CONFIG
from handlers import api

TO = "ada@recipient.example"
MAIL = mails.MAIL | {"From": "me@example.com"}
JSON, XML = "application/json", "application/xml"

SEED = f"""<SendMail xmlns:i="{XSI}" xmlns="{NAMESPACE}">
  <Attachments xmlns:d2p1="{NAMESPACE}.Helper">
    <d2p1:Attachment>
      <d2p1:Bytes>AA==</d2p1:Bytes>
      <d2p1:ContentType>application/pdf</d2p1:ContentType>
      <d2p1:Name>String.pdf</d2p1:Name>
    </d2p1:Attachment>
  </Attachments>
  <BCC>bcc@recipient.example</BCC>
  <CC>cc@recipient.example</CC>
  <Domain>example.com</Domain>
  <From>from@example.com</From>
  <FromName>From String</FromName>
  <HTML>Html String</HTML>
  <ReceiverName>Receiver String</ReceiverName>
  <Reference>Reference String</Reference>
  <Subject>Subject String</Subject>
  <Text>Text String</Text>
  <To>to@recipient.example</To>
</SendMail>"""


@pytest.fixture
def add_domain():
    def add(domain, key):
        put_domain(
            domain,
            domain=domain,
            name=domain.partition(".")[0],
            configuration_set="mail-kept-events",
            default_sender=f"hello@{domain}",
            api_keys=[hash_of(key)],
        )

    return add


@pytest.fixture
def logged(capsys, caplog):
    """Return what has been logged so far, wherever it went."""
    stream = io.StringIO()
    before = [(handler, handler.setStream(stream)) for handler in api.logger.handlers]
    yield lambda: stream.getvalue() + "".join(capsys.readouterr()) + caplog.text
    for handler, old in before:
        handler.setStream(old)


def as_xml(fields):
    members = "".join(f"<{name}>{value}</{name}>" for name, value in fields.items())
    return f'<SendMail xmlns="{NAMESPACE}">{members}</SendMail>'.encode()


def headers(sent=JSON, accepted=None):
    return {"Content-Type": sent} | ({"Accept": accepted} if accepted else {})


def members(reply):
    """Return the members of a SendResponse in XML."""
    root = ET.fromstring(reply["body"].encode())
    assert root.tag == f"{{{NAMESPACE}.Response}}SendResponse"
    return {child.tag.rpartition("}")[2]: child.text for child in root}


def simple(ses):
    return ses.taken[-1]["Content"]["Simple"]


def decoded(header):
    return str(make_header(decode_header(header)))


# Sending


def test_the_sample_of_the_metadata_page_is_sent(call, ses):
    reply = call("POST", "/Mail/Send", SEED, headers=headers(XML, XML))

    assert reply["statusCode"] == 200
    message = ses.taken[0]
    assert message["FromEmailAddress"] == '"From String" <from@example.com>'
    assert message["Destination"] == {
        "ToAddresses": ['"Receiver String" <to@recipient.example>'],
        "CcAddresses": ["cc@recipient.example"],
        "BccAddresses": ["bcc@recipient.example"],
    }
    assert simple(ses)["Subject"]["Data"] == "Subject String"
    assert simple(ses)["Body"]["Text"]["Data"] == "Text String"
    assert simple(ses)["Body"]["Html"]["Data"] == "Html String"
    assert ses.attachments() == [b"\0"]
    assert simple(ses)["Attachments"][0]["FileName"] == "String.pdf"
    assert simple(ses)["Attachments"][0]["ContentType"] == "application/pdf"


def test_the_sample_is_answered_as_dotnet_would(call):
    reply = call("POST", "/Mail/Send", SEED, headers=headers(XML, XML))

    assert reply["headers"]["Content-Type"] == "application/xml"
    assert re.sub("<MessageId>[0-9A-Z]{26}<", "<MessageId>*<", reply["body"]) == (
        '<?xml version="1.0" encoding="utf-8"?>'
        f'<SendResponse xmlns:i="{XSI}" xmlns="{NAMESPACE}.Response">'
        '<Configuration>default</Configuration><ErrorMessage i:nil="true" />'
        "<MessageId>*</MessageId><Receiver>to@recipient.example</Receiver><Retry>false</Retry>"
        "<RetryCount>0</RetryCount><Sender>from@example.com</Sender><Status>sent</Status>"
        "</SendResponse>"
    )


def test_a_mail_in_json_is_answered_as_servicestack_would(call):
    reply = call("POST", "/Mail/Send", MAIL)

    assert reply["headers"]["Content-Type"] == "application/json; charset=utf-8"
    assert re.sub('"MessageId":"[0-9A-Z]{26}"', '"MessageId":"*"', reply["body"]) == (
        f'{{"MessageId":"*","Sender":"me@example.com","Receiver":"{TO}","Status":"sent",'
        '"Configuration":"default","Retry":false,"RetryCount":0}'
    )


@pytest.mark.parametrize("sent", [JSON, XML])
@pytest.mark.parametrize("asked", [JSON, XML])
def test_either_format_in_gives_either_format_out(call, ses, sent, asked):
    body = json.dumps(MAIL).encode() if sent == JSON else as_xml(MAIL)

    reply = call("POST", "/Mail/Send", body, headers=headers(sent, asked))

    answer = reply["json"] if asked == JSON else members(reply)
    assert (answer["Status"], answer["Receiver"]) == ("sent", TO)
    assert simple(ses)["Body"]["Text"]["Data"] == "t"


@pytest.mark.parametrize("sent", [JSON, XML])
def test_every_text_reaches_ses_unchanged(call, ses, sent):
    text = "Grüße, 日本語 😀 'a' \"b\" & ]]> \u00a0end"
    fields = MAIL | dict.fromkeys(["Subject", "Text", "HTML", "FromName", "ReceiverName"], text)
    fields |= {"Reference": text}
    escaped = {
        name: value.replace("&", "&amp;").replace(">", "&gt;") for name, value in fields.items()
    }
    body = json.dumps(fields, ensure_ascii=False).encode() if sent == JSON else as_xml(escaped)

    reply = call("POST", "/Mail/Send", body, headers=headers(sent))

    assert reply["statusCode"] == 200
    assert simple(ses)["Subject"] == {"Data": text, "Charset": "UTF-8"}
    assert simple(ses)["Body"] == {
        "Text": {"Data": text, "Charset": "UTF-8"},
        "Html": {"Data": text, "Charset": "UTF-8"},
    }
    sender, receiver = (
        ses.taken[0]["FromEmailAddress"],
        ses.taken[0]["Destination"]["ToAddresses"][0],
    )
    assert decoded(sender) == f"{text} <me@example.com>"
    assert decoded(receiver) == f"{text} <{TO}>"
    assert (sender + receiver).isascii()


@pytest.mark.parametrize("name", ["Plain", 'Quo"ted\\', "a, b; <c(d.example>", "Müller" * 20])
def test_no_name_can_become_an_address(call, ses, name):
    call("POST", "/Mail/Send", MAIL | {"FromName": name})

    shown, _, address = ses.taken[0]["FromEmailAddress"].rpartition(" ")
    assert address == "<me@example.com>"
    if name.isascii():
        assert re.fullmatch(r'"([^"\\]|\\.)*"', shown)
        assert re.sub(r"\\(.)", r"\1", shown[1:-1]) == name
    else:
        assert decoded(shown) == name
        assert all(len(word) <= 75 for word in shown.split())


def test_a_name_that_shows_another_address_is_sent_without_its_at_sign(call, ses, table):
    call("POST", "/Mail/Send", MAIL | {"FromName": "a, b; <c@d.example>"})
    put_domain(at_in_names="refuse")
    api.domain_table._read_at = float("-inf")
    refused = call("POST", "/Mail/Send", MAIL | {"FromName": "ceo\uff20bank.example"})

    assert [mail["FromEmailAddress"] for mail in ses.taken] == [
        '"a, b; <c at d.example>" <me@example.com>'
    ]
    assert faults_of(refused) == {("FromName", "AtSign")}


def test_attachments_arrive_byte_for_byte_and_in_order(call, ses):
    files = [bytes(range(256)) * 100, b"", b"\r\n.\r\n", "ü".encode()]
    given = [
        {"Name": f"ä{number}.pdf", "Bytes": base64.b64encode(data).decode()}
        for number, data in enumerate(files)
    ]

    call("POST", "/Mail/Send", MAIL | {"Attachments": given})

    assert ses.attachments() == files
    assert [held["FileName"] for held in simple(ses)["Attachments"]] == [
        f"ä{number}.pdf" for number in range(4)
    ]
    assert {held["ContentType"] for held in simple(ses)["Attachments"]} == {"application/pdf"}
    assert {held["ContentTransferEncoding"] for held in simple(ses)["Attachments"]} == {"BASE64"}


def test_a_mail_that_ses_refuses_is_an_answer(call, ses):
    ses.faults.append(refusing(400, "MessageRejected"))

    reply = call("POST", "/Mail/Send", MAIL)

    assert reply["statusCode"] == 200
    assert (reply["json"]["Status"], reply["json"]["Retry"]) == ("failed", False)
    assert reply["json"]["ErrorMessage"]
    assert "secret@recipient.example" not in reply["body"]


def test_a_domain_of_its_own_sends_with_its_own_configuration(call, ses, add_domain):
    add_domain("kept.example", "its-key")

    reply = call(
        "POST", "/Mail/Send", {"To": TO, "Text": "t", "Domain": "kept.example"}, key="its-key"
    )

    assert reply["json"]["Configuration"] == "kept"
    assert reply["json"]["Sender"] == "hello@kept.example"
    assert ses.taken[0]["ConfigurationSetName"] == "mail-kept-events"


def test_another_callers_domain_looks_unknown(call, ses, add_domain):
    add_domain("kept.example", "its-key")

    reply = call("POST", "/Mail/Send", MAIL | {"Domain": "kept.example"}, key="another-key")
    other = call("POST", "/Mail/Send", MAIL | {"Domain": "nowhere.example"}, key="another-key")

    assert reply["statusCode"] == 403
    assert reply["body"] == other["body"]
    assert ses.asked == 0


# Refusals

NOT_EMPTY = "'To' must not be empty."


def test_a_refusal_in_json_has_both_forms(call):
    reply = call("POST", "/Mail/Send", {"Subject": "s"})

    assert reply["statusCode"] == 400
    assert reply["body"] == (
        '{"ResponseStatus":{"ErrorCode":"ValidationException",'
        f'"Message":"{NOT_EMPTY}","Errors":[{{"ErrorCode":"NotEmpty","FieldName":"To",'
        f'"Message":"{NOT_EMPTY}"}}]}},'
        f'"Status":"failed","ErrorMessage":"{NOT_EMPTY}","Retry":false}}'
    )


def test_a_refusal_in_xml_is_exactly_servicestacks(call):
    reply = call("POST", "/Mail/Send", {"Subject": "s"}, headers={"Accept": XML})

    assert reply["statusCode"] == 400
    assert reply["headers"]["Content-Type"] == "application/xml"
    assert reply["body"] == (
        '<?xml version="1.0" encoding="utf-8"?>'
        f'<ErrorResponse xmlns:i="{XSI}" xmlns="{TYPES}">'
        f"<ResponseStatus><ErrorCode>ValidationException</ErrorCode><Message>{NOT_EMPTY}</Message>"
        '<StackTrace i:nil="true" /><Errors><ResponseError><ErrorCode>NotEmpty</ErrorCode>'
        f"<FieldName>To</FieldName><Message>{NOT_EMPTY}</Message>"
        f'<Meta xmlns:d5p1="{ARRAYS}" i:nil="true" /></ResponseError></Errors>'
        f'<Meta xmlns:d3p1="{ARRAYS}" i:nil="true" /></ResponseStatus></ErrorResponse>'
    )


def test_every_fault_is_told_at_once(call, ses):
    reply = call(
        "POST",
        "/Mail/Send",
        MAIL
        | {
            "To": "nobody",
            "Subject": "a\r\nBcc: eve@evil.example",
            "Attachments": [{"Name": "a.exe", "Bytes": "@@"}, {"Name": "b.txt"}],
        },
    )

    errors = reply["json"]["ResponseStatus"]["Errors"]
    assert sorted(error["FieldName"] for error in errors) == [
        "Attachments[0].Bytes",
        "Attachments[0].Name",
        "Attachments[1].Bytes",
        "Subject",
        "To",
    ]
    assert ses.asked == 0


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/"),
        ("POST", "/Nope"),
        ("POST", "/Mail/Send/x"),
        ("POST", "/Mail/Send.XML"),
        ("GET", "/Mail/Send"),
        ("PUT", "/Mail/Send"),
        ("OPTIONS", "/Mail/Send"),
        ("POST", "/Status"),
        ("GET", "/Status/a/b"),
    ],
)
@pytest.mark.parametrize("accepted", [JSON, XML])
def test_an_unknown_route_is_plain_404(call, ses, method, path, accepted):
    reply = call(method, path, MAIL, headers=headers(accepted=accepted))

    assert (reply["statusCode"], reply["body"]) == (404, "404")
    assert reply["headers"]["Content-Type"] == "text/plain; charset=utf-8"
    assert ses.asked == 0


@pytest.mark.parametrize("sent", [JSON, XML])
def test_too_large_a_request_is_413(call, ses, sent):
    reply = call("POST", "/Mail/Send", b" " * (CONFIG.limits.body_bytes + 1), headers=headers(sent))

    assert reply["statusCode"] == 413
    assert "<ErrorCode>" in reply["body"] or reply["json"]["Status"] == "failed"
    assert ses.asked == 0


DEEP = 100_000
HOSTILE = {
    "no json": (JSON, b"{"),
    "json that is no object": (JSON, b"[]"),
    "json that never ends": (JSON, b'{"a":' * DEEP),
    "a deep list for a text": (JSON, b'{"Subject":' + b"[" * 2000 + b"]" * 2000 + b"}"),
    "a deep object for a text": (JSON, b'{"Subject":' + b'{"a":' * 2000 + b"1" + b"}" * 2001),
    "not a number": (JSON, b'{"Subject":NaN}'),
    "a list of what is no file": (JSON, b'{"Attachments":["x"]}'),
    "no xml": (XML, b"<SendMail"),
    "text for xml": (XML, b"hello"),
    "an entity": (XML, b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>'),
    "a foreign root": (XML, b"<a/>"),
    "an unknown encoding": (XML, b'<?xml version="1.0" encoding="nonsense"?><a/>'),
    "a form without its boundary": ("multipart/form-data", b"Subject=s"),
    "bytes": ("application/octet-stream", bytes(range(256))),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_body_is_400_and_never_ours_to_blame(call, ses, name):
    sent, body = HOSTILE[name]

    reply = call("POST", "/Mail/Send", body, headers=headers(sent))

    assert reply["statusCode"] == 400
    assert "SerializationException" in reply["body"]
    assert ses.asked == 0


@pytest.mark.parametrize("name", ["a", "Attachments", "Subject"])
def test_deep_elements_are_read_or_400(call, name):
    deep = f"<{name}>" * DEEP + f"</{name}>" * DEEP
    body = f'<SendMail xmlns="{NAMESPACE}">{deep}</SendMail>'

    reply = call("POST", "/Mail/Send", body, headers=headers(XML))

    assert reply["statusCode"] == 400  # If it is read, it has no recipient.


def test_half_a_surrogate_pair_is_a_fault(call):
    reply = call("POST", "/Mail/Send", MAIL | {"Text": "a\ud800"})

    assert [error["FieldName"] for error in reply["json"]["ResponseStatus"]["Errors"]] == ["Text"]


def test_a_failure_of_ours_tells_nothing_but_its_request(call, ses):
    def break_down(**_):
        raise RuntimeError("secret@recipient.example")

    with before_send("dynamodb.TransactWriteItems", break_down):
        replies = [
            call("POST", "/Mail/Send", MAIL, headers={"Accept": kind}) for kind in (JSON, XML)
        ]

    for number, reply in enumerate(replies, start=1):
        assert reply["statusCode"] == 500
        assert f"request-{number}" in reply["body"]
        assert "secret" not in reply["body"]
        assert "Traceback" not in reply["body"]


# Idempotency


def test_the_same_key_sends_once_and_says_so(call, ses):
    first, second = (
        call("POST", "/Mail/Send", MAIL, headers={"Idempotency-Key": "k"}) for _ in range(2)
    )

    assert ses.asked == 1
    assert second["json"] == first["json"]
    assert "Idempotent-Replayed" not in first["headers"]
    assert second["headers"]["Idempotent-Replayed"] == "true"


def test_the_same_key_for_another_mail_is_422(call, ses):
    call("POST", "/Mail/Send", MAIL, headers={"Idempotency-Key": "k"})

    reply = call("POST", "/Mail/Send", MAIL | {"Text": "u"}, headers={"Idempotency-Key": "k"})

    assert reply["statusCode"] == 422
    assert ses.asked == 1


def test_the_same_key_of_another_caller_is_another_key(call, ses):
    for key in ("one", "two"):
        call("POST", "/Mail/Send", MAIL, headers={"Idempotency-Key": "k"}, key=key)

    assert ses.asked == 2


# Status


@pytest.fixture
def sent(call):
    return call("POST", "/Mail/Send", MAIL)["json"]


def asked(call, message_id, how="query", **more):
    if how == "path":
        return call("GET", f"/Status/{message_id}", **more)
    return call("GET", "/Status", query={how: message_id}, **more)


@pytest.mark.parametrize("how", ["MessageId", "messageid", "path"])
@pytest.mark.parametrize("accepted", [JSON, XML])
def test_a_status_is_answered_like_the_mail(call, sent, how, accepted):
    reply = asked(call, sent["MessageId"], how, headers={"Accept": accepted})

    assert reply["statusCode"] == 200
    if accepted == JSON:
        assert reply["json"] == sent
    else:
        assert members(reply)["MessageId"] == sent["MessageId"]
        assert members(reply)["Status"] == "sent"


@pytest.mark.parametrize("path", ["/status/{}/", "//Status//{}", "/STATUS/{}.json"])
def test_a_status_path_is_as_lenient_as_any(call, sent, path):
    assert call("GET", path.format(sent["MessageId"]))["json"] == sent


def test_a_status_ends_with_its_format(call, sent):
    by_suffix = call("GET", f"/Status/{sent['MessageId']}.xml")
    by_format = call("GET", f"/Status/{sent['MessageId']}", query={"format": "xml"})

    assert members(by_suffix) == members(by_format)


def test_an_id_is_read_in_any_case(call, sent):
    assert asked(call, sent["MessageId"].lower(), "path")["json"] == sent


@pytest.mark.parametrize("how", ["MessageId", "path"])
@pytest.mark.parametrize(
    "message_id", ["01JD9ZK4M6T0V3Q8W2X5Y7B1CD", "x", "x'", "MSG#1", "ü", "1" * 5000]
)
def test_an_unknown_id_is_404_in_the_error_form(call, how, message_id):
    reply = asked(call, message_id, how)

    assert reply["statusCode"] == 404
    assert reply["json"]["ResponseStatus"]["ErrorCode"] == "NotFound"
    assert (reply["json"]["Status"], reply["json"]["Retry"]) == ("failed", False)


def test_an_unknown_id_is_404_in_xml(call):
    reply = asked(call, "01JD9ZK4M6T0V3Q8W2X5Y7B1CD", "path", headers={"Accept": XML})

    assert reply["statusCode"] == 404
    assert "<ResponseStatus><ErrorCode>NotFound</ErrorCode>" in reply["body"]


@pytest.mark.parametrize("query", [None, {"MessageId": ""}, {"MessageId": " "}, {"Other": "x"}])
def test_without_an_id_there_is_nothing_to_ask(call, query):
    reply = call("GET", "/Status", query=query)

    assert reply["statusCode"] == 400
    assert reply["json"]["ResponseStatus"]["Errors"][0]["FieldName"] == "MessageId"


def test_another_tenants_message_is_404_like_an_unknown_one(call, add_domain):
    add_domain("kept.example", "its-key")
    kept = {"To": TO, "Text": "t", "Domain": "kept.example"}
    message_id = call("POST", "/Mail/Send", kept, key="its-key")["json"]["MessageId"]

    own = asked(call, message_id, "path", key="its-key")
    others = asked(call, message_id, "path", key="another-key")
    unknown = asked(call, "01JD9ZK4M6T0V3Q8W2X5Y7B1CD", "path", key="another-key")

    assert own["json"]["Status"] == "sent"
    assert others["statusCode"] == 404
    assert others["body"] == unknown["body"]
    assert asked(call, message_id, "path", key=None)["statusCode"] == 403


# Logs

SECRETS = {
    "From": "geheim-from@example.com",
    "FromName": "Geheim FromName",
    "To": "geheim-to@recipient.example",
    "ReceiverName": "Geheim ReceiverName",
    "CC": "geheim-cc@recipient.example",
    "BCC": "geheim-bcc@recipient.example",
    "Subject": "Geheim Subject",
    "Text": "Geheim Text",
    "HTML": "Geheim HTML",
    "Reference": "Geheim Reference",
    "Attachments": [{"Name": "geheim.pdf", "Bytes": base64.b64encode(b"Geheim").decode()}],
}
KEY = "geheim-api-key"


@pytest.mark.parametrize(
    ("status", "faults", "changes"),
    [
        (200, [], {}),
        (200, [refusing(400, "MessageRejected")], {}),
        (200, [refusing(429, "TooManyRequestsException")], {}),
        (200, [refusing(500, "InternalFailure")], {}),
        (200, [raising(RuntimeError("geheim@recipient.example"))], {}),
        (400, [], {"To": "geheim", "CC": "geheim\n", "From": "geheim"}),
        (400, [], {"Attachments": [{"Name": "geheim.exe", "Bytes": "geheim!"}]}),
        (400, [], {"Attachments": "geheim"}),
        (403, [], {"Domain": "geheim.example"}),
    ],
)
def test_no_personal_data_is_ever_logged(call, ses, logged, status, faults, changes):
    ses.faults += faults
    given = {"Idempotency-Key": "geheim-idempotency-key"}

    reply = call("POST", "/Mail/Send", SECRETS | changes, headers=given, key=KEY)

    lines = logged()
    assert reply["statusCode"] == status
    assert "request-1" in lines
    assert "geheim" not in lines.lower()
    assert base64.b64encode(b"Geheim").decode() not in lines
    assert hashlib.sha256(KEY.encode()).hexdigest() not in lines


@pytest.mark.parametrize("body", [b'{"To":"geheim', b"<geheim>", b"geheim", b'{"geheim":NaN}'])
def test_nothing_of_an_unreadable_body_is_logged_or_told(call, logged, body):
    reply = call("POST", "/Mail/Send", body, headers={"Content-Type": "text/plain"})

    assert reply["statusCode"] == 400
    assert "request-1" in logged()
    assert "geheim" not in logged() + reply["body"].replace("name 'geheim'", "")


@pytest.mark.parametrize("path", ["/Geheim", "/Status/geheim", "/Mail/Send/geheim"])
def test_nothing_of_a_path_or_query_is_logged(call, logged, path):
    call("GET", path, query={"MessageId": "geheim", "To": "geheim@recipient.example"})

    assert "request-1" in logged()
    assert "geheim" not in logged().lower()


def test_a_message_can_be_found_in_the_log_by_its_id(call, logged):
    reply = call("POST", "/Mail/Send", MAIL)

    assert reply["json"]["MessageId"] in logged()
