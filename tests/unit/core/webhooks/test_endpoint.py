"""What an endpoint wants, and which of its secrets sign."""

import pytest
from support.records import DAY, NOW
from support.webhook_samples import WEBHOOK, endpoint

from core.message.ids import is_id
from core.webhooks import changes
from core.webhooks.endpoint import DISABLE_SECONDS, OVERLAP_SECONDS, is_endpoint_id, new_endpoint_id


def test_without_a_list_it_wants_every_event() -> None:
    assert all(endpoint().wants(each) for each in changes.TYPES)


def test_with_a_list_it_wants_what_is_on_it_and_every_test() -> None:
    some = endpoint(events=(changes.BOUNCED, changes.FAILED))

    wanted = {each for each in changes.TYPES if some.wants(each)}

    assert wanted == {changes.BOUNCED, changes.FAILED, changes.TEST}


def test_a_new_one_has_one_secret() -> None:
    assert endpoint().generations(NOW) == [0]


def test_after_a_rotation_both_secrets_sign_for_a_day_the_newer_one_first() -> None:
    rotated = endpoint().rotated(NOW)

    assert OVERLAP_SECONDS == DAY
    assert rotated.generations(NOW) == [1, 0]
    assert rotated.generations(NOW + DAY - 1) == [1, 0]
    assert rotated.generations(NOW + DAY) == [1]


def test_two_rotations_in_a_day_leave_two_secrets_and_no_number_comes_back() -> None:
    twice = endpoint().rotated(NOW).rotated(NOW + 60)

    assert twice.generations(NOW + 61) == [2, 1]
    assert twice.generations(NOW + 60 + DAY) == [2]
    assert twice.rotated(NOW + 2 * DAY).generations(NOW + 2 * DAY) == [3, 2]


def test_five_days_are_longer_than_the_schedule() -> None:
    assert DISABLE_SECONDS == 5 * DAY > 1.2 * 272_105


def test_a_log_names_it_and_neither_its_url_nor_its_name() -> None:
    secret_url = endpoint(url="https://shop.example/hook?token=secret", name="Ada's")

    assert secret_url.log_keys == {"webhook_id": WEBHOOK, "domain": "d.example"}


def test_a_new_id_is_one_and_in_lower_case() -> None:
    id_ = new_endpoint_id()

    assert is_endpoint_id(id_)
    assert id_ == id_.lower()
    assert is_id(id_.removeprefix("wh_").upper())
    assert new_endpoint_id() != id_


@pytest.mark.parametrize(
    "text",
    [
        "",
        "wh_",
        WEBHOOK[:-1],
        WEBHOOK + "0",
        WEBHOOK.removeprefix("wh_"),
        WEBHOOK.replace("wh_", "msg_"),
        WEBHOOK[:-1] + "u",
        WEBHOOK[:-1] + "#",
        WEBHOOK[:-1] + "\n",
        "wh_wh_" + WEBHOOK[6:],
    ],
)
def test_anything_else_is_none(text: str) -> None:
    assert not is_endpoint_id(text)
