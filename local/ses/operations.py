"""What the operations of SES v2 do that the simulator has. Source: SES v2 API reference.

On configuration sets the AWS emulator answers, which has them.
"""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any, Final

from botocore import xform_name

from local.ses import dkim, faults
from local.ses.addresses import is_domain
from local.ses.answers import Answer, Silence, as_json
from local.ses.errors import SesError, bad_request
from local.ses.requests import Request
from local.ses.simulator import Ses

type Json = dict[str, Any]
type Operation = Callable[[Ses, Json], Json]
"""Gets the members of a request, checked by the SDK's model, and returns those of the answer."""

_MOST_IN_PAGE: Final = 1_000
_NO_MAIL_FROM: Final = {"MailFromAttributes": {"BehaviorOnMxFailure": "USE_DEFAULT_VALUE"}}


def send_email(ses: Ses, request: Request) -> Answer | Silence:
    """Answer `SendEmail`, with a fault if one was ordered."""
    mail, source = ses.check(request.body, request.source_ip)
    fault = ses.admit(mail)
    if fault not in faults.BEFORE:
        ses.take(mail, source)
    if fault in faults.UNANSWERED:
        return faults.UNANSWERED[fault]
    if error := (faults.BEFORE | faults.AFTER).get(fault or ""):
        raise SesError(*error)
    return as_json({"MessageId": mail.id})


def _get_account(ses: Ses, _given: Json) -> Json:
    return ses.account.show()


def _put_account_details(ses: Ses, given: Json) -> Json:
    ses.account.ask_for_review(given)
    return {}


def _put_account_sending(ses: Ses, given: Json) -> Json:
    ses.account.change({"SendingEnabled": given.get("SendingEnabled", False)})
    return {}


def _get_identity(ses: Ses, given: Json) -> Json:
    return _NO_MAIL_FROM | ses.identities.get(given["EmailIdentity"])


def _create_identity(ses: Ses, given: Json) -> Json:
    created = ses.identities.create(given["EmailIdentity"])
    if attributes := given.get("DkimSigningAttributes"):
        patch = dkim.chosen(given["EmailIdentity"], attributes)
        created = ses.identities.change_one(given["EmailIdentity"], {"DkimAttributes": patch})
    shown = ("IdentityType", "VerifiedForSendingStatus", "DkimAttributes")
    return {name: created[name] for name in shown}


def _delete_identity(ses: Ses, given: Json) -> Json:
    ses.identities.remove(given["EmailIdentity"])
    return {}


def _list_identities(ses: Ses, given: Json) -> Json:
    token, size = given.get("NextToken", "0"), given.get("PageSize", _MOST_IN_PAGE)
    if not token.isdecimal() or not 1 <= size <= _MOST_IN_PAGE:
        raise bad_request(f"NextToken or PageSize (1 to {_MOST_IN_PAGE}) is not valid.")
    listed = [
        {
            "IdentityName": name,
            "IdentityType": held["IdentityType"],
            "SendingEnabled": held["VerifiedForSendingStatus"],
            "VerificationStatus": held["VerificationStatus"],
        }
        for name, held in sorted(ses.identities.show().items())
    ]
    start = int(token)
    more = {"NextToken": str(start + size)} if len(listed) > start + size else {}
    return {"EmailIdentities": listed[start : start + size]} | more


def _put_mail_from(ses: Ses, given: Json) -> Json:
    """Set the MAIL FROM domain, which is pending then; without one, SES's own is used again."""
    identity, domain = given["EmailIdentity"], given.get("MailFromDomain", "").lower()
    if domain and not is_domain(domain):
        raise bad_request(f"Invalid MAIL-FROM domain <{domain}>.")
    if domain and not domain.endswith(f".{identity.lower().rpartition('@')[2]}"):
        raise bad_request(
            f"Provided MAIL-FROM domain <{domain}> is not subdomain of the domain of the identity "
            f"<{identity}>."
        )
    mail_from = {
        "MailFromDomain": domain,
        "MailFromDomainStatus": "PENDING",
        "BehaviorOnMxFailure": given.get("BehaviorOnMxFailure", "USE_DEFAULT_VALUE"),
    }
    ses.identities.change_one(identity, {"MailFromAttributes": mail_from if domain else None})
    return {}


def _put_feedback(ses: Ses, given: Json) -> Json:
    is_on = given.get("EmailForwardingEnabled", False)
    ses.identities.change_one(given["EmailIdentity"], {"FeedbackForwardingStatus": is_on})
    return {}


def _put_dkim(ses: Ses, given: Json) -> Json:
    patch = {"SigningEnabled": given.get("SigningEnabled", False)}
    ses.identities.change_one(given["EmailIdentity"], {"DkimAttributes": patch})
    return {}


def _put_dkim_signing(ses: Ses, given: Json) -> Json:
    """Choose whose key signs, and how long the next one is: SES changes to it within days."""
    identity, attributes = given["EmailIdentity"], given.get("SigningAttributes", {})
    held = ses.identities.get(identity)["DkimAttributes"]
    patch = dkim.changed(identity, held, given["SigningAttributesOrigin"], attributes)
    changed = ses.identities.change_one(identity, {"DkimAttributes": patch})["DkimAttributes"]
    return {"DkimStatus": changed["Status"], "DkimTokens": changed.get("Tokens", [])}


def _asked(operation: str, ses: Ses, given: Json) -> Json:
    answer: Json = _as_on_the_wire(ses.configuration_sets.ask(operation, **given))
    return answer


def _as_on_the_wire(value: Any) -> Any:
    """Return what an SDK has read as it was sent: its times are seconds there."""
    if isinstance(value, dict):
        return {name: _as_on_the_wire(member) for name, member in value.items()}
    if isinstance(value, list):
        return [_as_on_the_wire(member) for member in value]
    return value.timestamp() if isinstance(value, datetime) else value


_ASKED: Final = (
    "CreateConfigurationSet",
    "CreateConfigurationSetEventDestination",
    "DeleteConfigurationSet",
    "DeleteConfigurationSetEventDestination",
    "GetConfigurationSet",
    "GetConfigurationSetEventDestinations",
    "ListConfigurationSets",
    "PutConfigurationSetDeliveryOptions",
    "PutConfigurationSetReputationOptions",
    "PutConfigurationSetSendingOptions",
    "PutConfigurationSetSuppressionOptions",
    "PutConfigurationSetTrackingOptions",
    "UpdateConfigurationSetEventDestination",
)
OPERATIONS: Final[dict[str, Operation]] = {
    "CreateEmailIdentity": _create_identity,
    "DeleteEmailIdentity": _delete_identity,
    "GetAccount": _get_account,
    "GetEmailIdentity": _get_identity,
    "ListEmailIdentities": _list_identities,
    "PutAccountDetails": _put_account_details,
    "PutAccountSendingAttributes": _put_account_sending,
    "PutEmailIdentityDkimAttributes": _put_dkim,
    "PutEmailIdentityDkimSigningAttributes": _put_dkim_signing,
    "PutEmailIdentityFeedbackAttributes": _put_feedback,
    "PutEmailIdentityMailFromAttributes": _put_mail_from,
    **{name: partial(_asked, xform_name(name)) for name in _ASKED},
}
"""By the names of the API reference; `SendEmail`, which may give no answer, is by itself."""
