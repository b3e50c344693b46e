"""CSV: the recorded answers (docs/contract.md A6, A7), and one row as a request (A3.2)."""

import time
from contextlib import suppress

import pytest

from core.contract.contract import (
    Attachment,
    ErrorResponse,
    ResponseError,
    ResponseStatus,
    SendMail,
    SendResponse,
)
from core.contract.errors import MailError, Unreadable
from core.formats import csv as csv_format
from core.formats.body import Body
from core.message.status import Status

NAMES = "MessageId,Sender,Receiver,Status,ErrorMessage,Configuration,Retry,RetryCount\r\n"


def read(text):
    return csv_format.read(Body(text), SendMail)


# Writing


def test_an_answer_is_written_as_the_original_writes_it():
    answer = SendResponse(
        message_id="m-1",
        sender="f@x",
        receiver="t@x",
        status=Status.QUEUED,
        configuration="-|f@x|-|t@x|-|-|-|s|-|-|-|att:null",
    )

    assert csv_format.write(answer) == (
        f"{NAMES}m-1,f@x,t@x,queued,,-|f@x|-|t@x|-|-|-|s|-|-|-|att:null,False,0\r\n"
    )


def test_an_error_is_written_as_the_original_writes_it():
    fault = ResponseError(error_code="ArgumentException", field_name="To", message="bad arg")
    status = ResponseStatus(
        error_code="ArgumentException",
        message="bad arg\nParameter name: To",
        errors=(fault,),
    )

    assert csv_format.write(ErrorResponse(response_status=status)) == (
        'ResponseStatus\r\n"{ErrorCode:ArgumentException,Message:""bad arg\nParameter name: To"",'
        'Errors:[{ErrorCode:ArgumentException,FieldName:To,Message:bad arg}]}"\r\n'
    )


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("a,b", '"a,b"'),
        ('a"b', '"a""b"'),
        ("a\r\nb", '"a\r\nb"'),
        ("a\rb", '"a\rb"'),
        ("{a", '"{a"'),
        ("[a", '"[a"'),
        ("a{b}[c]:d;e", "a{b}[c]:d;e"),
        (" a ", " a "),
        ("", ""),
        ("=1+1", "=1+1"),
        ("ü😀", "ü😀"),
        ("a\ud800", "a?"),
    ],
)
def test_a_cell_is_quoted_where_the_original_quotes_it(text, cell):
    answer = SendResponse(error_message=text)

    assert csv_format.write(answer) == f"{NAMES},,,accepted,{cell},,False,0\r\n"


# Reading


@pytest.mark.parametrize(
    ("text", "mail"),
    [
        ("Subject,To\r\ns,t@x\r\n", SendMail(subject="s", to="t@x")),
        ("subject, TO \ns,t@x", SendMail(subject="s", to="t@x")),
        ("\ufeffSubject,To\r\ns,t@x", SendMail(subject="s", to="t@x")),
        ("\r\nSubject\r\n\r\ns\r\n\r\n", SendMail(subject="s")),
        (
            '"Subject","Text"\r\n"a ""b"", c","d\r\ne"\r\n',
            SendMail(subject='a "b", c', text="d\r\ne"),
        ),
        ("Subject,Text,To\r\n,,t", SendMail(to="t")),
        ("Subject,To\r\ns", SendMail(subject="s")),
        ("Subject,To\r\ns,", SendMail(subject="s")),
        ("Subject,Other\r\ns,x", SendMail(subject="s")),
        ("To,to\r\na,b", SendMail(to="b")),
        ("To,to\r\na,", SendMail(to="a")),
        ("Subject,To\r\ns,t,,\r\n,\r\n,,,\r\n", SendMail(subject="s", to="t")),
        ('To\r\n "a"', SendMail(to=' "a"')),
        ("To\r\n a ", SendMail(to=" a ")),
        (
            'To,Attachments\r\nt,"[{Bytes:QUJD,Name:""a, b""}]"\r\n',
            SendMail(to="t", attachments=(Attachment(bytes_=b"ABC", name="a, b"),)),
        ),
    ],
)
def test_a_row_is_bound(text, mail):
    assert read(text) == mail


@pytest.mark.parametrize(
    "text",
    [
        *("", "\r\n", "To", "To\r\n", "To\r\na\r\nb\r\n", "To\r\na,b\r\n", "Subject;To\r\na;b\r\n"),
        *("Nothing\r\nx", 'To\r\n"a', 'To\r\n"a"b', "," * 5_000, '{"To":"a"}'),
        "To,Attachments\r\nt,[{Bytes:QUJD,Name:a}]",
        "To,Attachments\r\nt,QUJD",
    ],
)
def test_what_is_not_one_row_is_refused(text):
    with pytest.raises(Unreadable):
        read(text)


def test_a_cell_may_be_as_large_as_a_mail():
    large = "<p>a, b</p>\r\n" * 100_000

    assert read(f'HTML\r\n"{large}"\r\n').html == large


@pytest.mark.parametrize("hostile", [",", "\n", '"', "To\n", '""', '"",', "\r"])
def test_hostile_tables_cost_little(hostile):
    started = time.process_time()

    for length in (300_000, 300_001):
        with suppress(MailError):
            read(hostile * length)

    assert time.process_time() - started < 2


def test_columns_that_nobody_knows_are_noted_if_they_hold_something():
    assert read("To, Body ,Foo,Bar\r\na@b,x,y,\r\n").ignored == ("Body", "Foo")
    assert read("To,Attachments\r\na@b,{Filename:a}\r\n").ignored == ("Attachments.Filename",)


@pytest.mark.parametrize(
    ("text", "advice"),
    [
        ("sep=;\r\nTo;Text\r\na;b\r\n", "begins with a line 'sep=': leave it out"),
        ("SEP=,\r\nTo\r\na\r\n", "leave it out"),
        ("To\r\na\r\nb\r\n", "send each mail with a request of its own"),
        ("To,Text\r\na,Dear Ada, hello\r\n", "put a value with a comma in quotes"),
        ("To\r\n", "no line of values"),
    ],
)
def test_a_table_of_another_shape_is_refused_with_what_to_do(text, advice):
    with pytest.raises(Unreadable, match=advice):
        read(text)


def test_a_column_that_stands_twice_is_noted_if_a_value_of_it_is_not_used():
    assert read("To,to\r\na,b").ignored == ("To",)
    assert read("To,to\r\na,").ignored == ()
