"""Which operation a verb and a path mean (docs/contract.md, A5 and B1)."""

import pytest

from core.contract.operations import GET_STATUS, SEND_MAIL
from core.http import routing
from core.http.routing import Route

# The operations' own paths


@pytest.mark.parametrize(
    ("method", "path", "route"),
    [
        ("POST", "/Mail/Send", Route(SEND_MAIL)),
        ("POST", "/mail/send", Route(SEND_MAIL)),
        ("POST", "/MAIL/SEND", Route(SEND_MAIL)),
        ("POST", "//Mail//Send", Route(SEND_MAIL)),
        ("POST", "/Mail/Send/", Route(SEND_MAIL)),
        ("POST", "/Mail/Send//", Route(SEND_MAIL)),
        ("POST", "/M%61il/Send", Route(SEND_MAIL)),
        ("GET", "/Status", Route(GET_STATUS)),
        ("GET", "/Status/", Route(GET_STATUS)),
        ("GET", "/Status/01jdAB", Route(GET_STATUS, {"MessageId": "01jdAB"})),
        ("GET", "/status/AbC/", Route(GET_STATUS, {"MessageId": "AbC"})),
        ("GET", "/Status/A.b.jsv", Route(GET_STATUS, {"MessageId": "A.b"}, suffix="jsv")),
    ],
)
def test_an_operations_own_path_is_found_in_any_case_and_with_any_slashes(method, path, route):
    assert routing.find(method, path) == route


@pytest.mark.parametrize("suffix", ["json", "xml", "jsv", "csv", "html"])
def test_a_path_may_end_with_its_format(suffix):
    status = Route(GET_STATUS, {"MessageId": "AbC"}, suffix=suffix)

    assert routing.find("POST", f"/Mail/Send.{suffix}") == Route(SEND_MAIL, suffix=suffix)
    assert routing.find("GET", f"/Status.{suffix}") == Route(GET_STATUS, suffix=suffix)
    assert routing.find("GET", f"/status/AbC.{suffix}") == status


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "FOO"])
def test_a_known_path_with_another_verb_is_not_there(method):
    assert routing.find(method, "/Mail/Send") is None


@pytest.mark.parametrize(
    "path",
    [
        *("", "/", "/*", "/Nope"),
        *("/Mail", "/Mail/*", "/Mail/Send/Extra", "/Mail.xml/Send"),
        *("/Mail/Send.XML", "/Mail/Send.foo", "/Mail/Send.soap11", "/Mail/Send."),
        *("/Mail/Send.xml/", "/Mail/Send.json.xml"),
        *("/Status", "/Status/x"),
    ],
)
def test_any_other_path_to_post_to_is_not_there(path):
    assert routing.find("POST", path) is None


@pytest.mark.parametrize(
    "path",
    [
        *("", "/", "/*", "/.xml"),
        *("/Status/a/b", "/Status.xml/a"),
        *("/Status.XML", "/Status.pdf", "/Status.xml/", "/Status/x.xml/"),
    ],
)
def test_any_other_path_to_read_is_not_there(path):
    assert routing.find("GET", path) is None


# Paths named after operations (A5)


@pytest.mark.parametrize(
    ("method", "path", "route"),
    [
        ("POST", "/json/reply/SendMail", Route(SEND_MAIL, format="json")),
        ("POST", "/xml/reply/SendMail", Route(SEND_MAIL, format="xml")),
        ("POST", "/html/reply/SendMail", Route(SEND_MAIL, format="html")),
        ("POST", "/JSON/Reply/sendmail", Route(SEND_MAIL, format="json")),
        ("POST", "//csv//reply//SendMail", Route(SEND_MAIL, format="csv")),
        ("POST", "/jsv/oneway/SendMail", Route(SEND_MAIL, format="jsv", is_oneway=True)),
        ("POST", "/json/OneWay/SendMail", Route(SEND_MAIL, format="json", is_oneway=True)),
        ("POST", "/json/reply/SendMail[]", Route(SEND_MAIL, format="json", is_batch=True)),
        ("POST", "/xml/reply/SendMail%5B%5D", Route(SEND_MAIL, format="xml", is_batch=True)),
        (
            "POST",
            "/jsv/oneway/SendMail%5B%5D",
            Route(SEND_MAIL, format="jsv", is_batch=True, is_oneway=True),
        ),
        ("GET", "/xml/reply/GetStatus", Route(GET_STATUS, format="xml")),
        ("GET", "/csv/reply/GetStatus", Route(GET_STATUS, format="csv")),
        ("POST", "/json/reply/GetStatus", Route(GET_STATUS, format="json")),
        ("POST", "/api/SendMail", Route(SEND_MAIL, is_api=True)),
        ("POST", "/API/sendmail[]", Route(SEND_MAIL, is_api=True, is_batch=True)),
        ("POST", "//api//SendMail[]", Route(SEND_MAIL, is_api=True, is_batch=True)),
        ("GET", "/api/GetStatus", Route(GET_STATUS, is_api=True)),
        ("GET", "/API/getstatus", Route(GET_STATUS, is_api=True)),
    ],
)
def test_a_path_named_after_its_operation_is_found(method, path, route):
    assert routing.find(method, path) == route


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/json"),
        ("POST", "/soap11"),
        ("POST", "/x-msgpack/reply/SendMail"),
        ("POST", "/json/syncreply/SendMail"),
        ("GET", "/pdf/reply/GetStatus"),
        ("POST", "/api"),
        ("GET", "/api"),
        ("POST", "/api/"),
        ("POST", "/api/Nope"),
        ("GET", "/api/Nothing"),
        ("POST", "/api/SendMail/"),
        ("POST", "/api/SendMail.json"),
        ("GET", "/api/GetStatus/x"),
        ("GET", "/api/GetStatus.xml"),
    ],
)
def test_other_paths_that_look_like_these_are_not_there(method, path):
    assert routing.find(method, path) is None


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("/json/reply/Nothing", "Nothing"),
        ("/json/reply/Nothing[]", "Nothing[]"),
        ("/json/reply/SendMail/", "SendMail/"),
        ("/json/reply/SendMail.xml", "SendMail.xml"),
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
        ("PUT", "/json/reply/SendMail", Route(SEND_MAIL, format="json")),
        ("DELETE", "/json/reply/SendMail", Route(SEND_MAIL, format="json")),
        ("HEAD", "/json/reply/SendMail", Route(SEND_MAIL, format="json")),
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
