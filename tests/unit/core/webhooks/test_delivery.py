"""What a delivery is called, and how it is played again."""

from support.records import DAY, NOW
from support.webhook_samples import WEBHOOK, delivery

from core.webhooks.delivery import KEPT_SECONDS, Attempt, Delivery, State

TRIED = Attempt(at=NOW * 1000, status=500, took_ms=12, error="Answered", answer="oops")


def test_names_sort_by_time_to_the_millisecond() -> None:
    times = [NOW * 1000, NOW * 1000 + 1, NOW * 1000 + 999, NOW * 1000 + 60_000, NOW * 1100]

    names = [delivery(at=at).name for at in times]

    assert names == sorted(names)
    assert delivery().name == f"2027-01-15T08:00:00.120Z#{delivery().id}"


def test_the_shard_is_one_of_four_and_always_the_same() -> None:
    shards = [delivery(id=f"msg_{number}").shard for number in range(200)]

    assert {*shards} == {0, 1, 2, 3}
    assert max(map(shards.count, range(4))) < 80
    assert delivery().shard == delivery(state=State.FAILED, tries=9).shard
    assert len({delivery(endpoint=f"{WEBHOOK}{n}").shard for n in range(20)}) > 1


def test_played_again_it_begins_anew_and_forgets_no_try() -> None:
    failed = delivery(state=State.FAILED, tries=10, attempts=(TRIED,) * 10, revision=11)

    again = failed.played_again(NOW + DAY)

    assert (again.state, again.tries, again.next_at) == (State.PENDING, 0, NOW + DAY)
    assert again.attempts == failed.attempts
    assert (again.id, again.name, again.revision) == (failed.id, failed.name, 11)


def test_played_again_it_is_kept_for_thirty_days_more_and_never_for_less() -> None:
    failed = delivery(state=State.FAILED)

    assert KEPT_SECONDS == 30 * DAY
    assert failed.played_again(NOW + 29 * DAY).expires_at == NOW + 59 * DAY
    assert failed.played_again(NOW - DAY).expires_at == failed.expires_at


def test_it_holds_no_address_and_no_words_of_a_mail() -> None:
    """Only ids, numbers, words of ours and the receiver's own answers: nothing to erase."""
    assert {*Delivery.model_fields} == {
        *("endpoint", "id", "type", "at", "domain", "message_id", "recipient", "sequence"),
        *("status", "state", "tries", "next_at", "attempts", "revision", "expires_at"),
    }
