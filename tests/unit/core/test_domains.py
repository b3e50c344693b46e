"""Which configuration a request means, and whom it lets send as whom (CONTRACT.md B2)."""

import pytest

from core.domains import DomainConfiguration, choose

ONE = DomainConfiguration(
    domain="one.example", name="one", configuration_set="c", default_sender="a@one.example"
)
TWO = ONE.model_copy(update={"domain": "mg.two.example", "name": "two"})
KEPT = ONE.model_copy(update={"domain": "kept.example", "api_keys": frozenset({"key"})})


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
    assert choose(known(ONE, TWO), "", domain, sender) is chosen


@pytest.mark.parametrize("sender", [None, "a@one.example", "a@three.example"])
def test_with_a_single_domain_an_empty_one_means_that(sender):
    assert choose(known(ONE), "", "", sender) is ONE


def test_with_a_single_domain_another_name_is_still_unknown():
    assert choose(known(ONE), "", "three.example", None) is None


@pytest.mark.parametrize("caller", ["", "other"])
def test_a_domain_with_keys_is_unknown_to_every_other_caller(caller):
    assert choose(known(KEPT), caller, "kept.example", None) is None


def test_a_domain_with_keys_is_known_to_its_caller():
    assert choose(known(ONE, KEPT), "key", "kept.example", None) is KEPT


def test_a_domain_of_others_does_not_count_where_a_single_one_is_meant():
    assert choose(known(ONE, KEPT), "other", "", None) is ONE
