"""Checks what SES refuses according to its documentation; every check raises `SesError`.

Sources: SES v2 API reference (SendEmail, MessageTag, MessageHeader, Attachment) and SES developer
guide (quotas, header fields, unsupported attachment types).
"""

import re
from collections.abc import Iterable
from typing import Final

from local.ses.addresses import bare
from local.ses.errors import SesError, bad_request
from local.ses.mailbox import Attachment
from local.ses.model import Json

MOST_BYTES: Final = 40_000_000  # SES says "40 MB" and not which kind; this is the stricter one.
_MOST_RECIPIENTS: Final = 50
_MOST_IN_HEADER: Final = 996  # Name and value of a custom field together.
# AWS does not document which of its errors an unsupported attachment type gives.
_BLOCKED_EXTENSION: Final = "BadRequestException"

_TAG: Final = re.compile(r"[A-Za-z0-9_-]{1,256}")
_CHARSET: Final = re.compile(r"[A-Za-z0-9._+-]{1,40}")
_CONTENT_TYPE: Final = re.compile(r"[\w.+-]+/[\w.+-]+( *;[ -~]*)?", re.ASCII)
_EXTENSION: Final = re.compile(r".+\.[^\s.]+", re.DOTALL)
_CONTENT_ID: Final = re.compile(r"<?[!-;=?-~]+>?")
_CONTROL: Final = re.compile(r"[\0-\x1f\x7f]")

_UNSUPPORTED_TYPES = """
    ade adp app asp bas bat cer chm cmd com cpl crt csh der exe fxp gadget hlp hta inf ins isp
    its js jse ksh lib lnk mad maf mag mam maq mar mas mat mau mav maw mda mdb mde mdt mdw mdz
    msc msh msh1 msh2 mshxml msh1xml msh2xml msi msp mst ops pcd pif plg prf prg reg scf scr sct
    shb shs sys ps1 ps1xml ps2 ps2xml psc1 psc2 tmp url vb vbe vbs vps vsmacros vss vst vsw vxd
    ws wsc wsf wsh xnk
"""
_BLOCKED: Final = frozenset(_UNSUPPORTED_TYPES.split())
_COMPOSED_FIELDS = """
    from to cc bcc reply-to subject date message-id mime-version content-type
    content-transfer-encoding
"""
_COMPOSED: Final = frozenset(_COMPOSED_FIELDS.split())
_SINGLE_FIELDS = """
    accept-language acceptlanguage archived-at auto-submitted bounces-to comments
    content-alternative content-base content-class content-description content-disposition
    content-duration content-id content-language content-length content-location content-md5
    content-transfer-encoding content-type date delivered-to disposition-notification-options
    disposition-notification-to dkim-signature domainkey-signature errors-to from importance
    in-reply-to keywords list-archive list-help list-id list-owner list-post list-subscribe
    list-unsubscribe list-unsubscribe-post message-context message-id mime-version organization
    original-from original-message-id original-recipient original-subject precedence priority
    references reply-to return-path return-receipt-to sender solicitation subject thread-index
    thread-topic user-agent vbr-info
"""
_ONCE: Final = frozenset(_SINGLE_FIELDS.split())


def check_kind(request: Json) -> None:
    """Raise `SesError` if the content is not `Simple`: the service sends nothing else."""
    kinds = list(request["Content"])
    if len(kinds) != 1:
        raise bad_request("Content must have exactly one of Simple, Raw and Template.")
    if kinds[0] != "Simple":
        raise bad_request(f"The simulator knows Simple content only, and no {kinds[0]}.")


def check_tags(request: Json) -> None:
    for tag in request.get("EmailTags", []):
        for part in ("Name", "Value"):
            if not _TAG.fullmatch(tag[part]):
                raise bad_request(
                    f"The {part.lower()} of an email tag must be 1 to 256 characters of "
                    "A-Z, a-z, 0-9, '_' and '-'."
                )


def check_recipients(request: Json) -> tuple[str, ...]:
    """Return the addresses of all recipients for transport, each once."""
    lists = request.get("Destination", {}).values()
    addresses = [bare(address) for addresses in lists for address in addresses]
    if not addresses:
        raise bad_request("The message needs at least one recipient.")
    if len(addresses) > _MOST_RECIPIENTS:
        raise bad_request(f"Recipient count exceeds {_MOST_RECIPIENTS}.")
    for address in request.get("ReplyToAddresses", []):
        bare(address)
    return tuple({address.lower(): address for address in addresses}.values())


def check_simple(message: Json) -> None:
    """Check those rules of `Content.Simple` that the service model does not hold."""
    if _CONTROL.search(message["Subject"]["Data"]):
        raise bad_request("Content.Simple.Subject.Data contains control characters.")
    for part in (message["Subject"], *message["Body"].values()):
        if not _CHARSET.fullmatch(part.get("Charset", "UTF-8")):
            raise bad_request("A Charset of Content.Simple is not the name of a character set.")
    _check_fields((field["Name"], field["Value"]) for field in message.get("Headers", []))
    for given in message.get("Attachments", []):
        _check_attachment(given)


def _check_fields(fields: Iterable[tuple[str, str]]) -> None:
    """Refuse header fields that occur twice although a mail may have one only, or are too long.

    Those that SES writes itself are there already.
    """
    seen = set(_COMPOSED)
    for name, value in fields:
        lower = name.lower()
        if lower in seen and lower in _ONCE | _COMPOSED:
            raise bad_request(f"Duplicate header '{name}'.")
        if len(name) + len(value) > _MOST_IN_HEADER:
            raise bad_request(f"Header '{name}' is over {_MOST_IN_HEADER} characters long.")
        seen.add(lower)


def check_composed(source: bytes, attachments: Iterable[Attachment]) -> None:
    """Check a composed message: its size, and the extensions of its attachments."""
    if len(source) > MOST_BYTES:
        raise bad_request(f"Message length is more than {MOST_BYTES} bytes long: '{len(source)}'.")
    for attachment in attachments:
        extension = attachment.name.rstrip(" .").rpartition(".")[2].lower()
        if "." in attachment.name and extension in _BLOCKED:
            raise SesError(_BLOCKED_EXTENSION, f"Unsupported attachment type: .{extension}")


def _check_attachment(given: Json) -> None:
    for member in ("FileName", "ContentDescription"):
        if _CONTROL.search(given.get(member, "")):
            raise bad_request(f"An attachment's {member} contains control characters.")
    if not _EXTENSION.fullmatch(given["FileName"]):
        raise bad_request("An attachment's FileName must include a file extension.")
    if not _CONTENT_TYPE.fullmatch(given.get("ContentType", "a/b")):
        raise bad_request("An attachment's ContentType is not a media type.")
    if not _CONTENT_ID.fullmatch(given.get("ContentId", "a")):
        raise bad_request("An attachment's ContentId is not printable ASCII without spaces.")
