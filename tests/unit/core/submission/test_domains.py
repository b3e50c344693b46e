"""What a domain's record may say, and whom it lets send as whom (docs/contract.md B2)."""

import re

import pytest
from pydantic import ValidationError

from core.submission.characters import UNPRINTABLE, faults_in
from core.submission.domains import DomainConfiguration, configured

ONE = DomainConfiguration(
    domain="one.example", name="one", configuration_set="c", default_sender="a@one.example"
)
TWO = ONE.model_copy(update={"domain": "mg.two.example", "name": "two"})


@pytest.mark.parametrize(
    ("sender", "allowed"),
    [
        ("a@mg.two.example", True),
        ("a@two.example", False),
        ("a@other.two.example", False),
        ("a@x.mg.two.example", False),
        ("a@example", False),
        ("a@evil-two.example", False),
        ("a@two.example.evil.example", False),
    ],
)
def test_a_domain_by_itself_may_send_as_itself_only(sender, allowed):
    assert TWO.allows_sender(sender) is allowed


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


def test_allowed_senders_take_the_place_of_the_domain_itself():
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
    with pytest.raises(ValueError, match="default_sender"):
        configured(ONE, "shop.hub.example", {"default_sender": "a@hub.example"})
    with pytest.raises(ValueError, match="default_sender"):
        configured(ONE, "shop.co.uk", {"default_sender": "a@co.uk"})


def test_an_identity_is_the_templates_to_name_and_for_its_own_domain_only():
    default = TWO.model_copy(update={"identity": "two.example"})
    sender = {"default_sender": "a@two.example"}

    assert configured(default, TWO.domain, sender).default_sender == "a@two.example"
    assert configured(default, TWO.domain, {"identity": "evil.example"}).identity == "two.example"
    assert configured(default, "x.two.example", {"identity": "two.example"}).identity == ""
    for refused in (
        (default, "x.two.example", sender),
        (TWO, TWO.domain, sender),
        (default, TWO.domain, sender | {"allowed_senders": ["b@two.example"]}),
    ):
        with pytest.raises(ValueError, match="default_sender"):
            configured(*refused)


def test_a_domain_that_refuses_an_at_sign_in_names_has_none_in_its_own():
    strict = {"at_in_names": "refuse"}

    for name in ("ceo@bank.example", "ceo\uff20bank.example"):
        with pytest.raises(ValueError, match="default_sender_name") as refusal:
            configured(ONE, ONE.domain, strict | {"default_sender_name": name})
        assert "bank" not in str(refusal.value)
    for name in ("The CEO", "A@one.example", ""):
        assert configured(ONE, ONE.domain, strict | {"default_sender_name": name})
    assert configured(ONE, ONE.domain, {"default_sender_name": "ceo@bank.example"})


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
        ("at_in_names", "keep"),
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
