"""An accepted mail: everything that a try at sending it needs, in a form that can be stored."""

from collections.abc import Collection
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer

from core.message.address import Address, Mailbox, canonical

REFUSED_EXTENSIONS = frozenset(
    # https://docs.aws.amazon.com/ses/latest/dg/mime-types.html
    """
    ade adp app asp bas bat cer chm cmd com cpl crt csh der exe fxp gadget hlp hta inf ins isp its
    js jse ksh lib lnk mad maf mag mam maq mar mas mat mau mav maw mda mdb mde mdt mdw mdz msc msh
    msh1 msh2 mshxml msh1xml msh2xml msi msp mst ops pcd pif plg prf prg reg scf scr sct shb shs
    sys ps1 ps1xml ps2 ps2xml psc1 psc2 tmp url vb vbe vbs vps vsmacros vss vst vsw vxd ws wsc wsf
    wsh xnk
    """.split()  # noqa: SIM905 - a list of a hundred quoted words is harder to read
)
"""The extensions of file names that SES does not send."""


def _is_none(value: object) -> bool:
    return value is None


_Unwritten = Field(exclude_if=_is_none)
"""For fields that few mails have: None is not stored, to keep the others small."""


def _mailbox(value: object) -> object:
    return Mailbox(Address(value)) if isinstance(value, str) else value


def _without_empty_name(mailbox: Mailbox) -> object:
    return {"address": mailbox.address, "name": mailbox.name} if mailbox.name else mailbox.address


_ReplyTo = Annotated[Mailbox, BeforeValidator(_mailbox), PlainSerializer(_without_empty_name)]
"""A mailbox that is stored as its address alone if it has no name. Mails that were stored before
names could be given have addresses only."""


class AttachmentHead(BaseModel):
    """The name and the type of an attachment. Its bytes are kept apart, as they may be large."""

    model_config = ConfigDict(frozen=True)

    name: str
    content_type: str
    """A media type, such as `application/pdf`."""
    size: Annotated[int | None, _Unwritten] = None
    """How many bytes it has; None if it was stored before that was written down."""
    content_id: Annotated[str | None, _Unwritten] = None
    """By which the HTML refers to it, as `cid:...`: it is shown there. None: it is a file beside
    the mail."""


class Mail(BaseModel):
    """An accepted mail without the bytes of its attachments.

    It holds personal data: never log it.
    """

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    sender: Mailbox
    to: tuple[Mailbox, ...] = ()
    cc: tuple[Mailbox, ...] = ()
    bcc: tuple[Mailbox, ...] = ()
    reply_to: tuple[_ReplyTo, ...] = ()
    """Who gets the answers; nobody here means the sender."""
    subject: str = ""
    text: str | None = None
    html: str | None = None
    """Without a text and an HTML body, the mail goes out with an empty text."""
    attachments: tuple[AttachmentHead, ...] = ()
    configuration_set: str
    """The name of SES's configuration set: where events go, and the rules for sending."""
    tenant: Annotated[str | None, _Unwritten] = None
    """The name of the tenant of the SES account for whom the mail is sent; None for the account."""
    track_opens: Annotated[bool | None, _Unwritten] = None
    """Whether SES adds a picture that tells when the mail is opened; None: as the set says."""
    track_clicks: Annotated[bool | None, _Unwritten] = None
    """Whether SES rewrites links, to tell when they are followed; None: as the set says."""

    def without(self, addresses: Collection[str]) -> "Mail":
        """Return the same mail without the recipients that are among `addresses` (canonical)."""
        remaining = {
            field: tuple(b for b in getattr(self, field) if canonical(b.address) not in addresses)
            for field in ("to", "cc", "bcc")
        }
        return self.model_copy(update=remaining)

    @property
    def recipients(self) -> tuple[Mailbox, ...]:
        """The recipients of the envelope: To, CC and BCC, in this order."""
        return (*self.to, *self.cc, *self.bcc)
