"""Whatever is asked of the list of mails, and with whatever cursor, is answered or refused."""

import base64
from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.many_mails import CALLER, OWN, ManyMails, a_mail

from core import cursors, mail_query
from core.contract.errors import Invalid
from core.contract.mails import FindMails
from core.message.status import Status

ADA = "ada@recipient.example"
ANY_TEXT = st.text(st.characters(codec=None, exclude_categories=()), max_size=300)
DIGITS = st.sampled_from("0123456789-:TZtz+. W")
TIMES = st.text(DIGITS, max_size=40) | st.datetimes().map(str) | ANY_TEXT
TABLE = ManyMails()
for number in range(12):
    TABLE.add(a_mail(number, OWN[0], [ADA], reference="r"))
ASKED = ("FindMails", CALLER)
CURSOR = cursors.written("01JD9ZK4M6T0V3Q8W2X5Y7B1CD", ASKED, TABLE.index)
MEMBERS = {
    "domain": ANY_TEXT | st.sampled_from(OWN),
    "reference": ANY_TEXT | st.just("r"),
    "recipient": ANY_TEXT | st.emails() | st.just(ADA),
    "status": ANY_TEXT | st.sampled_from([each.value for each in Status]),
    "since": TIMES,
    "until": TIMES,
    "limit": st.integers() | st.integers(1, 100),
    "cursor": ANY_TEXT | st.binary(max_size=100).map(base64.urlsafe_b64encode).map(bytes.decode),
}


@given(st.fixed_dictionaries({}, optional=MEMBERS))
def test_a_search_is_answered_or_refused_by_the_names_of_what_is_wrong(asked):
    request = FindMails.model_construct(**asked)
    mails, faults = (), ()
    try:
        page = mail_query.find(request, caller=CALLER, own=TABLE.own, mail_index=TABLE.index)
        mails = page.mails
    except Invalid as refused:
        faults = refused.faults
    assert {record.domain for record in mails} <= {*OWN}
    assert {fault.field.lower() for fault in faults} <= asked.keys()
    for fault in faults:
        fault.message.encode()  # An answer can say so.


@given(st.data())
def test_a_cursor_that_was_changed_is_none(data):
    place = data.draw(st.integers(0, len(CURSOR)))
    until = data.draw(st.integers(place, len(CURSOR)))
    changed = CURSOR[:place] + data.draw(ANY_TEXT) + CURSOR[until:]

    read = cursors.position(changed, ASKED, TABLE.index)
    assert bool(read) is (changed == CURSOR)


@given(st.text(max_size=80), st.lists(ANY_TEXT, max_size=4), st.lists(ANY_TEXT, max_size=4))
def test_a_cursor_is_read_for_what_it_was_written_for_alone(position, asked, other):
    cursor = cursors.written(position, asked, TABLE.index)

    assert cursors.position(cursor, other, TABLE.index) == (position if other == asked else "")


@pytest.mark.parametrize("limit", [1, 5, 12, 13])
def test_pages_together_are_the_list(limit):
    pages = list(islice(TABLE.pages(limit=limit), 20))

    found = [record.id for page in pages for record in page.found.mails]
    assert found == [record.id for record in reversed(TABLE.mails)]
