"""Forms with files, which the original drops: the recorded cases (docs/contract.md A3.2, A5.1)."""

import time
from contextlib import suppress

import pytest

from core.contract.contract import Attachment, GetStatus, SendMail
from core.contract.errors import Invalid, MailError, Unreadable
from core.contract.limits import MAX_ITEMS
from core.formats import multipart
from core.formats.body import Body

CONTENT_TYPE = "multipart/form-data; boundary=XX"
ABC = Attachment(bytes_=b"ABC", name="a")


def part(content, name="Subject", *headers):
    lines = (f'Content-Disposition: form-data; name="{name}"', *headers)
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + content


def file(content, disposition='; filename="a.txt"', *headers):
    return part(content, "file", *headers).replace(b'"file"', b'"file"' + disposition.encode())


def form(*parts, newline=b"\r\n"):
    return b"".join(b"--XX\r\n" + one + newline for one in parts) + b"--XX--\r\n"


def read(body, content_type=CONTENT_TYPE, contract=SendMail):
    return multipart.read(Body(body, content_type), contract)


def read_parts(*parts):
    return read(form(*parts))


def test_the_recorded_form_is_bound_with_its_file():
    body = (
        b'--XX\r\nContent-Disposition: form-data; name="Subject"\r\n\r\ns mp\r\n'
        b'--XX\r\nContent-Disposition: form-data; name="Attachments"\r\n\r\n'
        b"[{Bytes:QUJD,Name:n}]\r\n"
        b'--XX\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n'
        b"Content-Type: text/plain\r\n\r\nhello\r\n--XX--\r\n"
    )

    assert read(body) == SendMail(
        subject="s mp",
        attachments=(
            Attachment(bytes_=b"ABC", name="n"),
            Attachment(bytes_=b"hello", name="a.txt", content_type="text/plain"),
        ),
    )


def test_what_a_c_sharp_client_posts_is_bound():
    body = (
        b'--0f\r\nContent-Disposition: form-data;name="Domain"\r\n'
        b"Content-Type: text/plain;charset=utf-8\r\n\r\nd\xc3\xa4\r\n"
        b'--0f\r\nContent-Disposition: form-data;name="Attachments"\r\n'
        b"Content-Type: text/plain;charset=utf-8\r\n\r\n{Bytes:QUJD,Name:a}\r\n"
        b'--0f\r\nContent-Disposition: form-data;name="upload0";filename="x.pdf"\r\n'
        b"Content-Type: application/pdf\r\n\r\n%PDF\r\n--0f--\r\n"
    )

    assert read(body, 'multipart/form-data; boundary="0f"') == SendMail(
        domain="dä",
        attachments=(ABC, Attachment(bytes_=b"%PDF", name="x.pdf", content_type="application/pdf")),
    )


@pytest.mark.parametrize("content", [b"", b"\r\n", b"\0\xff\r\n--X\n--XX-\r\n--XXY\r\n", b"--XX"])
def test_a_file_keeps_every_byte(content):
    assert read_parts(file(b"a" + content)).attachments[0].bytes_ == b"a" + content
    assert read_parts(file(content + b"a")).attachments[0].bytes_ == content + b"a"


@pytest.mark.parametrize(
    ("disposition", "name"),
    [
        ('; filename="a b.txt"', "a b.txt"),
        (";filename=a.txt", "a.txt"),
        ('; FileName="ä€😀.pdf"', "ä€😀.pdf"),
        ("; filename*=UTF-8''%e2%82%ac%20rates.txt", "€ rates.txt"),
        ("; filename=x; filename*=iso-8859-1'en'%A3.txt", "£.txt"),
        ("; filename*=utf-8''%C3%A4; filename=\"=?utf-8?B?w6Q=?=\"", "ä"),
        ('; filename="a;b=c.txt"', "a;b=c.txt"),
        (r'; filename="say \"hi\" \\ x"', r'say "hi" \ x'),
        (r'; filename="C:\docs\x.txt"', r"C:\docs\x.txt"),
        ('; filename="100%22.txt"', '100".txt'),
        ("; filename*=plain.txt", "plain.txt"),
        ('; filename=""', None),
        (";\r\n filename=a.txt", "a.txt"),
    ],
)
def test_a_file_has_its_name(disposition, name):
    assert read_parts(file(b"x", disposition)).attachments == (Attachment(bytes_=b"x", name=name),)


def test_any_part_with_a_file_name_is_a_file():
    given = part(b"x", 'Text"; filename="body.txt')

    assert read_parts(given) == SendMail(attachments=(Attachment(bytes_=b"x", name="body.txt"),))


def test_no_file_chosen_is_no_file_and_an_empty_file_is_one():
    assert read_parts(file(b"", '; filename=""')) == SendMail()
    assert read_parts(file(b"")).attachments == (Attachment(bytes_=b"", name="a.txt"),)


def test_an_operation_without_attachments_passes_over_files():
    body = form(part(b"m-1", "MessageId"), file(b"x"))

    assert read(body, contract=GetStatus) == GetStatus(message_id="m-1")


@pytest.mark.parametrize(
    ("encoding", "content", "text"),
    [
        ("base64", b"w6Q\r\n=", "ä"),
        ("Quoted-Printable", b"=C3=A4 =\r\nx", "ä x"),
        ("binary", b"=41", "=41"),
    ],
)
def test_transfer_encodings_are_undone(encoding, content, text):
    header = f"Content-Transfer-Encoding: {encoding}"

    assert read_parts(part(content, "Text", header)) == SendMail(text=text)
    assert read_parts(file(content, "; filename=a", header)).attachments[0].bytes_ == text.encode()


def test_a_part_may_have_its_own_charset():
    latin = part(b"\xe4", "Text", "Content-Type: text/plain; charset=ISO-8859-1")

    assert read_parts(latin, part("ä".encode(), "Subject")) == SendMail(text="ä", subject="ä")


@pytest.mark.parametrize("headers", [["Content-Type: text/plain; charset=us-ascii"], []])
def test_a_part_that_is_not_in_its_charset_is_refused(headers):
    with pytest.raises(Unreadable, match="not in"):
        read_parts(part(b"\xe4", "Text", *headers))


def test_values_of_a_repeated_field_are_joined_and_empty_ones_are_not():
    assert read_parts(part(b"a", "To"), part(b"", "CC"), part(b"b", "tO")) == SendMail(to="a,b")


@pytest.mark.parametrize(
    "body",
    [
        b"preamble\r\n" + form(part(b"s")) + b"epilogue --XX",
        form(part(b"s")).replace(b"\r\n", b"\n"),
        form(part(b"s")).replace(b"--XX\r\n", b"--XX \t\r\n"),
        form(part(b"s")).removesuffix(b"\r\n"),
    ],
)
def test_looser_forms_are_read(body):
    assert read(body) == SendMail(subject="s")


def test_an_empty_form_is_an_empty_request():
    assert read_parts() == SendMail()


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (form(part(b"s")), "multipart/form-data"),
        (form(part(b"s")), "multipart/form-data; boundary="),
        (form(part(b"s")), f"multipart/form-data; boundary={'X' * 300}"),
        (form(part(b"s")), "multipart/form-data; boundary=YY"),
        (b"", CONTENT_TYPE),
        (b'{"Subject":"s"}', CONTENT_TYPE),
        (form(part(b"s")).removesuffix(b"--XX--\r\n"), CONTENT_TYPE),
        (form(b"\r\ncontent"), CONTENT_TYPE),
        (form(b"no headers"), CONTENT_TYPE),
        (form(b"Content-Disposition: form-data\r\n\r\nx"), CONTENT_TYPE),
        (form(part(b"s", "Subject", f"X: {'x' * 10_000}")), CONTENT_TYPE),
        (form(part(b"?", "Text", "Content-Transfer-Encoding: base64")), CONTENT_TYPE),
        (form(part(b"x", "Text", "Content-Transfer-Encoding: uuencode")), CONTENT_TYPE),
    ],
)
def test_what_is_malformed_is_refused(body, content_type):
    with pytest.raises(Unreadable):
        read(body, content_type)


def test_too_many_fields_are_refused():
    with pytest.raises(Unreadable, match="512"):
        read_parts(*[part(b"b", "a")] * 600)


def test_files_and_attachments_together_may_not_be_too_many():
    field = part(b"[{}]", "Attachments")

    assert len(read_parts(field, *[file(b"x")] * (MAX_ITEMS - 1)).attachments) == MAX_ITEMS
    with pytest.raises(Invalid, match="500"):
        read_parts(field, *[file(b"x")] * MAX_ITEMS)


@pytest.mark.parametrize(
    "hostile",
    [b"\r", b"\n", b"\r\n--X", b"\r\n--XX ", b"\r\n--XX-", b"--XX\r\n\r\n\r\n", b"a:b\r\n", b";"],
)
def test_hostile_forms_cost_little(hostile):
    started = time.process_time()

    for body in (hostile * 200_000, form(file(hostile * 200_000)), b"--XX\r\n" + hostile * 200_000):
        with suppress(MailError):
            read(body)
    with suppress(MailError):
        read(b"", "; boundary=" + hostile.decode() * 20_000)

    assert time.process_time() - started < 2


def test_fields_that_nobody_knows_are_noted_and_files_are_attached_whatever_theirs_is_called():
    bound = read_parts(part(b"x", "Body"), part(b"", "Foo"), file(b"ABC"))

    assert (bound.ignored, len(bound.attachments)) == (("Body",), 1)


@pytest.mark.parametrize("name", ["invoice", "Attachments", "file"])
def test_a_part_that_is_no_text_by_its_type_is_a_file_also_without_a_file_name(name):
    given = part(b"%PDF\xff", name, "Content-Type: application/pdf")

    assert read_parts(given, part(b"a", "To")) == SendMail(
        to="a", attachments=(Attachment(bytes_=b"%PDF\xff", content_type="application/pdf"),)
    )


@pytest.mark.parametrize("media_type", ["application/json", "application/octet-stream", "text/x"])
def test_a_part_for_a_member_that_holds_a_text_is_a_text_whatever_its_type(media_type):
    given = part("ä".encode(), "Text", f"Content-Type: {media_type}")

    assert read_parts(given) == SendMail(text="ä")


def test_a_list_of_attachments_may_be_a_part_of_json():
    given = part(b'[{"Bytes":"QUJD","Name":"a"}]', "Attachments", "Content-Type: application/json")

    assert read_parts(given) == SendMail(attachments=(ABC,))


def test_json_beside_known_fields_is_a_file():
    given = part(b"{}", "report", "Content-Type: application/json")

    assert read_parts(given, part(b"a", "To")).attachments == (
        Attachment(bytes_=b"{}", content_type="application/json"),
    )


@pytest.mark.parametrize("more", ["", '"; filename="blob'])
def test_a_part_of_json_beside_files_alone_is_the_whole_request(more):
    mail = part(b'{"to": "a", "Text": "t"}', f"mail{more}", "Content-Type: application/json")

    assert read_parts(mail, file(b"x")) == SendMail(
        to="a", text="t", attachments=(Attachment(bytes_=b"x", name="a.txt"),)
    )


def test_bytes_in_a_part_without_type_and_file_name_are_refused_with_what_to_do():
    with pytest.raises(Unreadable, match="give the part a file name"):
        read_parts(part(b"%PDF\xff", "invoice"))
