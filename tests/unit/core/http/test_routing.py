"""Which operation a verb and a path mean (docs/contract.md, A5 and B1)."""

import pytest

from core.contract.operations import GET_STATUS, SEND_MAIL
from core.http import routing
from core.http.routing import Route


@pytest.mark.parametrize(
    ("method", "path", "route"),
    [
        ("POST", "/Mail/Send", Route(SEND_MAIL)),
        ("POST", "/mail/SEND", Route(SEND_MAIL)),
        ("POST", "//Mail//Send", Route(SEND_MAIL)),
        ("POST", "/Mail/Send/", Route(SEND_MAIL)),
        ("POST", "/Mail/Send.xml", Route(SEND_MAIL, suffix="xml")),
        ("POST", "/M%61il/Send", Route(SEND_MAIL)),
        ("GET", "/Status", Route(GET_STATUS)),
        ("GET", "/Status/", Route(GET_STATUS)),
        ("GET", "/Status.csv", Route(GET_STATUS, suffix="csv")),
        ("GET", "/Status/AbC", Route(GET_STATUS, {"MessageId": "AbC"})),
        ("GET", "/status/AbC/", Route(GET_STATUS, {"MessageId": "AbC"})),
        ("GET", "/Status/AbC.json", Route(GET_STATUS, {"MessageId": "AbC"}, suffix="json")),
        ("GET", "/Status/A.b.jsv", Route(GET_STATUS, {"MessageId": "A.b"}, suffix="jsv")),
    ],
)
def test_an_operations_own_route_is_found(method, path, route):
    assert routing.find(method, path) == route


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/Mail/Send"),
        ("PUT", "/Mail/Send"),
        ("POST", "/Status"),
        ("POST", "/Status/x"),
        ("POST", "/Mail"),
        ("POST", "/Mail/Send/x"),
        ("GET", "/Status/x/y"),
        ("GET", "/Status.XML"),
        ("GET", "/Status.pdf"),
        ("GET", "/Status.xml/"),
        ("GET", "/Status/x.xml/"),
        ("GET", "/"),
        ("GET", ""),
        ("GET", "/.xml"),
        ("GET", "/pdf/reply/GetStatus"),
        ("GET", "/api/Nothing"),
        ("GET", "/api"),
        ("GET", "/api/GetStatus/x"),
        ("GET", "/api/GetStatus.xml"),
    ],
)
def test_everything_else_is_not_there(method, path):
    assert routing.find(method, path) is None


@pytest.mark.parametrize(
    ("method", "path", "route"),
    [
        ("POST", "/xml/reply/SendMail", Route(SEND_MAIL, format="xml")),
        ("POST", "/JSON/Reply/sendmail", Route(SEND_MAIL, format="json")),
        ("POST", "//csv//reply//SendMail", Route(SEND_MAIL, format="csv")),
        ("POST", "/json/oneway/SendMail", Route(SEND_MAIL, format="json", is_oneway=True)),
        ("POST", "/json/OneWay/SendMail", Route(SEND_MAIL, format="json", is_oneway=True)),
        ("POST", "/json/reply/SendMail[]", Route(SEND_MAIL, format="json", is_batch=True)),
        (
            "POST",
            "/jsv/oneway/SendMail%5B%5D",
            Route(SEND_MAIL, format="jsv", is_batch=True, is_oneway=True),
        ),
        ("GET", "/xml/reply/GetStatus", Route(GET_STATUS, format="xml")),
        ("POST", "/xml/reply/GetStatus", Route(GET_STATUS, format="xml")),
        ("POST", "/api/SendMail", Route(SEND_MAIL, is_api=True)),
        ("GET", "/API/getstatus", Route(GET_STATUS, is_api=True)),
        ("POST", "//api//SendMail[]", Route(SEND_MAIL, is_api=True, is_batch=True)),
    ],
)
def test_a_route_named_after_its_operation_is_found(method, path, route):
    assert routing.find(method, path) == route


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("/json/reply/Nothing", "Nothing"),
        ("/json/reply/Nothing[]", "Nothing[]"),
        ("/json/reply", "reply"),
        ("/json/oneway/", "oneway"),
        ("/json/reply/a/b", "a/b"),
        (f"/json/reply/{'x' * 64}", "x" * 64),
        (f"/json/reply/{'x' * 65}", "x" * 64),
    ],
)
def test_an_unknown_operation_of_a_known_format_is_refused_by_its_name(path, shown):
    refusal = f"The operation '{shown}' does not exist for this service"

    assert routing.find("POST", path) == Route(None, format="json", refusal=refusal)


@pytest.mark.parametrize(
    ("method", "path", "refused"),
    [
        ("GET", "/json/reply/SendMail", Route(SEND_MAIL, format="json")),
        ("DELETE", "/json/oneway/GetStatus", Route(GET_STATUS, format="json", is_oneway=True)),
        ("PUT", "/api/SendMail[]", Route(SEND_MAIL, is_api=True, is_batch=True)),
    ],
)
def test_a_verb_that_an_operation_does_not_take_is_refused_in_the_originals_words(
    method, path, refused
):
    verb, name = method.title(), refused.operation.name
    text = f"Could not find method named {verb}({name}) or Any({name}) on Service MailService"

    assert routing.find(method, path) == refused._replace(refusal=text)
