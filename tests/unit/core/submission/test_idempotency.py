"""What makes two submissions the same one."""

import hashlib

import pytest
from pydantic import Field

from core.config import CONFIG
from core.contract.contract import Attachment, SendMail
from core.contract.errors import Invalid
from core.submission import submission
from core.submission.domains import DomainConfiguration
from core.submission.idempotency import HEADER, KEPT_SECONDS, key_of

PLAIN = DomainConfiguration(
    domain="one.example", name="one", configuration_set="c", default_sender="a@one.example"
)
BY_REFERENCE = PLAIN.model_copy(update={"reference_is_key": True})
OTHER_DOMAIN = BY_REFERENCE.model_copy(update={"domain": "two.example"})
MAIL = SendMail(to="ada@recipient.example", subject="s", reference="r-1")
NOW = 1_800_000_000


def key(mail=MAIL, header=None, caller="a", configuration=PLAIN):
    submitted = submission.read(mail, {configuration.domain: configuration}, caller, CONFIG.limits)
    return key_of(mail, submitted, header, caller, NOW)


def changed(**fields):
    return MAIL.model_copy(update=fields)


def test_without_a_header_there_is_no_key():
    assert key() is None


def test_a_reference_is_the_key_where_the_domain_says_so():
    assert key(configuration=BY_REFERENCE) is not None
    assert key(changed(reference=None), configuration=BY_REFERENCE) is None


def test_a_header_beats_a_reference():
    assert key(header="k", configuration=BY_REFERENCE).hash == key(header="k").hash


def test_the_same_key_from_the_same_caller_is_the_same():
    assert key(header="k", caller="a") == key(header="k", caller="a")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (key(header="k", caller="a"), key(header="k", caller="b")),
        (key(header="k"), key(header="K")),
        (key(header="r-1"), key(configuration=BY_REFERENCE)),
        (key(configuration=BY_REFERENCE), key(configuration=OTHER_DOMAIN)),
        (
            key(configuration=BY_REFERENCE),
            key(changed(reference="r-2"), configuration=BY_REFERENCE),
        ),
        (key(header="', 'x", caller="a"), key(header="x", caller="a', '")),
    ],
)
def test_keys_of_different_scopes_never_meet(one, other):
    assert one.hash != other.hash


@pytest.mark.parametrize("caller", ["a", "c"])
def test_a_reference_counts_for_its_domain_whoever_calls(caller):
    assert (
        key(caller=caller, configuration=BY_REFERENCE).hash
        == key(caller="b", configuration=BY_REFERENCE).hash
    )


@pytest.mark.parametrize("header", ["", "x" * 256])
def test_a_key_of_no_or_too_great_length_is_refused_without_quoting_it(header):
    with pytest.raises(Invalid) as refusal:
        key(header=header)

    assert [fault.field for fault in refusal.value.faults] == ["Idempotency-Key"]
    assert not header or header not in refusal.value.message


@pytest.mark.parametrize("header", ["x", "x" * 255, "ä 😀"])
def test_any_other_key_is_taken(header):
    assert key(header=header) is not None


def test_a_key_is_kept_for_a_week():
    assert key(header="k").expires_at == NOW + KEPT_SECONDS == NOW + 7 * 24 * 3600


@pytest.mark.parametrize(
    "fields",
    [
        {"subject": "t"},
        {"subject": "", "text": "s"},
        {"text": ""},
        {"to": "Ada@recipient.example"},
        {"reference": "r-2"},
        {"reply_to": "eve@recipient.example"},
        {"attachments": (Attachment(bytes_=b""),)},
    ],
)
def test_another_mail_has_another_fingerprint(fields):
    assert key(changed(**fields), "k").fingerprint != key(header="k").fingerprint


FILE = Attachment(bytes_=b"ab", name="n", content_type="a/b")


@pytest.mark.parametrize(
    "attachments",
    [
        (),
        (FILE.model_copy(update={"bytes_": b"ac"}),),
        (FILE.model_copy(update={"name": "m"}),),
        (FILE.model_copy(update={"content_type": "a/c"}),),
        (FILE.model_copy(update={"content_id": "logo"}),),
        (FILE, FILE),
        (FILE.model_copy(update={"bytes_": b"a"}), FILE.model_copy(update={"bytes_": b"b"})),
    ],
)
def test_other_files_have_another_fingerprint(attachments):
    one, other = (
        key(changed(attachments=files), "k").fingerprint for files in ((FILE,), attachments)
    )

    assert one != other


def test_a_changed_configuration_makes_no_other_mail():
    renamed = PLAIN.model_copy(update={"default_sender_name": "New", "retry_hours": 1})

    assert key(header="k", configuration=renamed) == key(header="k")


def test_a_key_shows_neither_caller_nor_reference():
    shown = repr(key(header="geheim47", caller="geheim48"))

    assert "geheim" not in shown


FULL = MAIL.model_copy(
    update={"domain": "one.example", "text": "Grüße \u2028 😀", "attachments": (FILE, FILE)}
)


def test_a_fingerprint_does_not_change_from_one_version_to_the_next():
    """Keys are kept for a week: a mail whose fingerprint changes is refused when it is repeated."""
    plain, full = key(header="k").fingerprint, key(FULL, "k").fingerprint

    assert plain == "e07dff3a646be0446ab43842c96be7ebc68a4319e24e0b3505422a2d432af844"
    assert full == "d433eec0545a4146afbd0e81469730072e7195dff6c0190335e03ca234d3a38a"


class LaterAttachment(Attachment):
    language: str | None = Field(None, alias="Language")


class LaterSendMail(SendMail):
    """The request as a later version may declare it: with members before and after the others."""

    topic: str | None = Field(None, alias="Topic")
    is_urgent: bool | None = Field(None, alias="IsUrgent")


def test_a_member_that_the_contract_gains_does_not_change_older_requests():
    later_file = LaterAttachment(**dict(FILE))
    later = LaterSendMail(**dict(FULL) | {"attachments": (later_file, later_file)})

    assert key(later, "k") == key(FULL, "k")


@pytest.mark.parametrize("fields", [{"topic": "t"}, {"is_urgent": False}])
def test_a_new_member_that_is_given_makes_another_mail(fields):
    later = LaterSendMail(**dict(FULL) | fields)

    assert key(later, "k").fingerprint != key(FULL, "k").fingerprint


def test_a_new_member_of_an_attachment_makes_another_mail():
    files = (LaterAttachment(**dict(FILE), language="de"), FILE)

    assert key(changed(attachments=files), "k") != key(changed(attachments=(FILE, FILE)), "k")


def test_no_attachments_are_the_same_as_an_empty_list_of_them():
    assert key(changed(attachments=()), "k") == key(changed(attachments=None), "k")


@pytest.mark.parametrize(
    ("kept", "scope"),
    [
        (key(header="k", caller="c"), b"('caller', 'c', 'k')"),
        (key(configuration=BY_REFERENCE), b"('domain', 'one.example', 'r-1')"),
    ],
)
def test_a_key_that_was_kept_is_found_by_the_next_version(kept, scope):
    """They lie in the table for a week: with another hash, every repeat would be sent again."""
    assert kept.hash == hashlib.sha256(scope).hexdigest()


def test_the_header_is_the_one_that_the_contract_names():
    assert HEADER == "idempotency-key"
    with pytest.raises(Invalid) as refusal:
        key(header="")
    assert [fault.code for fault in refusal.value.faults] == ["Length"]
    assert refusal.value.message == "'Idempotency-Key' must have 1 to 255 characters."
