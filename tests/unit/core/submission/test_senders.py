"""Which of its caller's domains a request means, and who its sender is (docs/contract.md B2)."""

import hashlib

import pytest

from core.contract.contract import SendMail
from core.contract.errors import Fault
from core.message.address import Mailbox
from core.submission import senders
from core.submission.domains import DomainConfiguration, broken
from core.submission.senders import Domains, completed, usable

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
MINE = TWO.model_copy(update={"api_keys": frozenset({OTHER})})


def known(*configurations):
    return {each.domain: each for each in configurations}


# The domain


def choose(domain, sender, *configurations):
    return Domains.of(known(*configurations), KEY).choose(domain, sender)


@pytest.mark.parametrize(
    ("domain", "sender", "chosen"),
    [
        ("one.example", None, ONE),
        ("mg.two.example", "a@one.example", TWO),
        ("", "a@one.example", ONE),
        ("", "a@mg.two.example", TWO),
        ("", None, None),
        ("", "a@two.example", None),
        ("", "a@three.example", None),
        ("three.example", "a@one.example", None),
    ],
)
def test_a_request_means_the_named_domain_or_its_senders(domain, sender, chosen):
    assert choose(domain, sender, ONE, TWO) is chosen


@pytest.mark.parametrize(
    ("sender", "chosen"),
    [("a@brand.example", True), ("a@both.example", False), ("a@three.example", False)],
)
def test_without_a_domain_it_is_the_only_one_that_allows_the_sender(sender, chosen):
    first = ONE.model_copy(update={"allowed_senders": ("*@brand.example", "*@both.example")})
    second = TWO.model_copy(update={"allowed_senders": ("*@both.example",)})

    assert choose("", sender, first, second) is (first if chosen else None)


def test_the_senders_own_domain_comes_before_others_that_allow_it_too():
    second = TWO.model_copy(update={"allowed_senders": ("*@one.example",)})

    assert choose("", "a@one.example", ONE, second) is ONE
    assert choose("", "a@one.example", second, ONE) is ONE


@pytest.mark.parametrize("sender", [None, "a@one.example", "a@three.example"])
def test_with_a_single_domain_an_empty_one_means_that(sender):
    assert choose("", sender, ONE) is ONE


def test_with_a_single_domain_another_name_is_still_unknown():
    assert choose("three.example", None, ONE) is None


# Whose it is


@pytest.mark.parametrize(
    ("caller", "theirs"),
    [(KEY, [KEPT]), (OTHER, [SHOP]), ("f" * 64, []), ("", [])],
)
def test_once_a_domain_lists_keys_a_key_opens_those_that_list_it_and_nothing_else(caller, theirs):
    assert usable(known(ONE, KEPT, TWO, SHOP), caller) == known(*theirs)


def test_as_long_as_no_domain_lists_keys_every_key_opens_them_all():
    assert usable(known(ONE, TWO), KEY) == known(ONE, TWO)


def test_no_key_at_all_is_a_key_that_nobody_lists():
    assert usable(known(ONE, TWO), "") == known(ONE, TWO)
    assert usable(known(ONE, KEPT), "") == {}


def test_a_key_of_two_domains_opens_both():
    both = SHOP.model_copy(update={"api_keys": frozenset({OTHER, KEY})})

    assert usable(known(ONE, KEPT, both), KEY) == known(KEPT, both)


@pytest.mark.parametrize("keys", [[KEY], {KEY}, KEY, 7, [7], {"a": KEY}, ["é"]])
def test_a_record_that_cannot_be_used_is_closed_and_so_is_all_else_to_the_keys_it_lists(keys):
    unreadable = broken(ONE, "two.example", {"api_keys": keys, "retry_hours": "ever"})
    shop = ONE.model_copy(update={"domain": "shop.example", "api_keys": frozenset({OTHER})})

    assert usable(known(ONE, unreadable), KEY) == {}
    assert usable(known(ONE, unreadable), OTHER) == {}
    assert usable(known(shop, unreadable), OTHER) == known(shop)


def test_a_record_without_keys_that_cannot_be_used_is_nobodys():
    assert usable(known(ONE, broken(ONE, "two.example", {"name": "?"})), KEY) == known(ONE)


# Whom a caller's domain may mail as

HUB = ONE.model_copy(update={"domain": "hub.example", "api_keys": frozenset({OTHER})})
BELOW = ONE.model_copy(update={"domain": "shop.hub.example", "api_keys": frozenset({KEY})})


def allowed(sender, *configurations, caller=KEY):
    """Say whether the first of these domains may mail as `sender` for this caller."""
    return Domains.of(known(*configurations), caller).allow(configurations[0], sender)


@pytest.mark.parametrize(
    ("domain", "sender"),
    [
        ("shop.hub.example", "ceo@hub.example"),
        ("shop.co.uk", "a@co.uk"),
        ("one.example", "a@example"),
        ("a.b.c.example", "a@c.example"),
    ],
)
def test_a_domain_above_it_that_nobody_has_claimed_is_nobodys(domain, sender):
    own = BELOW.model_copy(update={"domain": domain})

    assert not allowed(sender, own)
    assert allowed(f"a@{domain}", own)


def test_a_domain_above_it_is_not_lent_from_another_client():
    assert not allowed("ceo@hub.example", BELOW, HUB)


@pytest.mark.parametrize("above", ["hub.example", "b.hub.example"])
def test_a_domain_above_it_that_is_the_same_clients_may_be_mailed_as(above):
    own = BELOW.model_copy(update={"domain": "a.b.hub.example"})
    parent = HUB.model_copy(update={"domain": above, "api_keys": frozenset({KEY})})

    assert allowed(f"ceo@{above}", own, parent)
    assert not allowed("ceo@a.b.hub.example", parent, own)
    assert not allowed(f"ceo@x.{above}", own, parent)


def test_of_a_domain_above_it_only_those_addresses_that_that_one_allows():
    parent = HUB.model_copy(
        update={"api_keys": frozenset({KEY}), "allowed_senders": ("bill@hub.example",)}
    )

    assert allowed("bill@hub.example", BELOW, parent)
    assert not allowed("ceo@hub.example", BELOW, parent)


def test_a_domain_beside_it_is_not_above_it():
    beside = HUB.model_copy(update={"domain": "op.hub.example", "api_keys": frozenset({KEY})})

    assert not allowed("a@op.hub.example", BELOW, beside)


@pytest.mark.parametrize(
    ("identity", "sender", "may"),
    [
        ("hub.example", "ceo@hub.example", True),
        ("hub.example", "ceo@other.hub.example", False),
        ("Hub.Example", "CEO@hub.example", True),
        ("hub.example", "ceo@example", False),
        ("b.example", "a@b.example", False),
        ("ub.example", "a@ub.example", False),
        ("bill@hub.example", "Bill@hub.example", True),
        ("bill@hub.example", "ceo@hub.example", False),
        ("bill@elsewhere.example", "bill@elsewhere.example", False),
        ("", "ceo@hub.example", False),
    ],
)
def test_the_templates_identity_lets_the_domain_below_it_mail_as_it(identity, sender, may):
    assert allowed(sender, BELOW.model_copy(update={"identity": identity})) is may


def test_the_templates_identity_is_no_more_than_another_domain_once_a_client_has_it():
    own = BELOW.model_copy(update={"identity": "hub.example"})

    assert not allowed("ceo@hub.example", own, HUB)


def test_what_is_allowed_by_name_takes_the_place_of_all_that():
    named = {"allowed_senders": ("*@hub.example",), "identity": "b.example"}
    own = BELOW.model_copy(update=named)

    assert allowed("ceo@hub.example", own, HUB)
    assert not allowed("a@shop.hub.example", own, HUB)
    assert not allowed("a@b.example", own.model_copy(update={"domain": "a.b.example"}))


# What is wrong with a domain or a sender


def found(domain=None, sender=None, caller=OTHER, configurations=(MINE, KEPT)):
    faults = []
    chosen = senders.configuration(
        SendMail(domain=domain),
        Domains.of(known(*configurations), caller),
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
        ({"configurations": [SHOP, MINE, KEPT]}, ("Domain", "NotEmpty")),
        (
            {"sender": "me@nowhere.example", "configurations": [SHOP, MINE, KEPT]},
            ("Domain", "NotEmpty"),
        ),
        ({"sender": "me@two.example"}, ("From", "SenderNotAllowed")),
        ({"sender": "me@two.example", "caller": KEY}, ("From", "SenderNotAllowed")),
        ({"caller": ""}, ("Domain", "UnknownDomain")),
        (
            {"domain": "mg.two.example", "sender": "me@kept.example"},
            ("From", "SenderNotAllowed"),
        ),
    ],
)
def test_a_domain_or_sender_that_is_not_the_callers_is_a_fault(asked, fault):
    assert found(**asked)[1] == [fault]


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        (
            {"domain": "nowhere.example"},
            "'Domain' must be a domain that this API key may send for: mg.two.example.",
        ),
        (
            {"configurations": [SHOP, MINE]},
            (
                "'Domain' must be given, since this API key may send for several: "
                "mg.two.example, shop.example."
            ),
        ),
        (
            {"sender": "me@two.example"},
            "'From' must be an address that the domain's configuration allows: *@mg.two.example.",
        ),
        (
            {"domain": "kept.example", "configurations": [KEPT]},
            (
                "'Domain' must be a domain that this API key may send for: none so far. "
                "Ask the service's operator."
            ),
        ),
    ],
)
def test_a_fault_says_what_must_be(asked, message):
    faults = []
    chosen = {"domain": None, "sender": None, "configurations": [MINE]} | asked

    senders.configuration(
        SendMail(domain=chosen["domain"]),
        Domains.of(known(*chosen["configurations"]), OTHER),
        Mailbox(chosen["sender"]) if chosen["sender"] else None,
        faults,
    )

    assert [fault.message for fault in faults] == [message]


def told(*configurations, **asked):
    """Return what the one fault of a request says."""
    faults, sender = [], asked.pop("sender", None)
    domains = Domains.of(known(*configurations), OTHER)
    senders.configuration(SendMail(**asked), domains, sender and Mailbox(sender), faults)
    (fault,) = faults
    return fault.message


def many(number):
    return [SHOP.model_copy(update={"domain": f"d{n:02}.example"}) for n in range(number)]


def test_no_more_than_ten_of_a_callers_domains_are_named():
    ten, dozen = (told(*many(number), domain="x.example") for number in (10, 12))

    assert ten.endswith("d08.example, d09.example.")
    assert dozen.endswith("d08.example, d09.example, and 2 more.")


def test_the_senders_that_a_domain_allows_are_named_and_no_others():
    listed = MINE.model_copy(update={"allowed_senders": ("*@brand.example", "a@both.example")})

    message = told(listed, KEPT, sender="me@kept.example")

    assert message.endswith("allows: *@brand.example, a@both.example.")


@pytest.mark.parametrize(
    ("above", "named"),
    [
        (SHOP.model_copy(update={"domain": "two.example"}), "*@mg.two.example, *@two.example"),
        (KEPT.model_copy(update={"domain": "two.example"}), "*@mg.two.example"),
    ],
)
@pytest.mark.parametrize("identity", ["", "two.example"])
def test_a_domain_above_is_named_as_a_sender_unless_it_is_anothers(above, named, identity):
    below = MINE.model_copy(update={"identity": identity})

    assert told(below, above, domain=MINE.domain, sender="me@kept.example").endswith(f": {named}.")


@pytest.mark.parametrize(
    ("identity", "named"), [("two.example", "*@two.example"), ("a@two.example", "a@two.example")]
)
def test_what_is_verified_above_a_domain_is_named_as_its_sender(identity, named):
    below = MINE.model_copy(update={"identity": identity})

    assert told(below, sender="me@kept.example").endswith(f": *@mg.two.example, {named}.")


def test_of_several_domains_the_senders_is_found():
    assert found(sender="me@mg.two.example", configurations=[SHOP, MINE]) == (MINE, [])


@pytest.mark.parametrize("field", ["Domain", "From"])
def test_a_domain_that_is_not_found_because_of_an_earlier_fault_is_no_second_one(field):
    faults = [Fault(field, "Email", "...")]

    senders.configuration(SendMail(), Domains.of(known(SHOP, MINE), OTHER), None, faults)

    assert len(faults) == 1


def test_a_domain_may_be_named_in_any_case():
    assert found("MG.Two.example", "me@mg.two.example") == (MINE, [])


def test_an_internationalised_domain_may_be_named_in_either_script():
    held = SHOP.model_copy(update={"domain": "xn--mnchen-3ya.example"})

    assert found("münchen.example", configurations=[held]) == (held, [])


# The sender


@pytest.mark.parametrize(
    ("sender", "from_name", "expected"),
    [
        (None, None, Mailbox("a@one.example", "The Service")),
        (None, "Me", Mailbox("a@one.example", "Me")),
        (Mailbox("me@one.example"), None, Mailbox("me@one.example")),
        (Mailbox("me@one.example"), "", Mailbox("me@one.example")),
        (Mailbox("me@one.example", "Me"), None, Mailbox("me@one.example", "Me")),
        (Mailbox("me@one.example", "Me"), "I", Mailbox("me@one.example", "I")),
    ],
)
def test_the_sender_is_from_or_the_domains(sender, from_name, expected):
    assert completed(sender, ONE, from_name) == expected


# Names that show an address

OWN = Mailbox("Me@one.example")


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("ceo@bank.example", "ceo at bank.example"),
        ("ceo @ bank.example", "ceo at bank.example"),
        ("The CEO <ceo@bank.example>", "The CEO <ceo at bank.example>"),
        ("ceo\uff20bank.example", "ceo at bank.example"),
        ("ceo\ufe6bbank.example", "ceo at bank.example"),
        ("@home", "at home"),
        ("a@b@c", "a at b at c"),
        ("Me@one.example", "Me@one.example"),
        ("ME@ONE.example", "ME@ONE.example"),
        ("me\uff20one.example", "me at one.example"),
        ("Me@one.example (ceo@bank.example)", "Me at one.example (ceo at bank.example)"),
        ("At Bank", "At Bank"),
    ],
)
def test_a_name_that_shows_another_address_loses_its_at_sign(name, shown):
    assert completed(OWN, ONE, name).name == shown
    assert completed(Mailbox(OWN.address, name), ONE, None).name == shown
    held = ONE.model_copy(update={"default_sender_name": name, "default_sender": OWN.address})
    assert completed(None, held, None).name == shown


@pytest.mark.parametrize(
    ("from_name", "sender", "fault"),
    [
        ("ceo@bank.example", None, [("FromName", "AtSign")]),
        ("ceo\ufe6bbank.example", OWN, [("FromName", "AtSign")]),
        (None, Mailbox(OWN.address, "ceo@bank.example"), [("From", "AtSign")]),
        ("", Mailbox(OWN.address, "ceo@bank.example"), [("From", "AtSign")]),
        ("The CEO", Mailbox(OWN.address, "ceo@bank.example"), []),
        ("me@ONE.example", OWN, []),
        (None, None, []),
    ],
)
def test_a_domain_may_refuse_such_a_name_by_the_field_that_counts(from_name, sender, fault):
    strict = ONE.model_copy(update={"at_in_names": "refuse"})
    faults = []

    senders.configuration(
        SendMail(from_name=from_name), Domains.of(known(strict), KEY), sender, faults
    )

    assert [(one.field, one.code) for one in faults] == fault
    for field, _ in fault:
        said = f"'{field}' must not have a name with an '@', unless it is the address itself."
        assert [one.message for one in faults] == [said]
