"""What a request asks for, bound to its operation's type (docs/contract.md A3.2, A5, B5 B, K)."""

import pytest
from support.mails import HELPER, NAMESPACE
from support.operations import FIND, Find
from support.requests import JSON_BODY, XML_BODY, request

from core.config import CONFIG
from core.contract.contract import Attachment, GetStatus, SendMail
from core.contract.errors import Invalid, TooLarge, Unreadable
from core.contract.operations import GET_STATUS, SEND_MAIL
from core.http import binding
from core.http.routing import Route
from core.submission import arrays

SEND, STATUS = Route(SEND_MAIL), Route(GET_STATUS)


def read(request, route=SEND):
    return binding.read(request, route.operation, route, CONFIG.limits)


def read_batch(body, content_type="application/json"):
    asked = request(body, content_type=content_type)
    return binding.read_batch(asked, SEND_MAIL, SEND, CONFIG.limits)


# Bodies (A3.2, B5 B)


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
    bound = read(request(body, content_type=content_type))

    assert bound == SendMail(subject="s")


@pytest.mark.parametrize("body", [b"Subject=s", b"hello", b" ", b"\0", b"--x\r\n"])
def test_a_body_that_looks_like_nothing_is_unreadable(body):
    with pytest.raises(Unreadable, match="no known format"):
        read(request(body))


@pytest.mark.parametrize("content_type", ["", "application/json", "application/xml", "text/plain"])
def test_an_empty_body_is_an_empty_request(content_type):
    assert read(request(content_type=content_type)) == SendMail()


def test_a_body_of_the_other_format_is_unreadable():
    with pytest.raises(Unreadable):
        read(request(XML_BODY, content_type="application/json"))
    with pytest.raises(Unreadable):
        read(request(JSON_BODY, content_type="application/xml"))


def test_a_body_as_large_as_the_gateway_takes_is_read():
    body = b'{"Text":"' + b"x" * (CONFIG.limits.body_bytes - 11) + b'"}'

    bound = read(request(body, content_type="application/json"))

    assert len(body) == CONFIG.limits.body_bytes
    assert len(bound.text) == CONFIG.limits.body_bytes - 11


def test_a_larger_one_is_not():
    with pytest.raises(TooLarge):
        read(request(b"x" * (CONFIG.limits.body_bytes + 1)))


# The query string (A3.2, B5 K)


@pytest.mark.parametrize(("body", "own"), [(JSON_BODY, "json"), (XML_BODY, "xml")])
def test_a_query_string_fills_only_what_the_body_left_out(body, own):
    query = {"Subject": "q", "cc": "c", "Unknown": "x"}

    bound = read(request(body, query, content_type=f"application/{own}"))

    assert bound == SendMail(subject="s", cc="c")


def test_what_the_body_left_empty_stays_empty():
    bound = read(request(b'{"CC":"","Subject":"s"}', {"CC": "c"}))

    assert bound.cc == ""


def test_a_query_string_alone_is_a_request():
    bound = read(request(query={"SUBJECT": "q", "to": "t", "From": "", "format": "x"}))

    assert bound == SendMail(subject="q", to="t")


def test_a_query_strings_attachments_are_jsv():
    bound = read(request(JSON_BODY, {"Attachments": "[{Bytes:QUJD}]"}))

    assert bound.attachments == (Attachment(bytes_=b"ABC"),)


def test_a_bodys_attachments_stay():
    body = b'{"Attachments":[{"Bytes":"QQ=="}]}'

    bound = read(request(body, {"Attachments": "x"}))

    assert bound.attachments == (Attachment(bytes_=b"A"),)


def test_a_path_beats_a_query_string():
    bound = read(request(query={"MessageId": "q"}), Route(GET_STATUS, {"MessageId": "p"}))

    assert bound == GetStatus(message_id="p")


def test_a_message_id_comes_from_the_query_string():
    assert read(request(query={"messageid": "q"}), STATUS) == GetStatus(message_id="q")


# Batches


def test_an_array_of_requests_is_bound_one_by_one():
    body = b'[{"Subject":"a"},{"Subject":"b"}]'

    assert read_batch(body) == [SendMail(subject="a"), SendMail(subject="b")]


def test_an_array_holds_at_most_100_requests():
    body = b"[" + b",".join([b"{}"] * 101) + b"]"

    with pytest.raises(Invalid):
        read_batch(body)


def json_batch(*counts):
    """Write a mail for each of `counts`, with so many files of three bytes."""
    files = (",".join(['{"Bytes":"QUJD"}'] * count) for count in counts)
    return f"[{','.join(f'{{"Attachments":[{each}]}}' for each in files)}]".encode()


def xml_batch(*counts):
    file = "<h:Attachment><h:Bytes>QUJD</h:Bytes></h:Attachment>"
    mails = (f"<SendMail><Attachments>{file * n}</Attachments></SendMail>" for n in counts)
    start = f'<ArrayOfSendMail xmlns="{NAMESPACE}" xmlns:h="{HELPER}">'
    return f"{start}{''.join(mails)}</ArrayOfSendMail>".encode()


BATCHES = [(json_batch, "application/json"), (xml_batch, "application/xml")]


@pytest.mark.parametrize(("make", "content_type"), BATCHES)
def test_the_files_of_an_array_are_counted_together(make, content_type):
    assert len(read_batch(make(300, 200), content_type)) == 2

    with pytest.raises(Invalid) as refusal:
        read_batch(make(300, 201), content_type)
    assert [fault[:2] for fault in refusal.value.faults] == [("SendMail[]", "TooManyItems")]


@pytest.mark.parametrize(("make", "content_type"), BATCHES)
def test_the_bytes_of_all_files_of_an_array_are_counted_together(make, content_type, monkeypatch):
    monkeypatch.setattr(arrays, "MAX_ATTACHMENTS_BYTES", 6)
    assert len(read_batch(make(1, 1), content_type)) == 2

    with pytest.raises(Invalid) as refusal:
        read_batch(make(1, 2), content_type)
    assert [fault[:2] for fault in refusal.value.faults] == [("SendMail[]", "TooLarge")]


@pytest.mark.parametrize("body", [b"{}", b"[1]", b"[null]", b"[[]]"])
def test_what_is_no_array_of_objects_is_unreadable(body):
    with pytest.raises(Unreadable):
        read_batch(body)


# Whatever operations there will be: nothing is tied to those that there are


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
        read(request(body, content_type=content_type), Route(FIND))

    assert refusal.value.message == "Unable to bind to request 'Find'"
    assert [fault.field for fault in refusal.value.faults] == ["Files"]


def test_a_segment_of_the_path_is_the_member_that_it_names():
    route = Route(FIND, {"Place": "p"})

    bound = read(request(b'{"Name":"n","Place":"other"}'), route)

    assert bound == Find(name="n", place="p")


# Names that nobody knows (B5 L)


@pytest.mark.parametrize(
    ("query", "ignored"),
    [
        ({"To": "t"}, ()),
        ({"format": "json", "Callback": "f", "jsconfig": "inv", "_": "17"}, ()),
        ({"Foo": "1", "Bar": ""}, ("Foo",)),
        ({"subject": "beside the body's"}, ()),
        ({"Attachments": "[{Filename:a,Bytes:AA==}]"}, ("Attachments.Filename",)),
    ],
)
def test_parameters_that_nobody_knows_are_noted(query, ignored):
    assert read(request(JSON_BODY, query)).ignored == ignored


def test_names_of_body_and_query_are_noted_together():
    assert read(request(b'{"Foo":1}', {"Bar": "1"})).ignored == ("Foo", "Bar")


def test_nothing_of_a_query_string_fills_a_batch_so_all_of_it_is_noted():
    asked = request(b'[{"Subject":"s"},{}]', {"To": "t", "format": "json"})

    first, second = binding.read_batch(asked, SEND_MAIL, SEND, CONFIG.limits)

    assert (first.ignored, second.ignored) == (("To",), ())
    assert first.to is None
