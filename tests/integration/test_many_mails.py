"""In a table of many mails a search finds what fits, all of it, once, and reads little for it."""

import gc
import random
import time
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

import pytest
from support.many_mails import OTHERS, OWN, STARTS_AT, ManyMails, Page, a_mail, time_of

from core.message.record import Record
from core.message.status import Status

FEW, MANY = 1_000, 100_000
BIG, SMALL, TINY = OWN[0], OWN[1], OWN[2]
STATUSES = (
    *[Status.DELIVERED] * 20,
    *[Status.SENT] * 5,
    *(Status.QUEUED, Status.READ, Status.UNDELIVERED, Status.FAILED, Status.UNKNOWN),
)
MOST_READ = 1_000
KEYS_OF_A_PAGE = 250
ADA, BOB = "ada@recipient.example", "bob@recipient.example"

Fits = Callable[[Record, int], bool]


def filled(mails: int) -> ManyMails:
    """Return a table of so many mails: half are of one domain, most others of fifty."""
    chance = random.Random(mails)
    table, spoiled = ManyMails(), []
    for number in range(mails):
        domain = chance.choice([BIG, BIG, BIG, SMALL, OTHERS, chance.choice(OWN[2:])])
        cc = [chance.choice([ADA, BOB]), *chance.choices([f"c{n}@c.example" for n in range(50)])]
        addresses = [chance.choice([f"to-{n}@b.example" for n in range(500)])]
        addresses += cc[: chance.choice([0, 0, 0, 0, 1, 2])]
        reference = chance.choice(["", "often", f"r-{number % 300}", f"once-{number}"])
        status = chance.choice(STATUSES)
        table.add(a_mail(number, domain, addresses, reference=reference, status=status))
        if number % 997 == 0:
            spoiled.append((table.mails[-1], {"expires_at": 1}))
        if number % 1999 == 1:
            spoiled.append((table.mails[-1], {"state": "of a later version"}))
    for record, changes in spoiled:
        table.spoil(record, **changes)
    return table


@pytest.fixture(scope="module")
def table(request: pytest.FixtureRequest) -> Iterator[ManyMails]:
    """Fill a table, and forget it: the garbage collector would need seconds for it in later tests.

    What is frozen it passes over.
    """
    made = [filled(request.param)]
    gc.freeze()
    yield made[0]
    made.clear()
    gc.unfreeze()
    gc.collect()
    gc.freeze()


def is_to(address: str) -> Fits:
    return lambda record, _: any(each.address == address for each in record.recipients)


def is_of(*statuses: Status) -> Fits:
    return lambda record, _: record.status in statuses


SEARCHES: dict[str, tuple[dict[str, Any], Fits, bool]] = {
    "all": ({}, lambda *_: True, True),
    "domain": ({"domain": BIG}, lambda record, _: record.domain == BIG, True),
    "small domain": ({"domain": TINY}, lambda record, _: record.domain == TINY, True),
    "another's domain": ({"domain": OTHERS}, lambda *_: False, True),
    "reference": ({"reference": "r-7"}, lambda record, _: record.reference == "r-7", True),
    "frequent reference": (
        {"reference": "often"},
        lambda record, _: record.reference == "often",
        True,
    ),
    "no reference": ({"reference": "none"}, lambda *_: False, True),
    "recipient": ({"recipient": "To-77@B.example"}, is_to("to-77@b.example"), True),
    "recipient in CC": ({"recipient": ADA}, is_to(ADA), True),
    "problems": (
        {"status": "failed, undelivered, unknown"},
        is_of(Status.FAILED, Status.UNDELIVERED, Status.UNKNOWN),
        True,
    ),
    "one problem": ({"status": "failed"}, is_of(Status.FAILED), False),
    "no problem": ({"status": "queued"}, is_of(Status.QUEUED), False),
    "some of each": ({"status": "read,failed"}, is_of(Status.READ, Status.FAILED), False),
    "no mail's status": ({"status": "sending", "domain": BIG}, lambda *_: False, False),
    "since": ({"since": time_of(FEW // 2)}, lambda _, number: number >= FEW // 2, True),
    "until": ({"until": time_of(FEW // 2)}, lambda _, number: number < FEW // 2, True),
    "between, and recipient": (
        {"since": time_of(150), "until": time_of(850), "recipient": ADA},
        lambda record, number: 150 <= number < 850 and is_to(ADA)(record, number),
        True,
    ),
    "all together": (
        {"domain": SMALL, "reference": "often", "recipient": BOB, "status": "delivered"},
        lambda record, number: (
            (record.domain, record.reference, record.status) == (SMALL, "often", "delivered")
            and is_to(BOB)(record, number)
        ),
        False,
    ),
}
"""What is asked, which mails fit, and whether there is an index in which only these are."""
BOTH = [pytest.param(FEW, id="few"), pytest.param(MANY, id="many", marks=pytest.mark.slow)]


def expected(table: ManyMails, fits: Fits) -> list[str]:
    return [
        record.id
        for record in reversed(table.mails)
        if record.domain in OWN and fits(record, record.created_at - STARTS_AT)
    ]


def require_little_read(page: Page, limit: int, partitions: int, *, is_indexed: bool) -> None:
    """Require that a page is not the price of all others."""
    read, unreadable = Counter(page.read), len(page.found.unreadable)
    assert read["records"] <= MOST_READ
    assert read["subjects"] == len(page.found.mails) <= limit
    first = max(25 * partitions, 2 * limit)
    assert read["keys"] <= first + KEYS_OF_A_PAGE * (read["queries"] - partitions)
    assert read["queries"] <= 2 * partitions + MOST_READ // KEYS_OF_A_PAGE
    if is_indexed and not unreadable and len(page.found.mails) == limit:
        assert read["records"] <= 3 * limit  # More than `limit` only behind one that has expired.


@pytest.mark.parametrize("table", BOTH, indirect=True)
@pytest.mark.parametrize("limit", [1, 100])
@pytest.mark.parametrize("search", SEARCHES)
def test_a_search_finds_what_fits_once_and_the_newest_first(
    table: ManyMails, limit: int, search: str, figures: Any
) -> None:
    asked, fits, is_indexed = SEARCHES[search]
    domains = [asked["domain"]] if "domain" in asked else OWN
    is_one_each = asked.keys() & {"reference", "recipient"}
    partitions = len({*domains} & {*OWN}) * (1 if is_one_each else 4)
    most = 50 if limit == 1 else 10_000
    begun = time.perf_counter()
    pages = list(islice(table.pages(**asked, limit=limit), most))
    milliseconds = (time.perf_counter() - begun) * 1000

    found = [record.id for page in pages for record in page.found.mails]
    wanted = expected(table, fits)
    assert found == (wanted[: len(found)] if len(pages) == most else wanted)
    for page in pages:
        require_little_read(page, limit, partitions, is_indexed=is_indexed)
    counted = figures(f"searches of about {round(len(table.mails), -3):,} mails")
    counted.update(pages=len(pages), found=len(found), ms=round(milliseconds))
    for page in pages:
        counted.update({name: page.read.get(name, 0) for name in ("queries", "keys", "records")})
