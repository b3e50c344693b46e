"""What can be asked of the list of mails, and what of it is refused."""

import pytest
from support.many_mails import CALLER, OTHERS, OWN, STARTS_AT, ManyMails, a_mail

from core import mail_query
from core.contract.errors import Invalid
from core.contract.mails import FindMails
from core.message.ids import is_id
from core.message.status import Status

ADA, BOB = "ada@recipient.example", "bob@recipient.example"
TODAY = "2026-09-21"  # When `STARTS_AT` is.


@pytest.fixture(scope="module")
def table():
    made = ManyMails()
    for number in range(30):
        made.add(a_mail(number, OWN[number % 2], [ADA, BOB][: 1 + number % 2], reference="r"))
    return made


def ask(table, **asked):
    request = FindMails.model_construct(**asked)
    return mail_query.find(request, caller=CALLER, own=table.own, mail_index=table.index)


def fields(table, **asked):
    """Return what is wrong with a search."""
    with pytest.raises(Invalid) as refused:
        ask(table, **asked)
    return [fault.field for fault in refused.value.faults]


@pytest.mark.parametrize("field", ["since", "until"])
@pytest.mark.parametrize(
    "time",
    [
        "2026-11-20T09:15:30",  # Whose time?
        "2026-W01",
        "2026-W01-1",
        "2026-001",
        "20261120",
        "20261120T091530Z",
        "2026-11-20T24:00:01Z",
        "2026-11-20T09:15:60Z",  # A leap second: POSIX has none.
        "2026-11-20T09:15:30+25:00",
        "2026-11-20T09:15:30+99:99",
        "2026-02-30",
        "2026-13-01",
        "0000-01-01",
        "10000-01-01",
        "-001-01-01",
        "2026-11-2",
        "20 November 2026",
        "2026-11-20T09:15:30Z\x00",
        "2026-11-20\ud80009:15:30Z",
        "\ud800",
        "\N{FULLWIDTH DIGIT TWO}026-11-20",
        "1790000000",
        "9" * 100_000,
        "now",
    ],
)
def test_what_is_no_time_is_refused(table, field, time):
    assert fields(table, **{field: time}) == [field.title()]


@pytest.mark.parametrize(
    ("asked", "many"),
    [
        ({"since": "0001-01-01"}, 30),
        ({"since": "1969-12-31T23:59:59Z"}, 30),
        ({"until": "0001-01-02"}, 0),
        ({"until": "0001-01-01T00:00:00-23:59"}, 0),
        ({"since": "9999-12-31"}, 0),
        ({"until": "9999-12-31T23:59:59.999999-23:59"}, 30),
        ({"since": TODAY}, 30),
        ({"until": TODAY}, 0),
        ({"since": f" {TODAY}\u200b"}, 30),
        ({"since": f"{TODAY}t13:13:20z"}, 30),
        ({"since": f"{TODAY}T13:13:21.000Z"}, 30),
        ({"since": f"{TODAY}T13:13:25Z"}, 30),
        ({"since": f"{TODAY}T15:13:25 02:00"}, 30),  # As a form reads `+`.
        ({"since": "", "until": "  "}, 30),
    ],
)
def test_a_time_may_be_any(table, asked, many):
    assert len(ask(table, **asked, limit=100).mails) >= many - 5
    assert (len(ask(table, **asked, limit=100).mails) > 0) is (many > 0)


@pytest.mark.parametrize(
    "recipient",
    [
        "ada",
        "@",
        f"{ADA}, {BOB}",
        f"{ADA};{BOB}",
        "a" * 100_000,
        "<" * 1_000 + ADA,
        f"{'a' * 65}@b.example",
        "\ud800@recipient.example",
        f"\udfff <{ADA}>",
        f"{ADA}\x00",
        f"{ADA}\u202e",
        "undisclosed-recipients:;",
    ],
)
def test_a_recipient_is_one_address(table, recipient):
    assert {*fields(table, recipient=recipient)} == {"Recipient"}


@pytest.mark.parametrize("reference", ["\ud800", "a\nb", "\x00", "r" * 501, "\U0001f600" * 500])
def test_a_reference_that_no_mail_can_have_is_refused(table, reference):
    assert {*fields(table, reference=reference)} == {"Reference"}


@pytest.mark.parametrize("domain", ["\ud800", "x" * 100_000, "big.example\n", "#", OTHERS, "\x00"])
def test_a_domain_that_is_not_the_callers_has_no_mails(table, domain):
    page = ask(table, domain=domain)
    found = {record.domain for record in page.mails}

    assert found <= {domain.strip()}
    assert found <= {*OWN}


@pytest.mark.parametrize("status", ["bounced", "\ud800", "sent;failed", ",x", "s" * 100_000])
def test_a_status_is_one_of_those_that_there_are(table, status):
    assert fields(table, status=status) == ["Status"]


@pytest.mark.parametrize("status", ["", ",", "  , ", "SENT", "sent,sent", "sent, failed,"])
def test_empty_words_between_the_statuses_say_nothing(table, status):
    assert len(ask(table, status=status, limit=100).mails) == 30


@pytest.mark.parametrize("limit", [-1, 101, 1000, 2**63, -(2**63)])
def test_a_limit_is_at_most_100(table, limit):
    assert fields(table, limit=limit) == ["Limit"]


def test_everything_that_is_wrong_is_told_at_once(table):
    asked = {"since": "x", "until": "x", "recipient": "x", "status": "x", "reference": "\n.\n-\n"}
    wrong = fields(table, **asked | {"reference": "a\nb"}, limit=-1, cursor="x")

    assert {*wrong} == {"Since", "Until", "Recipient", "Status", "Reference", "Limit", "Cursor"}


def test_a_cursor_goes_on_behind_the_last_mail_whatever_the_limit(table):
    first = ask(table, limit=7)
    rest = ask(table, limit=100, cursor=first.cursor)

    ids = [record.id for record in (*first.mails, *rest.mails)]
    assert ids == [record.id for record in reversed(table.mails)]
    assert rest.cursor == ""


@pytest.mark.parametrize(
    "other",
    [
        {"domain": OWN[0]},
        {"reference": "r"},
        {"recipient": ADA},
        {"status": "sent"},
        {"since": TODAY},
        {"until": "2030-01-01"},
    ],
)
def test_a_cursor_is_for_its_own_filters(table, other):
    cursor = ask(table, limit=3).cursor
    others = ask(table, limit=3, **other).cursor

    assert fields(table, limit=3, cursor=cursor, **other) == ["Cursor"]
    assert fields(table, limit=3, cursor=others) == ["Cursor"]


def test_a_cursor_is_for_its_own_caller(table):
    request = FindMails.model_construct(cursor=ask(table, limit=3).cursor)
    with pytest.raises(Invalid):
        mail_query.find(request, caller="b" * 64, own=table.own, mail_index=table.index)


def test_the_same_filters_in_other_words_are_the_same_search(table):
    cursor = ask(table, limit=3, recipient=ADA, status="sent,failed", since=TODAY).cursor
    same = {
        "recipient": f"Ada <{ADA.upper()}>",
        "status": " Failed,SENT",
        "since": f"{TODAY}T00:00:00Z",
    }

    assert len(ask(table, limit=3, cursor=cursor, **same).mails) == 3


def test_no_more_records_are_read_than_a_page_has_room_for(table):
    for limit in (1, 2, 20):
        (page, *_) = table.pages(limit=limit)
        assert page.read["records"] == limit


def test_a_page_ends_after_a_thousand_mails_and_the_next_goes_on_there():
    table = ManyMails()
    for number in range(1_050):
        status = Status.READ if number in (20, 1_040) else Status.SENT
        table.add(a_mail(number, OWN[1], [ADA], status=status))
    pages = list(table.pages(status="read", limit=5))

    assert [page.read["records"] for page in pages] == [1_000, 50]
    assert [len(page.found.mails) for page in pages] == [1, 1]
    assert all(is_id(record.id) for page in pages for record in page.found.mails)
    assert pages[1].found.mails[0].created_at - 20 == STARTS_AT
