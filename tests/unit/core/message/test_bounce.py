"""What a bounce says of each recipient: failed or not, how, and for good or not."""

import pytest

from core.message import bounce
from core.message.event import EventType, Report

ADA, BOB = "ada@recipient.example", "bob@recipient.example"


def read(kind, subtype, *recipients):
    told = {"bounceType": kind, "bounceSubType": subtype, "bouncedRecipients": list(recipients)}
    return bounce.reports(told)


def recipient(address=ADA, **members):
    return {"emailAddress": address} | members


def failed(status="", words="", address=ADA):
    return recipient(address, action="failed", status=status, diagnosticCode=words)


# ---- automatic replies


@pytest.mark.parametrize("nothing", [{}, {"status": None, "action": ""}, {"diagnosticCode": " "}])
@pytest.mark.parametrize("address", [ADA, "Ada Lovelace <ADA@Recipient.example>"])
def test_a_transient_general_bounce_of_an_address_alone_is_an_automatic_reply(nothing, address):
    reports = read("Transient", "General", recipient(address, **nothing))

    assert reports == (Report(EventType.AUTOMATIC_REPLY, ADA),)


@pytest.mark.parametrize(
    "member", [{"status": "4.4.7"}, {"action": "failed"}, {"diagnosticCode": "smtp; 421 later"}]
)
def test_a_transient_general_bounce_of_which_a_host_says_anything_is_a_bounce(member):
    (report,) = read("Transient", "General", recipient(**member))

    assert (report.kind, report.is_dead) == (EventType.BOUNCE, False)


@pytest.mark.parametrize(
    ("kind", "subtype"),
    [
        ("Permanent", "General"),
        ("Permanent", "NoEmail"),
        ("Transient", "MailboxFull"),
        ("Undetermined", "Undetermined"),
        ("Transient", None),
        (None, "General"),
    ],
)
def test_every_other_bounce_of_an_address_alone_is_a_bounce(kind, subtype):
    (report,) = read(kind, subtype, recipient())

    assert report.kind is EventType.BOUNCE


def test_a_reply_from_nobody_knows_whom_is_a_bounce():
    assert [report.kind for report in read("Transient", "General")] == [EventType.BOUNCE]
    assert [report.kind for report in read("Transient", "General", {})] == [EventType.BOUNCE]


# ---- what the host did


@pytest.mark.parametrize(
    ("action", "kind"),
    [
        ("failed", EventType.BOUNCE),
        ("", EventType.BOUNCE),
        ("something new", EventType.BOUNCE),
        (7, EventType.BOUNCE),
        ("delayed", EventType.DELIVERY_DELAY),
        ("Delayed (will be tried again)", EventType.DELIVERY_DELAY),
        ("delayed;x", EventType.DELIVERY_DELAY),
        ("DELAYED, 3 tries", EventType.DELIVERY_DELAY),
        ("delayed(4.4.1)", EventType.DELIVERY_DELAY),
        ("undelayed", EventType.BOUNCE),
        ("delivered", EventType.DELIVERY),
        ("relayed", EventType.DELIVERY),
        ("expanded", EventType.DELIVERY),
    ],
)
@pytest.mark.parametrize("type_", ["Permanent", "Transient", "Undetermined"])
def test_the_action_says_whether_a_recipient_failed(type_, action, kind):
    (report,) = read(type_, "General", recipient(action=action, status="5.1.1"))

    assert report.kind is kind
    assert report.is_dead == (kind is EventType.BOUNCE)
    assert bool(report.detail) == (kind is EventType.BOUNCE)


def test_each_recipient_has_its_own_action_code_and_words():
    reports = read(
        "Permanent",
        "General",
        failed("5.7.1", "smtp; 550 5.7.1 blocked", BOB),
        recipient("carl@other.example", action="delayed", status="4.0.0"),
        failed("5.1.1", "smtp; 550 5.1.1 unknown"),
    )

    assert [(one.kind, one.address, one.detail, one.words) for one in reports] == [
        (EventType.BOUNCE, BOB, "Bounced: Permanent/General 5.7.1", "smtp; 550 5.7.1 blocked"),
        (EventType.DELIVERY_DELAY, "carl@other.example", "", ""),
        (EventType.BOUNCE, ADA, "Bounced: Permanent/General 5.1.1", "smtp; 550 5.1.1 unknown"),
    ]


# ---- the code


@pytest.mark.parametrize(
    ("status", "words", "code"),
    [
        ("5.1.1", "", "5.1.1"),
        (" 5.1.1 (bad destination mailbox address)", "", "5.1.1"),
        ("5.1.1", "smtp; 550 5.7.1 blocked", "5.1.1"),
        ("5.0.0", "smtp; 550 5.1.1 user unknown", "5.1.1"),
        ("4.0.0", "smtp;550-5.1.10 no mail here", "5.1.10"),
        ("", "smtp; 550 5.1.1 user unknown", "5.1.1"),
        ("", "550 #5.1.1 user unknown", "5.1.1"),
        ("", "5.1.1 user unknown", "5.1.1"),
        ("", "#5.1.1 user unknown", "5.1.1"),
        ("", "x-exchange; 550 5.1.10 RESOLVER.ADR.RecipientNotFound; not found", "5.1.10"),
        ("", "smtp; 550 sorry, no mailbox here by that name. (#5.1.1)", "5.1.1"),
        ("", "550 (5.1.1) user unknown", "5.1.1"),
        ("5.0.0", "smtp; 550 [5.1.1] user unknown", "5.1.1"),
        ("", "smtp; 550 (#5.1.1) user unknown", "5.1.1"),
        ("", "550 <ada@recipient.example>: 5.1.1 user unknown", "5.1.1"),
        ("", "550 <ada@recipient.example>... 5.1.1 user unknown", "5.1.1"),
        ("5.0.0", "x-postfix; host mx.example[192.0.2.7] said: 550 5.1.1 unknown", "5.1.1"),
        ("", "smtp; host mx.example said: 550-5.1.10 unknown", "5.1.10"),
        ("", "smtp; host mx.example said: 550 <ada@recipient.example>: 5.1.1 no", "5.1.1"),
        ("", "smtp; host mx.example said: 550 user unknown", ""),
        ("", "550 5.1.1. User unknown", "5.1.1"),
        ("", "smtp; host mx.example said: 550 [5.1.1.2] is blocked", ""),
        ("", "smtp; 550 <5.1.1> is no mailbox", ""),
        ("", "smtp; 550 unsaid: 5.1.1", ""),
        ("5.0.0", "smtp; 550 user unknown", "5.0.0"),
        ("5.0.0", "", "5.0.0"),
        ("", "smtp; 550 user unknown", ""),
        ("", "smtp; 550 refused, ask about 5.1.1 at the postmaster", ""),
        ("", "smtp; 550 5.1.1.2 is blocked", ""),
        ("ada@recipient.example", "", ""),
        ("5.1", "", ""),
        ("15.1.1", "", ""),
        ("5.1.1234", "", ""),
        (511, "", ""),
    ],
)
def test_the_code_is_the_status_or_what_the_host_said_first(status, words, code):
    (report,) = read("Transient", "ContentRejected", failed(status, words))

    assert report.detail == f"Bounced: Transient/ContentRejected {code}".rstrip()


@pytest.mark.parametrize(
    ("kind", "subtype", "detail"),
    [
        (None, None, "Bounced."),
        (7, ["General"], "Bounced."),
        ("ada@recipient.example", "Ada Lovelace", "Bounced."),
        ("Permanent", None, "Bounced: Permanent"),
        ("BrandNew", "Type2", "Bounced: BrandNew/Type2"),
        ("x" * 64, "General", "Bounced: General"),
    ],
)
def test_only_the_names_of_types_become_part_of_the_reason(kind, subtype, detail):
    (report,) = read(kind, subtype, failed())

    assert report.detail == detail


# ---- for good


@pytest.mark.parametrize("kind", ["Transient", "Undetermined", None])
@pytest.mark.parametrize(
    ("code", "is_dead"),
    [
        ("5.1.1", True),
        ("5.1.2", True),
        ("5.1.3", True),
        ("5.1.6", True),
        ("5.1.10", True),
        ("5.0.0", False),
        ("5.1.0", False),
        ("5.1.4", False),
        ("5.1.8", False),
        ("4.1.1", False),
        ("5.2.1", False),
        ("5.2.2", False),
        ("5.7.1", False),
        ("4.4.7", False),
        ("", False),
    ],
)
def test_a_code_of_no_such_address_is_for_good_whatever_ses_calls_the_bounce(kind, code, is_dead):
    by_status = read(kind, "General", failed(code))
    by_words = read(kind, "General", failed("5.0.0", f"smtp; 550 {code} no"))

    assert [one.is_dead for one in (*by_status, *by_words)] == [is_dead, is_dead]


@pytest.mark.parametrize("code", ["5.1.1", "5.2.2", "5.7.1", "4.4.7", ""])
def test_a_permanent_bounce_is_for_good_whatever_its_code(code):
    assert read("Permanent", "General", failed(code))[0].is_dead


def test_a_full_mailbox_is_never_for_good():
    assert not read("Transient", "MailboxFull", failed("5.1.1", "smtp; 552 5.1.1 full"))[0].is_dead


@pytest.mark.parametrize(
    ("subtype", "is_withheld"),
    [
        ("General", False),
        ("NoEmail", False),
        ("Suppressed", False),
        ("OnAccountSuppressionList", True),
        ("OnTenantSuppressionList", True),
        ("EmailValidationSuppressed", True),
        ("UnsubscribedRecipient", True),
    ],
)
def test_what_ses_did_not_try_to_send_is_known_by_its_subtype(subtype, is_withheld):
    (report,) = read("Permanent", subtype, failed("5.1.1"))

    assert (report.is_dead, report.is_withheld) == (True, is_withheld)
