"""The identities of the account: how they are set, what the SDK reads, and who may send then."""

from urllib.parse import quote

import pytest
from botocore.exceptions import ClientError
from support.simulator import sandbox

from local.ses.errors import FieldError
from local.ses.identities import Identities

SHOP = "shop.example"
FROM_SHOP = {"FromEmailAddress": f"no-reply@{SHOP}"}
MAIL_FROM = {"MailFromDomain": f"bounce.{SHOP}", "BehaviorOnMxFailure": "REJECT_MESSAGE"}


@pytest.fixture
def ses():
    with sandbox(identities=("Example.com", "One@single.example")) as running:
        yield running


def test_a_seeded_domain_is_one_that_an_operator_has_finished(ses):
    found = ses.client.get_email_identity(EmailIdentity="EXAMPLE.com")

    assert found["IdentityType"] == "DOMAIN"
    assert (found["VerifiedForSendingStatus"], found["VerificationStatus"]) == (True, "SUCCESS")
    assert found["FeedbackForwardingStatus"] is False
    assert found["DkimAttributes"]["Status"] == "SUCCESS"
    assert found["MailFromAttributes"] == {
        "MailFromDomain": "bounce.example.com",
        "MailFromDomainStatus": "SUCCESS",
        "BehaviorOnMxFailure": "USE_DEFAULT_VALUE",
    }
    assert ses.call("GET", "/identities/example.com")[1]["MailFromAttributes"]
    assert ses.call("GET", "/identities")[1].keys() == {"example.com", "One@single.example"}


def test_an_identity_that_the_sdk_creates_is_pending_until_it_is_verified(ses):
    created = ses.client.create_email_identity(EmailIdentity=SHOP)

    tokens = created["DkimAttributes"]["Tokens"]
    assert (created["IdentityType"], created["VerifiedForSendingStatus"]) == ("DOMAIN", False)
    assert created["DkimAttributes"]["Status"] == "PENDING"
    assert len({*tokens}) == 3
    with pytest.raises(ses.client.exceptions.MessageRejected, match=f"no-reply@{SHOP}"):
        ses.send(**FROM_SHOP)

    status, answer = ses.call("PUT", f"/identities/{SHOP}", {"VerifiedForSendingStatus": True})

    assert (status, answer["DkimAttributes"]["Status"]) == (200, "SUCCESS")
    assert answer["DkimAttributes"]["Tokens"] == tokens
    assert ses.send(**FROM_SHOP)
    with pytest.raises(ses.client.exceptions.AlreadyExistsException):
        ses.client.create_email_identity(EmailIdentity=SHOP)


def test_an_address_has_no_dkim_of_its_own(ses):
    created = ses.client.create_email_identity(EmailIdentity="ada@shop.example")

    assert created["IdentityType"] == "EMAIL_ADDRESS"
    assert created["DkimAttributes"] == {"SigningEnabled": False, "Status": "NOT_STARTED"}
    ses.call("PUT", "/identities", {"ada@shop.example": {"VerifiedForSendingStatus": True}})
    assert ses.send(FromEmailAddress="Ada <ada+x@SHOP.example>")
    found = ses.client.get_email_identity(EmailIdentity="ada@shop.example")
    assert found["DkimAttributes"]["Status"] == "NOT_STARTED"
    assert found["MailFromAttributes"] == {"BehaviorOnMxFailure": "USE_DEFAULT_VALUE"}


def test_a_domain_that_is_no_longer_verified_sends_nothing(ses):
    ses.call("PUT", "/identities/example.com", {"VerifiedForSendingStatus": False})

    with pytest.raises(ses.client.exceptions.MessageRejected):
        ses.send()

    assert ses.call("DELETE", "/identities")[0] == 204
    assert ses.send()


def test_a_removed_domain_is_gone(ses):
    assert ses.call("DELETE", "/identities/example.com")[0] == 204

    for ask in (
        lambda: ses.client.get_email_identity(EmailIdentity="example.com"),
        lambda: ses.client.put_email_identity_feedback_attributes(EmailIdentity="example.com"),
    ):
        with pytest.raises(ses.client.exceptions.NotFoundException, match=r"example\.com"):
            ask()
    assert ses.call("DELETE", "/identities/example.com")[0] == 404
    with pytest.raises(ses.client.exceptions.MessageRejected):
        ses.send()


def test_the_sdk_sets_mail_from_and_feedback(ses):
    ses.client.create_email_identity(EmailIdentity=SHOP)
    ses.client.put_email_identity_mail_from_attributes(EmailIdentity=SHOP, **MAIL_FROM)
    ses.client.put_email_identity_feedback_attributes(
        EmailIdentity=SHOP, EmailForwardingEnabled=False
    )

    found = ses.client.get_email_identity(EmailIdentity=SHOP)

    assert found["MailFromAttributes"] == MAIL_FROM | {"MailFromDomainStatus": "PENDING"}
    assert found["FeedbackForwardingStatus"] is False
    ses.client.put_email_identity_mail_from_attributes(EmailIdentity=SHOP)
    found = ses.client.get_email_identity(EmailIdentity=SHOP)
    assert found["MailFromAttributes"] == {"BehaviorOnMxFailure": "USE_DEFAULT_VALUE"}


def test_a_mail_from_domain_lies_within_its_identity(ses):
    with pytest.raises(ses.client.exceptions.BadRequestException, match="not subdomain"):
        ses.client.put_email_identity_mail_from_attributes(
            EmailIdentity="example.com", MailFromDomain="bounce.other.example"
        )


@pytest.mark.parametrize("status", ["PENDING", "FAILED", "TEMPORARY_FAILURE"])
def test_a_mail_from_domain_that_must_be_right_and_is_not_refuses_the_mail(ses, status):
    attributes = {"MailFromDomainStatus": status}
    ses.call("PUT", "/identities/example.com", {"MailFromAttributes": attributes})
    assert ses.send()  # SES's own domain takes its place.
    attributes |= {"BehaviorOnMxFailure": "REJECT_MESSAGE"}
    ses.call("PUT", "/identities/example.com", {"MailFromAttributes": attributes})

    with pytest.raises(ses.client.exceptions.MailFromDomainNotVerifiedException) as refusal:
        ses.send()

    assert refusal.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
    attributes |= {"MailFromDomainStatus": "SUCCESS"}
    ses.call("PUT", "/identities/example.com", {"MailFromAttributes": attributes})
    assert ses.send()


def test_identities_are_listed_in_pages(ses):
    ses.client.create_email_identity(EmailIdentity=SHOP)

    first = ses.client.list_email_identities(PageSize=2)
    rest = ses.client.list_email_identities(PageSize=2, NextToken=first["NextToken"])

    listed = [*first["EmailIdentities"], *rest["EmailIdentities"]]
    assert "NextToken" not in rest
    assert {each["IdentityName"]: each["SendingEnabled"] for each in listed} == {
        "One@single.example": True,
        "example.com": True,
        SHOP: False,
    }
    with pytest.raises(ses.client.exceptions.BadRequestException):
        ses.client.list_email_identities(PageSize=0)


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({SHOP: {"Verified": True}}, f"{SHOP}: Verified"),
        ({SHOP: {"VerifiedForSendingStatus": "yes"}}, f"{SHOP}: VerifiedForSendingStatus"),
        ({SHOP: {"DkimAttributes": {"Status": "OK"}}}, f"{SHOP}: DkimAttributes.Status"),
        (
            {SHOP: {"MailFromAttributes": {"BehaviorOnMxFailure": "USE_DEFAULT_VALUE"}}},
            f"{SHOP}: MailFromAttributes.MailFromDomain",
        ),
        ({SHOP: {"MailFromAttributes": True}}, f"{SHOP}: MailFromAttributes"),
        ({SHOP: True}, SHOP),
        ({"shop": {}}, "shop"),
        ({"@shop.example": {}}, "@shop.example"),
        ({"münchen.example": {}}, "münchen.example"),
    ],
)
def test_what_makes_no_sense_names_its_member_and_changes_nothing(ses, given, field):
    before = ses.call("GET", "/identities")

    status, answer = ses.call("PUT", "/identities", {"other.example": {}} | given)

    assert (status, answer["field"]) == (400, field)
    assert ses.call("GET", "/identities") == before


def test_what_the_sdk_asks_for_wrongly_is_a_bad_request(ses):
    with pytest.raises(ClientError) as refusal:
        ses.client.create_email_identity(EmailIdentity="no domain")

    assert refusal.value.response["Error"]["Code"] == "BadRequestException"


def test_the_nearest_verified_identity_covers_an_address():
    identities = Identities(["example.com", "mail.example.com", "ada@mail.example.com"])

    def covering(address):
        found = identities.covering(address)
        return found and found[0]

    assert covering("ada+x@Mail.example.com") == "ada@mail.example.com"
    assert covering("eve@deep.mail.example.com") == "mail.example.com"
    assert covering("Ada@mail.example.com") == "mail.example.com"
    identities.change({"mail.example.com": {"VerifiedForSendingStatus": False}})
    assert covering("eve@mail.example.com") == "example.com"
    assert covering("eve@notexample.com") is None


def test_an_identity_of_the_environment_that_is_none_is_refused():
    with pytest.raises(FieldError, match="punycode"):
        Identities(["example.com", "shop"])


def test_a_name_may_have_whatever_an_address_may_have(ses):
    name = "a/b+c%20d@shop.example"

    ses.client.create_email_identity(EmailIdentity=name)

    assert ses.client.get_email_identity(EmailIdentity=name)["IdentityType"] == "EMAIL_ADDRESS"
    path = f"/identities/{quote(name, safe='')}"
    assert ses.call("PUT", path, {"VerifiedForSendingStatus": True})[0] == 200
    assert name in ses.call("GET", "/identities")[1]
    assert ses.call("DELETE", path)[0] == 204


@pytest.mark.parametrize(
    ("name", "patch", "field"),
    [
        ("shop.example", {"IdentityType": "EMAIL_ADDRESS"}, "IdentityType"),
        ("ada@shop.example", {"IdentityType": "DOMAIN"}, "IdentityType"),
        (
            "shop.example",
            {"MailFromAttributes": {"MailFromDomain": "a b.shop.example"}},
            "MailFromAttributes.MailFromDomain",
        ),
    ],
)
def test_a_state_that_no_identity_can_have_is_refused(ses, name, patch, field):
    status, answer = ses.call("PUT", "/identities", {name: patch})

    assert (status, answer["field"]) == (400, f"{name}: {field}")
    assert name not in ses.call("GET", "/identities")[1]


def test_a_mail_from_domain_that_is_none_is_refused(ses):
    with pytest.raises(ses.client.exceptions.BadRequestException, match="MAIL-FROM domain <a b"):
        ses.client.put_email_identity_mail_from_attributes(
            EmailIdentity="example.com", MailFromDomain="a b.example.com"
        )
