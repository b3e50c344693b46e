"""Checks a mail's addresses against the verified identities, as SES does before it sends."""

from local.ses.addresses import bare, is_at_mailbox_simulator
from local.ses.errors import SesError, bad_request
from local.ses.identities import Identities
from local.ses.model import Json

_RECIPIENTS = ("ToAddresses", "CcAddresses", "BccAddresses")


def check_identities(
    request: Json, identities: Identities, region: str, *, is_in_sandbox: bool
) -> tuple[str, str]:
    """Return the address that bounces go to, and the verified identity of the sender.

    In the sandbox the recipients must be verified too, or be at the mailbox simulator. Raises
    `SesError`, which lists every address that failed as it was given, as SES's does.
    """
    if "FromEmailAddress" not in request:
        raise bad_request("FromEmailAddress is required.")
    sender: str = request["FromEmailAddress"]
    return_path: str = request.get("FeedbackForwardingEmailAddress", sender)
    checked = [sender, return_path]
    if is_in_sandbox:
        destination = request.get("Destination", {})
        recipients = [each for name in _RECIPIENTS for each in destination.get(name, [])]
        checked += [each for each in recipients if not is_at_mailbox_simulator(bare(each))]
    failed = [each for each in dict.fromkeys(checked) if not identities.covering(bare(each))]
    found = identities.covering(bare(sender))
    if failed or not found:
        raise SesError(
            "MessageRejected",
            "Email address is not verified. The following identities failed the check in region "
            f"{region.upper()}: {', '.join(failed)}",
        )
    name, identity = found
    _check_mail_from(identity)
    return bare(return_path), name


def _check_mail_from(identity: Json) -> None:
    """Raise `SesError` if the MAIL FROM domain is not usable and SES's own must not replace it."""
    mail_from = identity.get("MailFromAttributes")
    if not mail_from or mail_from["BehaviorOnMxFailure"] != "REJECT_MESSAGE":
        return
    if mail_from["MailFromDomainStatus"] != "SUCCESS":
        raise SesError(
            "MailFromDomainNotVerifiedException",
            f"The MAIL FROM domain <{mail_from['MailFromDomain']}> is not verified.",
        )
