"""Which configuration a request means, and whom it lets send as whom (docs/contract.md B2)."""

import hashlib
import re

import pytest
from pydantic import ValidationError

from core.submission.characters import UNPRINTABLE, faults_in
from core.submission.domains import DomainConfiguration, broken, configured
from core.submission.senders import choose, usable

ONE = DomainConfiguration(
    domain="one.example", name="one", configuration_set="c", default_sender="a@one.example"
)
TWO = ONE.model_copy(update={"domain": "mg.two.example", "name": "two"})
KEY, OTHER = (hashlib.sha256(key).hexdigest() for key in (b"key", b"other"))
KEPT = ONE.model_copy(update={"domain": "kept.example", "api_keys": frozenset({KEY})})
SHOP = ONE.model_copy(update={"domain": "shop.example", "api_keys": frozenset({OTHER})})


def known(*configurations):
    return {each.domain: each for each in configurations}


@pytest.mark.parametrize(
    ("sender", "allowed"),
    [
        ("a@mg.two.example", True),
        ("a@two.example", True),
        ("a@other.two.example", False),
        ("a@x.mg.two.example", False),
        ("a@example", False),
        ("a@evil-two.example", False),
        ("a@two.example.evil.example", False),
    ],
)
def test_a_domain_may_send_as_itself_and_its_parent(sender, allowed):
    assert TWO.allows_sender(sender) is allowed


def test_a_top_level_domain_is_nobodys_parent():
    assert not ONE.allows_sender("a@example")


@pytest.mark.parametrize(
    ("domain", "sender", "chosen"),
    [
        ("one.example", None, ONE),
        ("mg.two.example", "a@one.example", TWO),
        ("", "a@one.example", ONE),
        ("", "a@mg.two.example", TWO),
        ("", None, None),
        ("", "a@three.example", None),
        ("three.example", "a@one.example", None),
    ],
)
def test_a_request_means_the_named_domain_or_its_senders(domain, sender, chosen):
    assert choose(known(ONE, TWO), domain, sender) is chosen


@pytest.mark.parametrize("sender", [None, "a@one.example", "a@three.example"])
def test_with_a_single_domain_an_empty_one_means_that(sender):
    assert choose(known(ONE), "", sender) is ONE


def test_with_a_single_domain_another_name_is_still_unknown():
    assert choose(known(ONE), "three.example", None) is None


@pytest.mark.parametrize(
    ("caller", "theirs"),
    [(KEY, [KEPT]), (OTHER, [SHOP]), ("", [ONE, TWO]), ("f" * 64, [ONE, TWO])],
)
def test_a_key_opens_its_own_domains_and_a_key_of_nobodys_what_has_no_keys(caller, theirs):
    assert usable(known(ONE, KEPT, TWO, SHOP), caller) == known(*theirs)


def test_with_a_single_domain_without_keys_every_key_opens_it():
    assert usable(known(ONE), KEY) == known(ONE)


def test_a_key_of_two_domains_opens_both():
    both = SHOP.model_copy(update={"api_keys": frozenset({OTHER, KEY})})

    assert usable(known(ONE, KEPT, both), KEY) == known(KEPT, both)


@pytest.mark.parametrize("keys", [[KEY], {KEY}, KEY])
def test_the_keys_of_a_record_that_cannot_be_used_open_nothing_else(keys):
    unreadable = broken(ONE, "two.example", {"api_keys": keys, "retry_hours": "ever"})

    assert usable(known(ONE, unreadable), KEY) == {}
    assert usable(known(ONE, unreadable), OTHER) == known(ONE)


def test_a_record_without_keys_that_cannot_be_used_is_nobodys():
    assert usable(known(ONE, broken(ONE, "two.example", {"name": "?"})), KEY) == known(ONE)


# Senders


def allowing(*patterns, **more):
    record = {"allowed_senders": patterns, "default_sender": "post@shop.example"} | more
    return configured(ONE, "shop.example", record)


@pytest.mark.parametrize(
    ("pattern", "sender", "allowed"),
    [
        ("*@shop.example", "anybody@shop.example", True),
        ("*@shop.example", "anybody@x.shop.example", False),
        ("*@shop.example", "anybody@shop.example.evil.example", False),
        ("bill@shop.example", "Bill@shop.example", True),
        ("bill@shop.example", "bills@shop.example", False),
        ("no-*@shop.example", "no-reply@shop.example", True),
        ("no-*@shop.example", "reply@shop.example", False),
        ("*-bill@shop.example", "my-bill@shop.example", True),
        ("a*a@shop.example", "a@shop.example", False),
        ("a*a@shop.example", "aa@shop.example", True),
        ("*@Brand.Example", "me@brand.example", True),
    ],
)
def test_a_pattern_stands_for_local_parts_of_its_domain(pattern, sender, allowed):
    assert allowing(pattern, "post@shop.example").allows_sender(sender) is allowed


def test_allowed_senders_take_the_place_of_the_domain_and_its_parent():
    assert not allowing("post@shop.example").allows_sender("other@shop.example")


@pytest.mark.parametrize(
    "pattern",
    [
        "*", "*@*", "*@*.example", "a@*.shop.example", "*@example", "*@", "@shop.example", "",
        "**@shop.example", "a*b*c@shop.example", "a b@shop.example", "a\nb@shop.example",
        "*@[127.0.0.1]", "*@sh?p.example", "*@shop.example,*@evil.example", "shop.example",
        "*@evil.example@*",
    ],
)  # fmt: skip
def test_a_pattern_that_would_open_the_relay_is_refused(pattern):
    with pytest.raises(ValidationError) as refusal:
        allowing(pattern, "post@shop.example")

    assert refusal.value.errors()[0]["loc"][0] == "allowed_senders"


# Records


def test_another_domain_mails_in_its_own_name_and_under_the_policies_of_the_parameters():
    default = ONE.model_copy(update={"default_sender_name": "One", "retry_hours": 3})

    held = configured(default, "shop.example", {})

    assert (held.default_sender, held.default_sender_name) == ("no-reply@shop.example", "")
    assert held.name == "shop.example"
    assert (held.retry_hours, held.configuration_set) == (3, "c")


def test_a_domain_cannot_be_told_to_mail_as_another():
    with pytest.raises(ValueError, match="default_sender"):
        configured(ONE, "shop.example", {"default_sender": "a@one.example"})
    with pytest.raises(ValueError, match="default_sender"):
        configured(ONE, "one.example", {"allowed_senders": ["b@one.example"]})


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", "a b"), ("name", ""), ("name", "n" * 65),
        ("configuration_set", "a.b"), ("configuration_set", ""), ("configuration_set", "c" * 65),
        ("tenant", "a.b"), ("tenant", ""), ("tenant", "t" * 65),
        ("default_sender", "nobody"), ("default_sender_name", "a\r\nBcc: x"),
        ("default_sender_name", "n" * 129), ("default_sender_name", "a\u202eb"),
        ("reply_to", ["nobody"]), ("api_keys", ["key"]), ("api_keys", ["F" * 64]),
        ("retry_hours", 0), ("retry_hours", 37), ("unknown_outcome", "twice"),
        ("retention_days", 6), ("retention_days", 3651),
        ("content_retention_days", 1), ("content_retention_days", 366),
        ("daily_cap", 0), ("daily_cap", -1), ("on_bad_rates", "stop"), ("paused", "yes"),
        ("track_opens", "perhaps"), ("suppression", "perhaps"),
    ],
)  # fmt: skip
def test_what_a_record_must_not_say_is_refused_by_its_name_and_without_its_value(field, value):
    with pytest.raises(ValidationError) as refusal:
        configured(ONE, "shop.example", {field: value})

    assert refusal.value.errors()[0]["loc"][0] == field
    assert "perhaps" not in str(refusal.value)
    assert "nobody" not in str(refusal.value)


def test_a_record_that_is_not_a_domains_is_refused():
    with pytest.raises(ValidationError, match="domain"):
        configured(ONE, "no domain", {})


def test_a_configured_name_may_hold_what_a_name_in_a_request_may_hold():
    refused = [chr(code) for code in range(0x3000) if re.match(f"[{UNPRINTABLE}]", chr(code))]

    assert len(refused) == 76
    for character in refused:
        assert [*faults_in("FromName", character)]
        with pytest.raises(ValueError, match="default_sender_name"):
            configured(ONE, ONE.domain, {"default_sender_name": f"a{character}"})
