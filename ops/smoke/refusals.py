"""What is refused, by API Gateway or by the service, and in which words."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from ops.smoke.steps import Different, Skipped, Step, expect, step
from ops.smoke.target import MISSING_ID

if TYPE_CHECKING:
    from collections.abc import Callable

    from ops.smoke.target import Target
    from ops.smoke.wire import Reply

_NAMED = "X-HTTP-Method-Override"
_ERRORS = "f14-errors-head-and-options"
_PACKED = "f11-compressed-requests"
_QUERY = "f13-query-strings"
_OURS = ("docs/api.md: Errors", "src/core/contract/errors.py: MailError")
_UNPACKING = ("docs/api.md: Errors", "local/api_gateway.py: UNSUPPORTED")
_CHECKS = "docs/move-over.md: What to check"


@step(
    "Nobody sends without a key, whatever method a header names",
    section="f1-no-key-no-mail",
    change=("src/handlers/api.py: _require_key", "template.yaml: ApiKeyRequired"),
)
def _overridden(target: Target) -> None:
    for method in ("", "OPTIONS", "GET", "HEAD"):
        named = {_NAMED: method} if method else {}
        reply = target.ask("POST", "/Mail/Send", target.mail(), named, has_key=False)
        is_preflight = method == "OPTIONS" and target.has_cors and not reply.body
        if reply.status != 403 and not is_preflight:
            raise Different(f"403, with {method or 'no'} override", reply)


@step(
    "A preflight needs no key where pages may call, and one where they may not",
    section=_ERRORS,
    change=("template.yaml: PreflightFunction",),
)
def _preflight(target: Target) -> None:
    origin = {"Origin": "https://example.com"}
    reply = target.ask("OPTIONS", "/Mail/Send", headers=origin, has_key=False)
    if target.has_cors:
        expect((reply.status, reply.body) == (200, ""), "200 without a body", reply)
    else:
        expect(reply.status == 403, "403", reply)


@step(
    "Who asks for XML is refused in XML",
    section="f2-refusals-in-xml",
    change=("template.yaml: ErrorBody", "docs/api.md: When something is wrong"),
)
def _in_xml(target: Target) -> None:
    if target.is_local:
        raise Skipped("MiniStack refuses in JSON alone")
    reply = target.ask("GET", "/Status", headers={"Accept": "application/xml"}, has_key=False)
    is_xml = reply.kind == "application/xml" and "<ErrorResponse" in reply.body
    expect(reply.status == 403 and is_xml, "403 (application/xml) <ErrorResponse", reply)


@step(
    "Bare | { } in a query string are refused, and taken escaped",
    section=_QUERY,
    change=(_CHECKS, "local/api_gateway.py: BAD_QUERY"),
)
def _bare(target: Target) -> None:
    for character in "|{}":
        reply = target.ask("GET", f"/Status?MessageId=a{character}b")
        is_gateways = reply.status == 400 and not reply.code
        expect(is_gateways, f"400 of API Gateway's for {character}", reply)
        reply = target.ask("GET", f"/Status?MessageId=a%{ord(character):X}b")
        expect(reply.code == "NotFound", f"404 NotFound for an escaped {character}", reply)


class _Expected(NamedTuple):
    """What an answer must be: in words, and decided."""

    words: str
    holds: Callable[[Reply], bool]


def _status(status: int) -> _Expected:
    return _Expected(str(status), lambda reply: reply.status == status)


def _error(status: int, code: str) -> _Expected:
    return _Expected(f"{status} {code}", lambda reply: (reply.status, reply.code) == (status, code))


def _within(status: int, text: str) -> _Expected:
    return _Expected(
        f"{status} with {text}", lambda reply: reply.status == status and text in reply.body
    )


_NO_ROUTE = _Expected(
    "404 (text/plain) 404",
    lambda reply: (reply.status, reply.kind, reply.body) == (404, "text/plain", "404"),
)
_EMPTY = _Expected("200 without a body", lambda reply: (reply.status, reply.body) == (200, ""))


def _refusal(
    title: str,
    expected: _Expected,
    send: Callable[[Target], Reply],
    *,
    section: str = _ERRORS,
    change: tuple[str, ...] = _OURS,
) -> Step:
    def run(target: Target) -> None:
        reply = send(target)
        expect(expected.holds(reply), expected.words, reply)

    return Step(title, section, change, run)


def _get(path: str) -> Callable[[Target], Reply]:
    return lambda target: target.ask("GET", path)


def _coded(coding: str) -> Callable[[Target], Reply]:
    headers = {"Content-Encoding": coding}
    return lambda target: target.ask("POST", "/Mail/Send", target.mail(), headers)


def _empty(accept: str) -> Callable[[Target], Reply]:
    return lambda target: target.ask("POST", "/Mail/Send", {}, {"Accept": accept})


STEPS: tuple[Step, ...] = (
    _overridden,
    _preflight,
    _refusal(
        "Without a key the answer is in our words",
        _error(403, "INVALID_API_KEY"),
        lambda target: target.ask("POST", "/Mail/Send", target.mail(), has_key=False),
        section="f2-refusals-in-xml",
        change=("template.yaml: INVALID_API_KEY", "docs/api.md: What an answer says"),
    ),
    _in_xml,
    _bare,
    _refusal(
        "A bare ; ends a value in a query string",
        _error(400, "ValidationException"),
        _get(f"/Status?MessageId=;{MISSING_ID}"),
        section=_QUERY,
        change=(_CHECKS, "local/api_gateway.py: admit"),
    ),
    _refusal(
        "A body that is not compressed as it says is refused",
        _status(415),
        _coded("gzip"),
        section=_PACKED,
        change=_UNPACKING,
    ),
    _refusal(
        "A Content-Encoding that API Gateway does not know is refused",
        _status(415),
        _coded("br"),
        section=_PACKED,
        change=_UNPACKING,
    ),
    _refusal(
        "A mail without anything is refused with what it lacks",
        _error(400, "ValidationException"),
        _empty("application/json"),
    ),
    _refusal("The same in XML", _within(400, "<ErrorResponse"), _empty("application/xml")),
    _refusal(
        "A stranger's mail is not found",
        _error(404, "NotFound"),
        _get(f"/Status?MessageId={MISSING_ID}"),
    ),
    _refusal("A path that is none is a 404 with a text", _NO_ROUTE, _get("/nothing/here")),
    _refusal("So is another verb on a path that is one", _NO_ROUTE, _get("/Mail/Send")),
    _refusal(
        "An operation that is none is a 405",
        _error(405, "NotImplementedException"),
        lambda target: target.ask("POST", "/json/reply/SendSMS"),
    ),
    _refusal(
        "The documentation needs no key",
        _within(200, "SendMail"),
        lambda target: target.ask("GET", "/metadata", has_key=False),
        change=("template.yaml: MetadataFunction",),
    ),
    _refusal(
        "HEAD answers without a body",
        _EMPTY,
        lambda target: target.ask("HEAD", "/metadata", has_key=False),
        change=("template.yaml: MetadataFunction", "src/handlers/metadata.py: handler"),
    ),
)
