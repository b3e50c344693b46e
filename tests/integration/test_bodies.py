"""Bodies in the wrong clothes: another format or another charset than the headers say (B5 Q).

A body of text is what API Gateway has decoded as UTF-8, one of bytes what it hands over as it came.
"""

import gzip
import json
import zlib
from urllib.parse import quote_plus

import pytest
from support.gateway import faults_of
from support.mails import MAIL, NAMESPACE

FORM = "application/x-www-form-urlencoded"
JSON, XML = "application/json", "application/xml"
AS_MULTIPART = (
    '--b\r\nContent-Disposition: form-data; name="To"\r\n\r\na@recipient.example\r\n--b--\r\n'
)
UMLAUTS = {"Subject": "Grüße aus Köln", "Text": "Schöne Grüße: 5 €"}
AS_JSON = json.dumps(MAIL)
AS_XML = (
    f'<SendMail xmlns="{NAMESPACE}"><Subject>Hi</Subject><Text>t</Text>'
    f"<To>{MAIL['To']}</To></SendMail>"
)


def post(call, body, content_type, path="/Mail/Send", **more):
    headers = {"Content-Type": content_type} if content_type else {}
    return call("POST", path, body, headers=headers | more)


def sent(ses):
    simple = ses.taken[-1]["Content"]["Simple"]
    return {"Subject": simple["Subject"]["Data"], "Text": simple["Body"]["Text"]["Data"]}


@pytest.mark.parametrize("body", [AS_JSON, json.dumps(MAIL, indent=2), quote_plus(AS_JSON)])
def test_json_that_curl_sends_as_a_form_is_a_mail(call, ses, body):
    reply = post(call, body, FORM)

    assert reply["statusCode"] == 200
    assert reply["headers"]["Content-Type"] == "application/json; charset=utf-8"
    assert sent(ses) == {"Subject": MAIL["Subject"], "Text": MAIL["Text"]}


def test_json_in_a_form_keeps_what_a_form_would_change(call, ses):
    text = "1 + 1 = 2 & 50% of https://recipient.example/?a=1&to=b&subject=c"

    reply = post(call, json.dumps(MAIL | {"Text": text}), FORM)

    assert reply["statusCode"] == 200
    assert sent(ses) == {"Subject": MAIL["Subject"], "Text": text}


def test_xml_that_is_sent_as_a_form_is_a_mail_and_answered_in_xml(call, ses):
    reply = post(call, AS_XML, FORM)

    assert reply["headers"]["Content-Type"] == XML
    assert "<Status>sent</Status>" in reply["body"]
    assert len(ses.taken) == 1


def test_camel_case_in_the_clothes_of_a_form_is_answered_in_camel_case(call):
    body = json.dumps({name.lower(): value for name, value in MAIL.items()})

    assert "messageId" in post(call, body, FORM, "/api/SendMail")["json"]


@pytest.mark.parametrize(
    ("body", "content_type", "path", "advice"),
    [
        (AS_JSON[:-1], FORM, "", "looks like JSON: send it with 'Content-Type: application/json'"),
        (AS_JSON, XML, "", "looks like JSON: send it with 'Content-Type: application/json'"),
        (AS_JSON, "text/csv", "", "looks like JSON"),
        (AS_JSON, "multipart/form-data", "", "looks like JSON"),
        (AS_XML, JSON, "", "looks like XML: send it with 'Content-Type: application/xml'"),
        (AS_XML, "text/jsv", "", "looks like XML"),
        (AS_XML, XML, "/json/reply/SendMail", "its path says JSON: use /Mail/Send"),
        (AS_JSON, JSON, "/xml/reply/SendMail", "its path says XML: use /Mail/Send"),
        (f"[{AS_JSON}]", JSON, "/xml/reply/SendMail[]", "its path says XML"),
        ("To=a%40b.example&Text=t", JSON, "", f"a form: send it with 'Content-Type: {FORM}'"),
        ("To=a%40b.example&Text=t", "", "", f"a form: send it with 'Content-Type: {FORM}'"),
        (AS_MULTIPART, JSON, "", "looks like multipart/form-data: let the client set the"),
        (AS_MULTIPART, FORM, "", "looks like multipart/form-data: let the client set the"),
        (AS_MULTIPART, "", "", "looks like multipart/form-data: let the client set the"),
        (AS_MULTIPART, "multipart/mixed; boundary=b", "", "looks like multipart/form-data"),
        (AS_MULTIPART, "multipart/form-data", "", "needs its 'boundary'"),
        ("hello", "", "", "Send JSON with 'Content-Type: application/json' or XML with"),
    ],
)
def test_what_looks_like_another_format_is_told_which_header_is_missing(
    call, ses, body, content_type, path, advice
):
    reply = post(call, body, content_type, path or "/Mail/Send", Accept=JSON)

    assert reply["statusCode"] == 400
    assert advice in reply["body"]
    assert ses.asked == 0


@pytest.mark.parametrize("body", ['{"Subject": "s", }', '{"Subject": "<"}x', "{Subject:s}"])
def test_a_mistake_in_the_right_format_points_to_no_other(call, body):
    reply = post(call, body, JSON)

    assert reply["statusCode"] == 400
    assert "looks like" not in reply["json"]["ErrorMessage"]


@pytest.mark.parametrize("content_type", [f"{JSON}; charset=iso-8859-1", JSON, "text/csv", ""])
def test_bytes_that_api_gateway_could_not_decode_are_never_mailed(call, ses, content_type):
    damaged = json.dumps(MAIL | UMLAUTS, ensure_ascii=False).encode("cp1252")

    reply = post(call, damaged.decode("utf-8", "replace"), content_type, Accept=JSON)

    assert reply["statusCode"] == 400
    assert faults_of(reply) == {("Body", "Charset")}
    assert "Send UTF-8" in reply["json"]["ErrorMessage"]
    assert ses.asked == 0


@pytest.mark.parametrize("charset", ["iso-8859-1", "windows-1252", "UTF-8", "utf-16"])
def test_bytes_that_arrive_are_read_in_the_charset_that_they_name(call, ses, charset):
    codec = {"iso-8859-1": "cp1252"}.get(charset, charset)
    body = json.dumps(MAIL | UMLAUTS, ensure_ascii=False).encode(codec)

    assert post(call, body, f"{JSON}; charset={charset}")["statusCode"] == 200
    assert sent(ses) == UMLAUTS


def test_a_form_in_windows_1252_is_a_mail(call, ses):
    fields = {"To": MAIL["To"], **UMLAUTS}
    body = "&".join(f"{name}={quote_plus(text.encode('cp1252'))}" for name, text in fields.items())

    assert post(call, body, f"{FORM}; charset=iso-8859-1")["statusCode"] == 200
    assert sent(ses) == UMLAUTS


def test_an_unknown_charset_is_refused_where_it_would_be_needed(call, ses):
    reply = post(call, "To=a%40b.example&Text=t", f"{FORM}; charset=klingon")

    assert reply["statusCode"] == 400
    assert faults_of(reply) == {("Body", "Charset")}
    assert ses.asked == 0


@pytest.mark.parametrize("nothing", ["", " \n", [], None])
def test_attachments_that_are_an_empty_text_are_none(call, ses, nothing):
    assert post(call, json.dumps(MAIL | {"Attachments": nothing}), JSON)["statusCode"] == 200
    assert "Attachments" not in ses.taken[0]["Content"]["Simple"]


def test_an_array_in_place_of_one_request_is_told_where_arrays_go(call):
    reply = post(call, f"[{AS_JSON}]", JSON)

    assert reply["json"]["ErrorMessage"].endswith("Send an array to /json/reply/SendMail[].")


def test_raw_line_breaks_in_a_json_text_are_line_breaks(call, ses):
    body = f'{{"To":"{MAIL["To"]}","Subject":"s","Text":"one\r\ntwo\tthree"}}'

    assert post(call, body, JSON)["statusCode"] == 200
    assert sent(ses) == {"Subject": "s", "Text": "one\r\ntwo\tthree"}


@pytest.mark.parametrize(
    ("encoding", "compress"), [("gzip", gzip.compress), ("deflate", zlib.compress)]
)
def test_a_compressed_body_that_was_decoded_as_text_says_so(call, ses, encoding, compress):
    damaged = compress(AS_JSON.encode()).decode("utf-8", "replace")

    reply = post(call, damaged, JSON, **{"Content-Encoding": encoding})

    assert reply["statusCode"] == 400
    assert "The compressed body arrived damaged" in reply["json"]["ErrorMessage"]
    assert ses.asked == 0
