"""The recorded requests of the original, sent to the service (tests/conformance/http_cases.txt).

The recording server accepted any address and echoed in `Configuration` what it had bound. So the
requests' addresses are made real here, and what SES is asked to send is compared with that echo.
"""

import ast
import re
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

import pytest
from support.account import queued
from support.paths import CONFORMANCE

from core.config import CONFIG

SENDER, RECEIVER = "no-reply@example.com", "t@recipient.example"
REAL = {"f@x": SENDER, "t@x": RECEIVER, "c": "c@recipient.example", "b": "b@recipient.example"}
FIELDS = ("Domain", "From", "FromName", "To", "ReceiverName", "CC", "BCC", "Subject", "Text")
FIELDS += ("HTML", "Reference", "Attachments")


@dataclass(frozen=True)
class Case:
    """One recorded exchange."""

    title: str
    method: str
    target: str
    headers: dict
    body: str
    status: int
    content_type: str
    answer: str


def cases():
    text = (CONFORMANCE / "http_cases.txt").read_text("utf-8")
    text = re.sub(r"^####.*\n", "", text, flags=re.MULTILINE)
    blocks = re.split(r"^## ", text, flags=re.MULTILINE)
    return {block.partition("\n")[0]: parsed(block) for block in blocks[1:]}


def parsed(block):
    title, request, body, head, *answer = block.splitlines()
    method, target, headers = re.fullmatch(r"   > (\S+) (\S+)  ?(.*)", request).groups()
    status, *fields = head.removeprefix("   < ").split(" | ")
    answered = dict(field.partition(": ")[::2] for field in fields)
    return Case(
        title=title,
        method=method,
        target=target,
        headers=dict(
            header.split(": ", 1) for header in re.split(r"; (?=[A-Z][\w-]*: )", headers) if header
        ),
        body=ast.literal_eval(body.removeprefix("   > body=")),
        status=int(status.split()[1]) if status.startswith("HTTP") else 0,
        content_type=answered.get("Content-Type", ""),
        answer=ast.literal_eval("\n".join(answer).removeprefix("   < ")),
    )


CASES = cases()

# Those that ours answers otherwise, or elsewhere

LATER = {
    "a page of the original: see test_metadata.py": [
        "GET /metadata/",
        "GET /xml/metadata?op=SendMail",
        "GET /xml/metadata?op=Nope",
        "GET /jsv/metadata?op=SendMail",
        "GET /csv/metadata?op=SendMail",
        "GET /types/csharp",
        "GET /types/typescript",
        "GET /types/metadata",
        "GET /types/metadata.json",
        "GET /types/java",
        "GET /operations/metadata",
        "GET /?debug=requestinfo",
    ],
    "an operation of the recording server's own": [
        "GET echo Status=queued",
        "GET echo Status=99",
        "GET echo Status=bogus",
        "GET echo Retry=true",
        "GET echo Retry=yes",
        "GET echo RetryCount=%207",
        "GET echo Bytes=QU%2BD",
    ],
    "an answer that the recording server gave on demand": [
        "throw argument json",
        "throw argnull xml",
        "throw notimpl json",
        "throw notimpl xml",
        "throw notsup json",
        "throw 409 json",
        "throw 409 xml",
        "throw generic json",
        "throw file xml",
        "throw format xml",
        "null response",
        "throw argument html",
        "throw argument csv",
        "xml ctrl char in response",
    ],
}
JSON, XML = "application/json; charset=utf-8", "application/xml"
BOUND = {"From": SENDER, "To": RECEIVER, "Subject": "s"}

MIRRORED = {
    # B5 C: HTML only when it is asked for; text/xml is XML; otherwise the request is mirrored.
    "json body, Accept='text/xml'": XML,
    "json body, Accept='application/*'": JSON,
    "xml body, Accept='application/*'": XML,
    "json body, Accept='application/vnd.foo+json'": JSON,
    "xml body, Accept='application/vnd.foo+json'": XML,
    "json body, Accept='image/png'": JSON,
    "json body, Accept='application/x-msgpack'": JSON,
    "xml body, Accept='application/x-msgpack'": XML,
    "json body, Accept='application/soap+xml'": JSON,
    "json body no Accept": JSON,
    "xml body no Accept": XML,
    "text/xml;utf8 body no Accept": XML,
}
CSV, JSV = "text/csv", "application/jsv"
MIRRORED |= {
    "json body, Accept='text/jsv'": JSV,
    "form body */*": JSON,
    # The original's debug mode is pretty-printed JSV that calls itself JSON; ours has none.
    "jsv debug": JSV,
}
PAGES = {
    "xml body, Accept='text/html'",
    "json body, Accept='text/html, application/xml'",
    "POST /html/reply/SendMail",
}
"""Answered by a page, which is our own."""
BATCHES = {"batch json", "batch json 2nd fails", "batch xml"}
QUEUED = {"POST /json/oneway/SendMail"}
# A name without an extension gets one, as SES wants it (docs/contract.md B2).
ATTACHED = {
    "form Attachments={Bytes:QUJD,Name:a}": [("a.bin", b"ABC")],
    # A JSON list in a form field becomes nulls in the original; nothing is lost in reading it.
    'form Attachments=[{"Bytes":"QUJD","Name":"a, b"}]': [("a, b.bin", b"ABC")],
    # Uploaded files are attachments too.
    "multipart": [("n.bin", b"ABC"), ("a.txt", b"hello")],
}
MORE_BOUND = {
    # B5 B: a body of an unknown type is sniffed, never ignored.
    "json, ctype='application/vnd.api+json'": BOUND,
    "json, ctype='text/plain'": BOUND,
    "json, ctype='text/javascript'": BOUND,
    "xml, ctype='application/soap+xml'": BOUND,
    # B5 K: a query string fills only what the body left out.
    "query + json": BOUND | {"CC": "c@recipient.example"},
    # B5 F: chunked bodies are read (API Gateway hands them over whole).
    "chunked": BOUND,
    # B5 A: members in any order.
    "xml out of order -> json": BOUND,
    # B5 G: ISO-8859-1 is read.
    "xml latin1 decl": BOUND,
    # B5 Q: a charset is honoured where the bytes arrive, as in these tests.
    "json latin1 bytes": {"From": SENDER, "To": RECEIVER, "Subject": "Grüße"},
}
REFUSED = {
    # B4: what cannot be a mail is refused; the original had no validation.
    "post route": "ValidationException",
    "empty body json": "ValidationException",
    "empty body xml": "ValidationException",
    "empty no ctype": "ValidationException",
    "xml nil root -> json": "ValidationException",
    # B4: bytes that are no base64 are a field error (the original's error was an accident).
    "xml bad b64 -> json": "ValidationException",
    "GET /Mail/Send X-Http-Method-Override": "ValidationException",
    # B4, B5 D: an attachment without bytes, or with none that can be decoded, is not dropped.
    'form Attachments=[{Bytes:"QUJD"},{Name:b}]': "ValidationException",
    "form Attachments=[{Bytes:@@,Name:a}]": "ValidationException",
    # B5 B: a body that was not understood is never an empty mail.
    "json, ctype='multipart/form-data'": "SerializationException",
}
UNREADABLE = {
    "xml bad xml",
    "xml bad xml -> json",
    "xml wrong ns -> json",
    "xml dtd",
    "xml dtd -> json",
}
"""Refused by both; the message is their parser's, or ours."""

ELSEWHERE = {title for titles in LATER.values() for title in titles}
DIFFERENT = {*MIRRORED, *MORE_BOUND, *REFUSED, *PAGES, *BATCHES, *QUEUED, *ATTACHED}
ALIKE = [title for title in CASES if title not in {*ELSEWHERE, *DIFFERENT, *UNREADABLE}]

COMPLETED = {
    # The recording keeps 300 characters of a body.
    "xml bad b64 -> json": "ndMail>",
    "chunked": None,
}


def body_of(case):
    """Return the request's body as API Gateway would hand it over, with real addresses."""
    body = case.body
    if case.title == "chunked":
        body = re.fullmatch(r"27\r\n(.*)\r\n0\r\n\r\n", body)[1]
    body += COMPLETED.get(case.title) or ""
    body = body.replace("<To>t</To><From>f</From>", "<To>t@x</To><From>f@x</From>")
    body = body.replace("f@x", SENDER).replace("t@x", RECEIVER)
    body = body.replace("t%40x", RECEIVER)
    return re.sub(r"\\x(..)", lambda byte: chr(int(byte[1], 16)), body).encode("latin-1")


def sent(call, title):
    case = CASES[title]
    url = urlsplit(case.target)
    query = {name: values[-1] for name, values in parse_qs(url.query).items()}
    query = {name: REAL.get(value, value) for name, value in query.items()}
    without_recipient = bound(case).get("Subject") and "To" not in bound(case)
    if without_recipient or title == "form body */*":  # Answered by a page, without an echo.
        query["To"] = RECEIVER  # The recording server sent without a recipient.
    return call(case.method, url.path, body_of(case), headers=case.headers, query=query or None)


def bound(case):
    """Return what the recording server had bound, with real addresses."""
    echo = re.search(r'[^",:>]*(?:\|[^",<|]*){10}\|att:[^"<]*', case.answer)
    if case.status != 200 or not echo:
        return {}
    *values, _ = echo[0].split("|")
    held = dict(zip(FIELDS, values, strict=False))
    return {
        name: REAL.get(value, value)
        for name, value in held.items()
        if value not in ("-", "att:null")
    }


def asked_of_ses(ses):
    (message,) = ses.taken
    simple, destination = message["Content"]["Simple"], message["Destination"]
    asked = {
        "From": message["FromEmailAddress"],
        "To": ",".join(destination["ToAddresses"]),
        "CC": ",".join(destination["CcAddresses"]),
        "BCC": ",".join(destination["BccAddresses"]),
        "Subject": simple["Subject"]["Data"],
        "Text": simple["Body"]["Text"]["Data"],
    }
    return {name: value for name, value in asked.items() if value}


def error_code(reply):
    return re.search(r'(?:"ErrorCode":"|<ErrorCode>)(\w+)', reply["body"])[1]


def masked(answer):
    """Return an answer with what must differ replaced: the id, the status, the echo."""
    answer = answer.replace("f@x", SENDER).replace("t@x", RECEIVER)
    if answer.startswith("MessageId,"):
        header, row = answer.splitlines()
        return header, [cell for n, cell in enumerate(row.split(",")) if n not in {0, 3, 5}]
    names = "MessageId|Status|Configuration"
    answer = re.sub(rf'([{{,](?:{names}):)("[^"]*"|[^,}}]*)', r"\1*", answer)
    return re.sub(rf'("(?:{names})":"|<(?:{names})>)[^"<]*', r"\1*", answer)


def test_every_recorded_case_is_accounted_for_once():
    named = [*ELSEWHERE, *DIFFERENT, *UNREADABLE, *ALIKE]

    assert len(named) == len({*named}) == len(CASES)
    assert {*named} == CASES.keys()


@pytest.mark.parametrize("title", sorted(ALIKE))
def test_ours_answers_as_the_original(call, ses, title):
    case = CASES[title]

    reply = sent(call, title)

    assert reply["statusCode"] == case.status
    assert reply["headers"]["Content-Type"] == case.content_type
    assert "X-Powered-By" not in reply["headers"]  # B5 I
    if case.status == 200:
        assert asked_of_ses(ses) == {"To": RECEIVER, "From": SENDER} | bound(case)
    else:
        # B4: JSON errors carry the members of an answer too, at their end.
        assert reply["body"].startswith(case.answer.removesuffix("}"))
        assert ses.asked == 0


@pytest.mark.parametrize(
    "title", [t for t in ALIKE if CASES[t].status == 200 and "From" in bound(CASES[t])]
)
def test_ours_answers_in_the_very_words_of_the_original(call, title):
    recorded, ours = CASES[title].answer, sent(call, title)["body"]
    if recorded.startswith("<") and not recorded.endswith("</SendResponse>"):
        recorded = recorded[: recorded.rindex("<")]  # The recording keeps a part only.
        ours = ours[: ours.index(">", masked(ours).index("<MessageId>")) + 100]
        assert masked(ours).startswith(masked(recorded)[:200])
    else:
        assert masked(ours) == masked(recorded)


@pytest.mark.parametrize("title", sorted(UNREADABLE))
def test_ours_refuses_as_the_original_in_words_of_its_own(call, ses, title):
    reply = sent(call, title)

    assert (reply["statusCode"], error_code(reply)) == (400, "SerializationException")
    assert reply["headers"]["Content-Type"] == CASES[title].content_type
    assert ses.asked == 0


@pytest.mark.parametrize("title", sorted(MIRRORED))
def test_ours_mirrors_the_request_where_the_original_answers_html(call, ses, title):
    reply = sent(call, title)

    assert (reply["statusCode"], reply["headers"]["Content-Type"]) == (200, MIRRORED[title])
    assert asked_of_ses(ses) == BOUND
    assert CASES[title].content_type != MIRRORED[title]


@pytest.mark.parametrize("title", sorted(MORE_BOUND))
def test_ours_binds_what_the_original_loses(call, ses, title):
    reply = sent(call, title)

    assert reply["statusCode"] == 200
    assert asked_of_ses(ses) == MORE_BOUND[title] != bound(CASES[title])


@pytest.mark.parametrize("title", sorted(REFUSED))
def test_ours_refuses_what_the_original_takes(call, ses, title):
    reply = sent(call, title)

    assert (reply["statusCode"], error_code(reply)) == (400, REFUSED[title])
    assert error_code(reply) not in CASES[title].answer
    assert ses.asked == 0


@pytest.mark.parametrize("title", sorted(PAGES))
def test_a_browser_gets_a_page(call, ses, title):
    reply = sent(call, title)

    assert (reply["statusCode"], reply["headers"]["Content-Type"]) == (200, "text/html")
    assert reply["body"].startswith("<!doctype html>")
    assert asked_of_ses(ses) == BOUND


@pytest.mark.parametrize("title", sorted(ATTACHED))
def test_attachments_of_forms_are_sent(call, ses, title):
    reply = sent(call, title)

    simple = ses.taken[0]["Content"]["Simple"]
    names = [attachment["FileName"] for attachment in simple["Attachments"]]
    assert reply["statusCode"] == 200
    assert list(zip(names, ses.attachments(), strict=True)) == ATTACHED[title]


def test_one_way_answers_once_the_mail_waits_in_the_queue(call, ses):
    reply = sent(call, *QUEUED)

    assert (reply["statusCode"], reply["json"]["Status"]) == (200, "queued")
    assert masked(reply["body"]).replace('"Retry":true', '"Retry":false') == masked(
        CASES[next(iter(QUEUED))].answer
    )
    assert ses.asked == 0
    assert queued(CONFIG.retry_queue_url) == [{"MessageId": reply["json"]["MessageId"]}]


def batch(call, title):
    case = CASES[title]
    body = case.body.replace('{"Subject":"throw:argument"}', '{"Subject":"no recipient"}')
    body = body.replace("<SendMail>", f"<SendMail><To>{RECEIVER}</To>")
    body = body.replace("f@x", SENDER).replace("t@x", RECEIVER).encode()
    return call(case.method, case.target, body, headers=case.headers)


def test_a_batch_of_json_is_answered_by_an_array(call, ses):
    reply = batch(call, "batch json")

    assert reply["headers"]["X-AutoBatch-Completed"] == "2"
    ours = reply["body"].replace('"Retry":true', '"Retry":false')  # B5 U: they are queued.
    assert masked(ours) == masked(CASES["batch json"].answer)
    assert [each["Status"] for each in reply["json"]] == ["queued", "queued"]
    assert ses.asked == 0


def test_a_batch_of_xml_is_answered_by_an_array(call, ses):
    reply = batch(call, "batch xml")

    recorded = CASES["batch xml"].answer
    assert reply["headers"]["X-AutoBatch-Completed"] == "1"
    assert reply["headers"]["Content-Type"] == XML
    assert reply["body"].startswith(recorded[: recorded.index("<Configuration>")])
    assert reply["body"].endswith("</SendResponse></ArrayOfSendResponse>")


def test_a_batch_stops_at_its_first_fault_and_says_where(call, ses):
    reply = batch(call, "batch json 2nd fails")

    status = reply["json"]["ResponseStatus"]
    assert (reply["statusCode"], reply["headers"]["X-AutoBatch-Completed"]) == (400, "1")
    assert status["Meta"] == {"AutoBatchIndex": "1"}
    assert status["Errors"][0]["FieldName"] == "To"
    assert ses.asked == 0
    assert len(queued(CONFIG.retry_queue_url)) == 1


def test_an_empty_batch_is_answered_by_an_empty_array(call):
    assert call("POST", "/json/reply/SendMail[]", b"[]")["body"] == "[]"
