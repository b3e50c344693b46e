"""Requests as the core sees them: what `http.gateway.read` makes of API Gateway's events."""

from core.formats.body import Body
from core.http.gateway import Request
from support.mails import NAMESPACE

JSON_BODY = b'{"Subject":"s"}'
XML_BODY = f'<SendMail xmlns="{NAMESPACE}"><Subject>s</Subject></SendMail>'.encode()
"""The same mail in both formats."""


def request(
    body: str | bytes = b"", query: dict[str, str] | None = None, **headers: str
) -> Request:
    """Build a `POST /Mail/Send`; an underscore in the name of a header stands for its hyphen."""
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    return Request(
        id="r",
        method="POST",
        path="/Mail/Send",
        query=query or {},
        headers=headers,
        body=Body(body, headers.get("content-type", "")),
        caller="",
    )
