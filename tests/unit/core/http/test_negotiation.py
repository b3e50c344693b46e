"""Routes, and which format is read and answered (docs/contract.md A3.1, A5, B5 B, C, K)."""

import pytest
from pydantic import Field
from support.mails import NAMESPACE, XSI

from core.config import CONFIG
from core.contract.contract import Attachment, GetStatus, SendMail, SendResponse
from core.contract.errors import Invalid, TooLarge, Unreadable
from core.contract.members import Contract
from core.contract.operations import GET_STATUS, SEND_MAIL, Operation
from core.formats.body import Body
from core.formats.table import of_body
from core.formats.xml import DECLARATION
from core.http.binding import read, read_batch
from core.http.gateway import Request
from core.http.negotiation import negotiate
from core.http.routing import Route, find
from core.message.status import Status

JSON_BODY = b'{"Subject":"s"}'
XML_BODY = f'<SendMail xmlns="{NAMESPACE}"><Subject>s</Subject></SendMail>'.encode()
SEND, STATUS = Route(SEND_MAIL), Route(GET_STATUS)


def request(body=b"", query=None, **headers):
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    return Request(
        id="r",
        method="POST",
        path="/Mail/Send",
        query=query or {},
        headers=headers,
        body=Body(body, headers.get("content-type", "")),
        caller="",
    )


def answered(*arguments, suffix="", **headers):
    route = Route(SEND_MAIL, suffix=suffix)
    return negotiate(request(*arguments, **headers), route).format.name


def read_request(request, route):
    return read(request, route.operation, route, CONFIG.limits)


# Routes


@pytest.mark.parametrize(
    "path",
    ["/Mail/Send", "/mail/send", "/MAIL/SEND", "/Mail/Send/", "//Mail//Send", "/Mail/Send//"],
)
def test_a_path_matches_in_any_case_and_with_any_slashes(path):
    assert find("POST", path) == SEND


@pytest.mark.parametrize("suffix", ["json", "xml", "jsv", "csv", "html"])
def test_a_path_may_end_with_its_format(suffix):
    assert find("POST", f"/Mail/Send.{suffix}") == Route(SEND_MAIL, suffix=suffix)
    assert find("GET", f"/Status.{suffix}") == Route(GET_STATUS, suffix=suffix)
    assert find("GET", f"/status/ID.{suffix}") == Route(GET_STATUS, {"MessageId": "ID"}, suffix)


def test_a_status_may_be_asked_for_by_path():
    assert find("GET", "/Status/01jdAB") == Route(GET_STATUS, {"MessageId": "01jdAB"})
    assert find("GET", "/Status/") == STATUS


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "FOO"])
def test_a_known_path_with_another_verb_is_unknown(method):
    assert find(method, "/Mail/Send") is None


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/",
        "/Nope",
        "/Mail",
        "/Mail/Send/Extra",
        "/Mail/Send.XML",
        "/Mail/Send.foo",
        "/Mail/Send.soap11",
        "/Mail/Send.",
        "/Mail/Send.xml/",
        "/Mail/Send.json.xml",
        "/Mail.xml/Send",
        "/Status",
        "/Status/x",
        "/*",
        "/Mail/*",
    ],
)
def test_any_other_path_is_unknown(path):
    assert find("POST", path) is None


@pytest.mark.parametrize("path", ["/Status/a/b", "/*", "/Status.xml/a", "/Mail/Send"])
def test_any_other_path_to_read_is_unknown(path):
    assert find("GET", path) is None


# Routes named after the operations (A5)


@pytest.mark.parametrize(
    ("method", "path", "expected"),
    [
        ("POST", "/json/reply/SendMail", Route(SEND_MAIL, format="json")),
        ("POST", "/JSON/Reply/sendmail", Route(SEND_MAIL, format="json")),
        ("POST", "//xml//reply//SendMail", Route(SEND_MAIL, format="xml")),
        ("POST", "/html/reply/SendMail", Route(SEND_MAIL, format="html")),
        ("POST", "/jsv/oneway/SendMail", Route(SEND_MAIL, format="jsv", is_oneway=True)),
        ("POST", "/json/reply/SendMail[]", Route(SEND_MAIL, format="json", is_batch=True)),
        ("POST", "/xml/reply/SendMail%5B%5D", Route(SEND_MAIL, format="xml", is_batch=True)),
        ("GET", "/csv/reply/GetStatus", Route(GET_STATUS, format="csv")),
        ("POST", "/json/reply/GetStatus", Route(GET_STATUS, format="json")),
        ("POST", "/api/SendMail", Route(SEND_MAIL, is_api=True)),
        ("POST", "/API/sendmail[]", Route(SEND_MAIL, is_api=True, is_batch=True)),
        ("GET", "/api/GetStatus", Route(GET_STATUS, is_api=True)),
    ],
)
def test_operations_have_routes_by_their_names(method, path, expected):
    assert find(method, path) == expected


@pytest.mark.parametrize(
    ("method", "path", "name"),
    [
        ("POST", "/json/reply/Nope", "Nope"),
        ("POST", "/json/reply/SendMail/", "SendMail/"),
        ("POST", "/json/reply/SendMail.xml", "SendMail.xml"),
        ("POST", "/json/reply", "reply"),
    ],
)
def test_an_operation_that_is_not_there_is_named_in_the_refusal(method, path, name):
    refusal = f"The operation '{name}' does not exist for this service"
    assert find(method, path) == Route(None, format="json", refusal=refusal)


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "HEAD"])
def test_a_verb_that_an_operation_does_not_take_is_named_in_the_refusal(method):
    assert find(method, "/json/reply/SendMail").refusal == (
        f"Could not find method named {method.title()}(SendMail) or Any(SendMail) on Service "
        "MailService"
    )


@pytest.mark.parametrize(
    "path",
    [
        "/x-msgpack/reply/SendMail",
        "/json/syncreply/SendMail",
        "/api/SendMail.json",
        "/api/Nope",
        "/api",
        "/api/",
        "/api/SendMail/",
        "/soap11",
        "/json",
    ],
)
def test_other_paths_of_such_kinds_are_unknown(path):
    assert find("POST", path) is None


# JSONP, camel case and `?jsconfig=` (A3.1, A3.4, B5 H)


def rendered(answer, query, route=SEND, body=b"", **headers):
    rendering = negotiate(request(body, query, **headers), route)
    return rendering.content_type, rendering.render(answer)


def test_a_callback_makes_jsonp_and_beats_everything():
    answer = SendResponse(message_id="m")

    found = rendered(
        answer, {"callback": "alert(1)//", "format": "xml"}, Route(SEND_MAIL, suffix="xml")
    )

    assert found == (
        "text/javascript",
        'alert_1___({"MessageId":"m","Status":"accepted","Retry":false,"RetryCount":0})',
    )


@pytest.mark.parametrize(
    ("jsconfig", "expected"),
    [
        (
            "EmitCamelCaseNames:true",
            '{"messageId":"m","status":"sent","retry":false,"retryCount":0}',
        ),
        ("eccn", '{"messageId":"m","status":"sent","retry":false,"retryCount":0}'),
        ("edv", '{"MessageId":"m","Status":"sent"}'),
        ("teai:true", '{"MessageId":"m","Status":3,"Retry":false,"RetryCount":0}'),
        ("eccn,edv", '{"messageId":"m","status":"sent"}'),
        (
            "EmitCamelCaseNames:false",
            '{"MessageId":"m","Status":"sent","Retry":false,"RetryCount":0}',
        ),
        ("nonsense", '{"MessageId":"m","Status":"sent","Retry":false,"RetryCount":0}'),
    ],
)
def test_jsconfig_changes_one_answer(jsconfig, expected):
    answer = SendResponse(message_id="m", status=Status.SENT)

    assert rendered(answer, {"jsconfig": jsconfig})[1] == expected


def test_jsconfig_writes_nulls():
    assert '"ErrorMessage":null' in rendered(SendResponse(), {"jsconfig": "inv"})[1]


@pytest.mark.parametrize(
    ("body", "query", "is_camel"),
    [
        (b'{"to":"t"}', {}, True),
        (b' [ {"subject":"s"}]', {}, True),
        (b'{"To":"t"}', {}, False),
        (b"", {"messageId": "m"}, True),
        (b"", {"MessageId": "m"}, False),
        (b"", {}, False),
    ],
)
def test_the_api_route_answers_in_the_callers_case(body, query, is_camel):
    found = rendered(SendResponse(), query, Route(SEND_MAIL, is_api=True), body)[1]

    assert ('"status"' in found) is is_camel
    assert '"status"' not in rendered(SendResponse(), query, SEND, body)[1]


def test_camel_case_lowers_a_leading_run_of_capitals():
    mail = SendMail(cc="c", bcc="b", html="h", from_name="f")

    assert rendered(mail, {"jsconfig": "eccn"})[1] == (
        '{"fromName":"f","cc":"c","bcc":"b","html":"h"}'
    )


# Batches


def test_an_array_of_requests_is_bound_one_by_one():
    body = b'[{"Subject":"a"},{"Subject":"b"}]'

    bound = read_batch(
        request(body, content_type="application/json"), SEND_MAIL, SEND, CONFIG.limits
    )

    assert bound == [SendMail(subject="a"), SendMail(subject="b")]


def test_an_array_holds_at_most_100_requests():
    body = b"[" + b",".join([b"{}"] * 101) + b"]"

    with pytest.raises(Invalid):
        read_batch(request(body, content_type="application/json"), SEND_MAIL, SEND, CONFIG.limits)


@pytest.mark.parametrize("body", [b"{}", b"[1]", b"[null]", b"[[]]"])
def test_what_is_no_array_of_objects_is_unreadable(body):
    with pytest.raises(Unreadable):
        read_batch(request(body, content_type="application/json"), SEND_MAIL, SEND, CONFIG.limits)


# The format of the answer: suffix, then ?format=, then Accept, then the request's own


@pytest.mark.parametrize(
    ("suffix", "format_", "accept", "own", "expected"),
    [
        ("xml", "json", "application/json", "application/json", "xml"),
        ("json", "xml", "application/xml", "application/xml", "json"),
        ("", "xml", "application/json", "application/json", "xml"),
        ("", "XML", "application/json", "application/json", "xml"),
        ("", "foo", "application/xml", "application/json", "xml"),
        ("", "", "application/xml", "application/json", "xml"),
        ("", "", "application/json", "application/xml", "json"),
    ],
)
def test_suffix_beats_format_beats_accept_beats_the_requests_own(
    suffix, format_, accept, own, expected
):
    found = answered(b"", {"format": format_}, suffix=suffix, accept=accept, content_type=own)

    assert found == expected


@pytest.mark.parametrize("name", ["format", "Format", "FORMAT"])
def test_the_formats_name_is_read_in_any_case(name):
    assert answered(b"", {name: "Xml"}) == "xml"


@pytest.mark.parametrize(
    ("accept", "own", "expected"),
    [
        ("APPLICATION/XML", "application/json", "xml"),
        ("application/xml; charset=utf-8", "application/json", "xml"),
        ("text/xml", "application/json", "xml"),
        ("text/html, application/xml", "application/xml", "xml"),
        ("application/json;q=0.9, application/xml;q=0.1", "application/xml", "xml"),
        ("application/xml;q=.9, application/json;q=.1", "application/json", "json"),
        ("application/json;q=.1, application/xml;q=.9", "", "json"),
        ("application/xml, text/xml, */*; q=0.01", "application/xml", "xml"),
        ("*/*", "application/json", "json"),
        ("*/*", "application/xml", "xml"),
        ("*/*", "text/xml; charset=utf-8", "xml"),
        ("image/png, application/json", "application/xml", "json"),
    ],
)
def test_accept_names_the_format_whatever_its_quality(accept, own, expected):
    assert answered(accept=accept, content_type=own) == expected


@pytest.mark.parametrize(
    "accept",
    [None, "", "*/*", "application/*", "text/plain", "image/png", "application/vnd.x+json", ",;,"],
)
@pytest.mark.parametrize(("own", "body"), [("json", JSON_BODY), ("xml", XML_BODY)])
def test_where_nothing_known_is_asked_for_the_request_is_mirrored(accept, own, body):
    headers = {"accept": accept} if accept is not None else {}

    assert answered(body, content_type=f"application/{own}", **headers) == own
    assert answered(body, **headers) == own


def test_where_there_is_nothing_to_mirror_the_answer_is_json():
    assert answered() == "json"


# The format of the body (A3.2, B5 B)


@pytest.mark.parametrize(
    "content_type",
    [
        "application/json",
        "text/json",
        "APPLICATION/JSON",
        " application/json ; charset=utf-8",
        "application/json;charset=iso-8859-1",
    ],
)
def test_json_is_known_by_its_content_type(content_type):
    assert of_body(request(b"<", content_type=content_type).body).name == "json"


@pytest.mark.parametrize("content_type", ["application/xml", "text/xml", "Text/XML;charset=UTF-8"])
def test_xml_is_known_by_its_content_type(content_type):
    assert of_body(request(b"{", content_type=content_type).body).name == "xml"


@pytest.mark.parametrize("content_type", ["", "text/plain", "application/octet-stream", "x", ";"])
@pytest.mark.parametrize(
    ("body", "name"),
    [
        (JSON_BODY, "json"),
        (b" \r\n\t" + JSON_BODY, "json"),
        (b"\xef\xbb\xbf" + JSON_BODY, "json"),
        (XML_BODY, "xml"),
        (b"\xef\xbb\xbf <?xml", "xml"),
        ("\ufeff<?xml".encode("utf-16-le"), "xml"),
        ("<?xml".encode("utf-16-be"), "xml"),
    ],
)
def test_a_body_of_no_known_type_is_known_by_its_look(content_type, body, name):
    assert of_body(request(body, content_type=content_type).body).name == name


@pytest.mark.parametrize(
    "content_type",
    [
        "text/plain",
        "application/octet-stream",
        "application/vnd.api+json",
        "application/soap+xml",
        "application/xhtml+xml",
        "text/javascript",
    ],
)
@pytest.mark.parametrize("body", [JSON_BODY, XML_BODY])
def test_a_body_of_an_unknown_type_is_never_ignored(content_type, body):
    bound = read_request(request(body, content_type=content_type), SEND)

    assert bound == SendMail(subject="s")


@pytest.mark.parametrize("body", [b"Subject=s", b"hello", b" ", b"\0", b"--x\r\n"])
def test_a_body_that_looks_like_nothing_is_unreadable(body):
    with pytest.raises(Unreadable, match="no known format"):
        read_request(request(body), SEND)


@pytest.mark.parametrize("content_type", ["", "application/json", "application/xml", "text/plain"])
def test_an_empty_body_is_an_empty_request(content_type):
    assert read_request(request(content_type=content_type), SEND) == SendMail()


def test_a_body_of_the_other_format_is_unreadable():
    with pytest.raises(Unreadable):
        read_request(request(XML_BODY, content_type="application/json"), SEND)
    with pytest.raises(Unreadable):
        read_request(request(JSON_BODY, content_type="application/xml"), SEND)


def test_a_body_as_large_as_the_gateway_takes_is_read():
    body = b'{"Text":"' + b"x" * (CONFIG.limits.body_bytes - 11) + b'"}'

    bound = read_request(request(body, content_type="application/json"), SEND)

    assert len(body) == CONFIG.limits.body_bytes
    assert len(bound.text) == CONFIG.limits.body_bytes - 11


def test_a_larger_one_is_not():
    with pytest.raises(TooLarge):
        read_request(request(b"x" * (CONFIG.limits.body_bytes + 1)), SEND)


# The query string (A3.2, B5 K)


@pytest.mark.parametrize(("body", "own"), [(JSON_BODY, "json"), (XML_BODY, "xml")])
def test_a_query_string_fills_only_what_the_body_left_out(body, own):
    query = {"Subject": "q", "cc": "c", "Unknown": "x"}

    bound = read_request(request(body, query, content_type=f"application/{own}"), SEND)

    assert bound == SendMail(subject="s", cc="c")


def test_what_the_body_left_empty_stays_empty():
    bound = read_request(request(b'{"CC":"","Subject":"s"}', {"CC": "c"}), SEND)

    assert bound.cc == ""


def test_a_query_string_alone_is_a_request():
    bound = read_request(
        request(query={"SUBJECT": "q", "to": "t", "From": "", "format": "x"}), SEND
    )

    assert bound == SendMail(subject="q", to="t")


def test_a_query_strings_attachments_are_jsv():
    bound = read_request(request(JSON_BODY, {"Attachments": "[{Bytes:QUJD}]"}), SEND)

    assert bound.attachments == (Attachment(bytes_=b"ABC"),)


def test_a_bodys_attachments_stay():
    body = b'{"Attachments":[{"Bytes":"QQ=="}]}'

    bound = read_request(request(body, {"Attachments": "x"}), SEND)

    assert bound.attachments == (Attachment(bytes_=b"A"),)


def test_a_path_beats_a_query_string():
    bound = read_request(request(query={"MessageId": "q"}), Route(GET_STATUS, {"MessageId": "p"}))

    assert bound == GetStatus(message_id="p")


def test_a_message_id_comes_from_the_query_string():
    assert read_request(request(query={"messageid": "q"}), STATUS) == GetStatus(message_id="q")


@pytest.mark.parametrize(
    ("content_type", "body", "is_camel"),
    [
        ("application/x-www-form-urlencoded", b"to=a&subject=s", True),
        ("application/x-www-form-urlencoded", b"To=a&Subject=s", False),
        ("multipart/form-data; boundary=x", b'--x\r\nA: b; name="to"\r\n\r\na\r\n--x--', True),
        ("multipart/form-data; boundary=x", b"--x\r\nA: b;name=To\r\n\r\na\r\n--x--", False),
    ],
)
def test_the_api_route_answers_forms_in_the_callers_case(content_type, body, is_camel):
    route = Route(SEND_MAIL, is_api=True)

    found = rendered(SendResponse(), {}, route, body, content_type=content_type)[1]

    assert ('"status"' in found) is is_camel


# Whatever operations there will be: nothing is tied to those that there are


class Found(Contract):
    """Stands for the answer of an operation that is still to come."""

    namespace = "http://schemas.example.org/found"

    name: str | None = Field(None, alias="Name")


class Find(Contract):
    """Stands for its request: a text, a list, and what its path holds."""

    namespace = "http://schemas.example.org/found"

    name: str | None = Field(None, alias="Name")
    files: tuple[Attachment, ...] | None = Field(None, alias="Files")
    place: str | None = Field(None, alias="Place")


FIND = Operation(Find, Found, "POST", ("/Find/{Place}/Here",))


@pytest.mark.parametrize(
    ("format_", "empty", "two"),
    [
        ("json", "[]", '[{"Name":"a"},{"Name":"b"}]'),
        ("jsv", "[]", "[{Name:a},{Name:b}]"),
        ("csv", "", "Name\r\na\r\nb\r\n"),
        (
            "xml",
            f'{DECLARATION}<ArrayOfFound xmlns:i="{XSI}" xmlns="{Found.namespace}" />',
            (
                f'{DECLARATION}<ArrayOfFound xmlns:i="{XSI}" xmlns="{Found.namespace}">'
                "<Found><Name>a</Name></Found><Found><Name>b</Name></Found></ArrayOfFound>"
            ),
        ),
    ],
)
def test_a_batch_is_answered_with_the_type_of_its_operation(format_, empty, two):
    rendering = negotiate(request(), Route(FIND, format=format_, is_batch=True))

    assert rendering.render([]) == empty
    assert rendering.render([Found(name="a"), Found(name="b")]) == two


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("application/json", b'{"Files":"x"}'),
        ("application/jsv", b"{Files:x}"),
        ("application/x-www-form-urlencoded", b"Files=x"),
        ("text/csv", b"Files\r\nx\r\n"),
    ],
)
def test_what_cannot_be_bound_names_the_operation_that_was_asked_for(content_type, body):
    with pytest.raises(Unreadable) as refusal:
        read_request(request(body, content_type=content_type), Route(FIND))

    assert refusal.value.message == "Unable to bind to request 'Find'"
    assert [fault.field for fault in refusal.value.faults] == ["Files"]


def test_a_segment_of_the_path_is_the_member_that_it_names():
    route = Route(FIND, {"Place": "p"})

    bound = read_request(request(b'{"Name":"n","Place":"other"}'), route)

    assert bound == Find(name="n", place="p")
