"""In which format and style a request is answered (docs/contract.md A3.1, A3.4, B5 C, H)."""

import pytest
from support.mails import XSI
from support.operations import FIND, Found
from support.requests import JSON_BODY, XML_BODY, request

from core.contract.contract import SendMail, SendResponse
from core.contract.operations import SEND_MAIL
from core.formats.xml import DECLARATION
from core.http.negotiation import negotiate
from core.http.routing import Route
from core.message.status import Status

SEND = Route(SEND_MAIL)


def answered(*arguments, suffix="", **headers):
    route = Route(SEND_MAIL, suffix=suffix)
    return negotiate(request(*arguments, **headers), route).format.name


def rendered(answer, query, route=SEND, body=b"", **headers):
    rendering = negotiate(request(body, query, **headers), route)
    return rendering.content_type, rendering.render(answer)


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


# JSONP, camel case and `?jsconfig=` (A3.1, A3.4, B5 H)


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


def test_camel_case_lowers_a_leading_run_of_capitals():
    mail = SendMail(cc="c", bcc="b", html="h", from_name="f")

    assert rendered(mail, {"jsconfig": "eccn"})[1] == (
        '{"fromName":"f","cc":"c","bcc":"b","html":"h"}'
    )


# Batches


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
