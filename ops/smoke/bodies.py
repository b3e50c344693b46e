"""Mails as old programs write them: the same one in JSON's members and in XML."""

from __future__ import annotations

import base64
from html import escape
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_NAMESPACE = "http://schemas.datacontract.org/2004/07/CommunicationHub.APIModel"


def attached(name: str, size: int = 12, **members: str) -> dict[str, str]:
    """Return an attachment of `size` bytes, as members of JSON."""
    content = base64.b64encode((b"smoke test\r\n" * (size // 12 + 1))[:size]).decode()
    return {"Name": name, "Bytes": content, **members}


def in_xml(mail: Mapping[str, Any], attachments: Sequence[Mapping[str, str]] = ()) -> str:
    """Write a mail's members as `DataContractSerializer` does: in alphabetical order."""
    files = "".join(f"<h:Attachment>{_elements(file, 'h:')}</h:Attachment>" for file in attachments)
    listed = f'<Attachments xmlns:h="{_NAMESPACE}.Helper">{files}</Attachments>' if files else ""
    return f'<SendMail xmlns="{_NAMESPACE}">{listed}{_elements(mail)}</SendMail>'


def _elements(members: Mapping[str, str], prefix: str = "") -> str:
    return "".join(
        f"<{prefix}{name}>{escape(text, quote=False)}</{prefix}{name}>"
        for name, text in sorted(members.items())
    )
