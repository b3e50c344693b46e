"""Which of its caller's domains a request means, and who its sender is (docs/contract.md B2)."""

import hashlib

import pytest

from core.contract.contract import SendMail
from core.message.address import Mailbox
from core.submission import senders
from core.submission.domains import DomainConfiguration, broken
from core.submission.senders import choose, completed, usable

ONE = DomainConfiguration(
    domain="one.example",
    name="one",
    configuration_set="c",
    default_sender="a@one.example",
    default_sender_name="The Service",
)
TWO = ONE.model_copy(update={"domain": "mg.two.example", "name": "two"})
KEY, OTHER = (hashlib.sha256(key).hexdigest() for key in (b"key", b"other"))
KEPT = ONE.model_copy(update={"domain": "kept.example", "api_keys": frozenset({KEY})})
SHOP = ONE.model_copy(update={"domain": "shop.example", "api_keys": frozenset({OTHER})})


def known(*configurations):
    return {each.domain: each for each in configurations}


# The domain


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


# What is wrong with a domain or a sender


def found(domain=None, sender=None, caller="", configurations=(TWO, KEPT)):
    faults = []
    chosen = senders.configuration(
        SendMail(domain=domain),
        usable(known(*configurations), caller),
        Mailbox(sender) if sender else None,
        faults,
    )
    return chosen, [(fault.field, fault.code) for fault in faults]


@pytest.mark.parametrize(
    ("asked", "fault"),
    [
        ({"domain": "nowhere.example"}, ("Domain", "UnknownDomain")),
        ({"domain": "not a domain"}, ("Domain", "UnknownDomain")),
        ({"domain": "kept.example"}, ("Domain", "UnknownDomain")),
        ({"domain": "mg.two.example", "caller": KEY}, ("Domain", "UnknownDomain")),
        ({"configurations": [KEPT]}, ("Domain", "UnknownDomain")),
        ({"configurations": [ONE, TWO, KEPT]}, ("Domain", "NotEmpty")),
        (
            {"sender": "me@nowhere.example", "configurations": [ONE, TWO, KEPT]},
            ("Domain", "NotEmpty"),
        ),
        ({"sender": "me@two.example", "caller": KEY}, ("From", "SenderNotAllowed")),
        (
            {"domain": "mg.two.example", "sender": "me@kept.example"},
            ("From", "SenderNotAllowed"),
        ),
    ],
)
def test_a_domain_or_sender_that_is_not_the_callers_is_a_fault(asked, fault):
    assert found(**asked)[1] == [fault]


def test_a_domain_may_be_named_in_any_case():
    assert found("MG.Two.example", "me@two.example") == (TWO, [])


def test_an_internationalised_domain_may_be_named_in_either_script():
    held = ONE.model_copy(update={"domain": "xn--mnchen-3ya.example"})

    assert found("münchen.example", configurations=[held]) == (held, [])


# The sender


@pytest.mark.parametrize(
    ("sender", "from_name", "expected"),
    [
        (None, None, Mailbox("a@one.example", "The Service")),
        (None, "Me", Mailbox("a@one.example", "Me")),
        (Mailbox("me@one.example"), None, Mailbox("me@one.example")),
        (Mailbox("me@one.example"), "  ", Mailbox("me@one.example")),
        (Mailbox("me@one.example", "Me"), None, Mailbox("me@one.example", "Me")),
        (Mailbox("me@one.example", "Me"), "I", Mailbox("me@one.example", "I")),
    ],
)
def test_the_sender_is_from_or_the_domains(sender, from_name, expected):
    assert completed(sender, ONE, from_name) == expected
