"""The operations of SES v2 that the simulator knows, at the paths that SDKs use.

Source: SES v2 API reference. On configuration sets the AWS emulator answers, which has them.
"""

import re
from datetime import datetime
from typing import Any, Final

from local.ses import faults, model
from local.ses.answers import Answer, Silence, as_json
from local.ses.errors import SesError, bad_request
from local.ses.requests import Request, Routes
from local.ses.simulator import Ses

type Json = dict[str, Any]

_MOST_IN_PAGE: Final = 1_000
_NO_MAIL_FROM: Final = {"MailFromAttributes": {"BehaviorOnMxFailure": "USE_DEFAULT_VALUE"}}


def _send_email(ses: Ses, request: Request) -> Answer | Silence:
    mail, source = ses.check(request.body, request.source_ip)
    fault = ses.admit(mail)
    if fault not in faults.BEFORE:
        ses.take(mail, source)
    if fault in faults.UNANSWERED:
        return faults.UNANSWERED[fault]
    if error := (faults.BEFORE | faults.AFTER).get(fault or ""):
        raise SesError(*error)
    return as_json({"MessageId": mail.id})


def _get_account(ses: Ses, _request: Request) -> Answer:
    return as_json(ses.account.show())


def _get_identity(ses: Ses, request: Request) -> Answer:
    return as_json(_NO_MAIL_FROM | ses.identities.get(request.names[0]))


def _create_identity(ses: Ses, request: Request) -> Answer:
    given = model.parse("CreateEmailIdentity", request.body)
    created = ses.identities.create(given["EmailIdentity"])
    shown = ("IdentityType", "VerifiedForSendingStatus", "DkimAttributes")
    return as_json({name: created[name] for name in shown})


def _list_identities(ses: Ses, request: Request) -> Answer:
    given = model.parse("ListEmailIdentities", request.body)
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
    return as_json({"EmailIdentities": listed[start : start + size]} | more)


def _put_mail_from(ses: Ses, request: Request) -> Answer:
    """Set the MAIL FROM domain, which is pending then; without one, SES's own is used again."""
    operation, identity = "PutEmailIdentityMailFromAttributes", request.names[0]
    given = model.parse(operation, request.body, EmailIdentity=identity)
    domain = given.get("MailFromDomain", "").lower()
    if domain and not domain.endswith(f".{identity.lower()}"):
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
    return as_json({})


def _put_feedback(ses: Ses, request: Request) -> Answer:
    operation, identity = "PutEmailIdentityFeedbackAttributes", request.names[0]
    given = model.parse(operation, request.body, EmailIdentity=identity)
    is_on = given.get("EmailForwardingEnabled", False)
    ses.identities.change_one(identity, {"FeedbackForwardingStatus": is_on})
    return as_json({})


def _get_configuration_set(ses: Ses, request: Request) -> Answer:
    return _asked(ses, "get_configuration_set", request)


def _get_event_destinations(ses: Ses, request: Request) -> Answer:
    return _asked(ses, "get_configuration_set_event_destinations", request)


def _put_sending(ses: Ses, request: Request) -> Answer:
    operation, name = "PutConfigurationSetSendingOptions", request.names[0]
    given = model.parse(operation, request.body, ConfigurationSetName=name)
    is_on = given.get("SendingEnabled", False)
    return _asked(ses, "put_configuration_set_sending_options", request, SendingEnabled=is_on)


def _asked(ses: Ses, operation: str, request: Request, **members: Any) -> Answer:
    name = request.names[0]
    answer = ses.configuration_sets.ask(operation, ConfigurationSetName=name, **members)
    return as_json(_as_on_the_wire(answer))


def _as_on_the_wire(value: Any) -> Any:
    """Return what an SDK has read as it was sent: its times are seconds there."""
    if isinstance(value, dict):
        return {name: _as_on_the_wire(member) for name, member in value.items()}
    if isinstance(value, list):
        return [_as_on_the_wire(member) for member in value]
    return value.timestamp() if isinstance(value, datetime) else value


_PREFIX: Final = "/v2/email"
ROUTES: Final[Routes] = (
    (re.compile(rf"{_PREFIX}/outbound-emails"), {"POST": _send_email}),
    (re.compile(rf"{_PREFIX}/account"), {"GET": _get_account}),
    (re.compile(rf"{_PREFIX}/identities"), {"POST": _create_identity}),
    (re.compile(rf"{_PREFIX}/list-identities"), {"POST": _list_identities}),
    (re.compile(rf"{_PREFIX}/identities/([^/]+)"), {"GET": _get_identity}),
    (re.compile(rf"{_PREFIX}/identities/([^/]+)/mail-from"), {"PUT": _put_mail_from}),
    (re.compile(rf"{_PREFIX}/identities/([^/]+)/feedback"), {"PUT": _put_feedback}),
    (re.compile(rf"{_PREFIX}/configuration-sets/([^/]+)"), {"GET": _get_configuration_set}),
    (
        re.compile(rf"{_PREFIX}/configuration-sets/([^/]+)/event-destinations"),
        {"GET": _get_event_destinations},
    ),
    (re.compile(rf"{_PREFIX}/configuration-sets/([^/]+)/sending"), {"PUT": _put_sending}),
)
