"""What docs/api.md says of errors and limits, tried: its tables are read here, not copied."""

import ast
import asyncio
import json
import re
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from botocore.awsrequest import AWSResponse
from support.answers import answer
from support.documents import DOCS, table
from support.mails import NAMESPACE
from support.ses import Ses
from support.template import TEMPLATE

from core.contract import errors
from core.contract.errors import MailError
from core.http import answers
from handlers import api
from local import api_gateway

Call = Callable[..., dict[str, Any]]
Pair = tuple[str, str]

API = DOCS / "api.md"
SOURCE = Path(errors.__file__).parents[2]
ENDPOINT = {"Name": "Orders", "Url": "https://orders.example.com/mail-events"}
MAIL = {"To": "ada@recipient.example", "Subject": "Hello"}
JSON, XML = "application/json", "application/xml"
FORM = "application/x-www-form-urlencoded"
WEBHOOK = ENDPOINT["Url"]
GATEWAY = TEMPLATE["Resources"]["Api"]["Properties"]["GatewayResponses"]
STATUSES = {
    "ACCESS_DENIED": 403,
    "INVALID_API_KEY": 403,
    "QUOTA_EXCEEDED": 429,
    "THROTTLED": 429,
}
"""The statuses of API Gateway's own answers, where the template leaves them
(docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html)."""


def spans(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


# ---- which errors there are


def of_gateway() -> Iterator[Pair]:
    """Yield status and code of the answers of API Gateway's that have a code."""
    for kind, response in GATEWAY.items():
        if not kind.startswith("DEFAULT_") and kind != "MISSING_AUTHENTICATION_TOKEN":
            yield str(response.get("StatusCode") or STATUSES[kind]), kind


def of_ours(base: type[MailError] = MailError) -> Iterator[Pair]:
    for each in base.__subclasses__():
        yield str(int(each.status)), each.code
        yield from of_ours(each)


def test_the_table_of_errors_has_every_code_that_there_is_and_no_other() -> None:
    listed = {
        (status, code)
        for status, codes, *_ in table(API, header="| HTTP | `ErrorCode` |")
        for code in spans(codes)
        if re.fullmatch(r"[A-Z]\w+", code)
    }
    bug = answers.of_bug("r").response_status
    assert bug is not None

    assert listed == {*of_gateway(), *of_ours(), ("500", bug.error_code)}


def codes_of_faults() -> set[str]:
    """Return the code of every `Fault` that the source makes."""
    found: set[str] = set()
    for path in SOURCE.rglob("*.py"):
        tree = ast.parse(path.read_text("utf-8"))
        functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
        named = {
            target.id: node.value
            for node in tree.body
            if isinstance(node, ast.Assign)
            for target in node.targets
            if isinstance(target, ast.Name)
        }
        for name, position in (("Fault", 1), *_passed_on(functions)):
            for call in calls_of(name, tree):
                found |= set(_constants(call.args[position], named))
    return found


def calls_of(name: str, tree: ast.AST) -> Iterator[ast.Call]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == name:
            yield node


def _passed_on(functions: list[ast.FunctionDef]) -> Iterator[tuple[str, int]]:
    """Yield the functions that make a fault of a code which they are given, and as which one."""
    for function in functions:
        parameters = [each.arg for each in function.args.args]
        for call in calls_of("Fault", function):
            code = call.args[1]
            if isinstance(code, ast.Name) and code.id in parameters:
                yield function.name, parameters.index(code.id)


def _constants(node: ast.expr, named: dict[str, ast.expr]) -> Iterator[str]:
    match node:
        case ast.Constant(str(code)):
            yield code
        case ast.Attribute(ast.Name(error), "code"):
            yield getattr(errors, error).code
        case ast.Name(name) if name in named:
            yield from _constants(named[name], named)


def test_the_codes_of_field_errors_are_all_listed_and_no_others_are() -> None:
    text = API.read_text("utf-8").partition("The field errors' codes:")[2].partition(". ")[0]

    assert {*spans(text)} == codes_of_faults() - {code for _, code in of_ours()}


# ---- what they say


class Row(NamedTuple):
    """One row of the table of what answers say."""

    sent: str
    status: str
    code: str
    says: str


ROWS = [
    Row(sent, status, code.strip("`"), says.strip("`"))
    for sent, status, code, says in table(API, header="| you send | HTTP |")
]
KEY = {"Idempotency-Key": "invoice-1"}


def asked(call: Call, row: Row) -> dict[str, Any]:
    """Send what a row says in code: verb and path, or a mail in JSON or XML."""
    (code,) = spans(row.sent)
    if code.startswith("<"):
        return call("POST", "/Mail/Send", code, headers={"Content-Type": XML, "Accept": JSON})
    if not code.startswith("{"):
        verb, path = code.split(" ")
        path, _, query = path.partition("?")
        return call(verb, path, query=dict([query.split("=")]) if query else None)
    if code.endswith(", ...}"):
        code = json.dumps(MAIL | json.loads(code.replace(", ...}", "}")))
    return call("POST", "/Mail/Send", code, headers={"Content-Type": JSON})


def sent_with_another_mail(call: Call, _ses: Ses) -> dict[str, Any]:
    call("POST", "/Mail/Send", MAIL, headers=KEY)
    return call("POST", "/Mail/Send", MAIL | {"Subject": "Another"}, headers=KEY)


def sent_meanwhile(call: Call, ses: Ses) -> dict[str, Any]:
    replies = []

    def again() -> AWSResponse:
        replies.append(call("POST", "/Mail/Send", MAIL, headers=KEY))
        return answer(200, {"MessageId": ses.id_of(1)})

    ses.faults = [again]
    call("POST", "/Mail/Send", MAIL, headers=KEY)
    return replies[0]


def cancelled_too_late(call: Call, _ses: Ses) -> dict[str, Any]:
    sent = call("POST", "/Mail/Send", MAIL)["json"]["MessageId"]
    return call("POST", f"/Mail/{sent}/Cancel")


def saved(call: Call, **members: Any) -> dict[str, Any]:
    return call("POST", "/Webhook", ENDPOINT | members)


def sent_to_disabled(call: Call, _ses: Ses) -> dict[str, Any]:
    webhook = saved(call, Enabled=False)["json"]["Id"]
    return call("POST", f"/Webhook/{webhook}/Test", {})


SCENES: dict[str, Callable[[Call, Ses], dict[str, Any]]] = {
    "the same `Idempotency-Key` with another mail": sent_with_another_mail,
    "the same request again, before the first is answered": sent_meanwhile,
    "to cancel a mail that SES has": cancelled_too_late,
    "a webhook whose `Url` begins with `http://`": lambda call, _: saved(
        call, Url=WEBHOOK.replace("https", "http")
    ),
    "a webhook for `mail.exploded`": lambda call, _: saved(call, Events="mail.exploded"),
    "a test to a webhook that is disabled": sent_to_disabled,
}
"""How a row comes about that is told in words."""


@pytest.mark.parametrize(
    "row", [row for row in ROWS if row.code not in GATEWAY], ids=lambda row: f"{row.sent}"
)
def test_an_answer_says_what_the_documentation_tells(call: Call, ses: Ses, row: Row) -> None:
    scene = SCENES.get(row.sent)
    reply = scene(call, ses) if scene else asked(call, row)

    assert str(reply["statusCode"]) == row.status
    if not row.code:
        assert reply["body"] == row.says
        return
    status = reply["json"]["ResponseStatus"]
    faults = [(fault["ErrorCode"], fault["Message"]) for fault in status["Errors"]]
    assert (row.code, row.says) in [(status["ErrorCode"], status["Message"]), *faults]


@pytest.mark.parametrize("row", [row for row in ROWS if row.code in GATEWAY], ids=lambda r: r.code)
def test_the_gateway_says_what_the_documentation_tells(row: Row) -> None:
    said = GATEWAY[row.code]["ResponseTemplates"][JSON]["Fn::Join"][0]

    assert (row.status, row.code) in {*of_gateway()}
    assert said == row.says


def test_every_answer_of_the_gateway_in_words_of_ours_is_told() -> None:
    assert {row.code for row in ROWS} >= {kind for _, kind in of_gateway()}


# ---- the limits


class Sent(NamedTuple):
    """A request of some size."""

    body: str | bytes
    kind: str = JSON
    path: str = "/Mail/Send"
    encoding: str = ""
    query: str = ""
    padding: str = ""
    """The value of a header that nobody reads."""


def mail(**members: Any) -> Sent:
    return Sent(json.dumps(MAIL | members))


def array(*mails: dict[str, Any]) -> Sent:
    return Sent(json.dumps([MAIL | each for each in mails]), path="/json/reply/SendMail[]")


def webhook(**members: Any) -> Sent:
    return Sent(json.dumps(ENDPOINT | members), path="/Webhook")


def xml(inner: str, attributes: str = "") -> Sent:
    rest = "".join(f"<{name}>{text}</{name}>" for name, text in MAIL.items())
    return Sent(f'<SendMail xmlns="{NAMESPACE}"{attributes}>{inner}{rest}</SendMail>', XML)


def form(fields: str) -> Sent:
    return Sent("&".join([*(f"{name}={text}" for name, text in MAIL.items()), fields]), FORM)


def gzipped(members: int) -> bytes:
    """Return a mail as a gzip stream of so many members (RFC 1952)."""

    def packed(piece: str) -> bytes:
        stream = zlib.compressobj(wbits=31)
        return stream.compress(piece.encode()) + stream.flush()

    text = json.dumps(MAIL)
    return b"".join(map(packed, [*text[: members - 1], text[members - 1 :]]))


def files(*sizes: int) -> dict[str, Any]:
    return {"Attachments": [{"Bytes": "QUJD" * (size // 3) + TAIL[size % 3]} for size in sizes]}


TAIL = ("", "QQ==", "QUI=")


def with_head(size: int, *, in_query: int = 0) -> Sent:
    """Return a mail with so many bytes of first line and header values, some of them in a query."""
    sent = Sent(json.dumps(MAIL), query="a" * in_query)
    rest = size - sum(map(len, (*first_line(sent), *headers_of(sent).values())))
    return sent._replace(padding="x" * rest)


def first_line(sent: Sent) -> tuple[str, ...]:
    return ("POST ", sent.path, "?" * bool(sent.query), sent.query, " HTTP/1.1")


def headers_of(sent: Sent) -> dict[str, str]:
    given = {"Content-Encoding": sent.encoding, "X-Padding": sent.padding}
    return {"Content-Type": sent.kind, "Accept": JSON} | {n: v for n, v in given.items() if v}


def padded(length: int) -> str:
    return MAIL["To"].ljust(length)


def split(total: int, most: int) -> list[int]:
    return [most] * (total // most) + [total % most] * (total % most > 0)


def referring(characters: int) -> Sent:
    """Return XML that refers to one text again and again: so long if written out.

    Only members that are bound are read, so the text is that of attachments' bytes.
    """
    space = f'xmlns:h="{NAMESPACE}.Helper"'
    ids = 'xmlns:z="http://schemas.microsoft.com/2003/10/Serialization/"'
    rest = characters - len("".join(MAIL.values()))
    piece, times = (rest // 400) // 4 * 4, 400
    first = f'<h:Attachment><h:Bytes z:Id="1">{"QUJD" * (piece // 4)}</h:Bytes></h:Attachment>'
    more = '<h:Attachment><h:Bytes z:Ref="1"/></h:Attachment>' * (times - 1)
    text = f"<Text>{'x' * (rest - piece * times)}</Text>"
    return xml(f"<Attachments {space} {ids}>{first}{more}</Attachments>{text}")


Make = Callable[[int], Sent]
LIMITS: dict[str, list[list[Make]]] = {
    "a request, compressed or not": [
        [
            lambda n: Sent(json.dumps(MAIL).ljust(n)),
            lambda n: Sent(zlib.compress(json.dumps(MAIL).ljust(n).encode()), encoding="deflate"),
        ]
    ],
    "the first line, with the URL, and the values of all headers": [
        [with_head, lambda n: with_head(n, in_query=5_000)]
    ],
    "layers of `Content-Encoding`, members of a gzip stream": [
        [lambda n: Sent(gzipped(1), encoding=", ".join(["gzip"] * n))],
        [lambda n: Sent(gzipped(n), encoding="gzip")],
    ],
    "levels of elements, objects and lists": [
        [
            lambda n: Sent(json.dumps(MAIL)[:-1] + f', "X": {"[" * (n - 1)}1{"]" * (n - 1)}}}'),
            lambda n: xml("<X>" * (n - 1) + "</X>" * (n - 1)),
        ]
    ],
    "XML elements and attributes; JSON values, also those in objects and lists; JSV members": [
        [
            # The mail itself is a value, its members are two, and the list is one.
            lambda n: mail(X=[1] * (n - 4)),
            lambda n: xml("<X/>" * (n - 3)),
            lambda n: xml("", "".join(f' a{number}=""' for number in range(n - 3))),
            lambda n: Sent("{To:a@b.example,Subject:s" + ",X:1" * (n - 2) + "}", "application/jsv"),
        ]
    ],
    "XML with its `z:Ref` references in full": [[referring]],
    "fields and files of a form": [[lambda n: form("&".join(["X=1"] * (n - 2)))]],
    "percent signs of a form's field that begin no escape": [[lambda n: form(f"Text={'%' * n}")]],
    "requests in an array": [[lambda n: array(*[{}] * n)]],
    "attachments; all attachments of an array": [
        [
            lambda n: mail(**files(*[1] * n)),
            lambda n: array(files(*[1] * (n - 250)), files(*[1] * 250)),
        ]
    ],
    "one attachment; all attachments of a mail, or of an array": [
        [
            lambda n: mail(**files(n)),
            lambda n: mail(**files(n - 4_000_000, 4_000_000)),
            lambda n: array(files(n - 4_000_000), files(4_000_000)),
        ]
    ],
    "recipients in To, CC and BCC": [
        [
            lambda n: mail(To=",".join(f"a{number}@b.example" for number in range(n))),
            lambda n: mail(
                CC=",".join(f"c{number}@b.example" for number in range(n - 11)),
                BCC=";".join(f"b{number}@b.example" for number in range(10)),
            ),
        ]
    ],
    "addresses in ReplyTo": [
        [lambda n: mail(ReplyTo=",".join(f"a{number}@b.example" for number in range(n)))]
    ],
    "commas, semicolons and line breaks in To, in CC, in BCC, in ReplyTo": [
        [
            lambda n: mail(BCC="\n".join([MAIL["To"]] * (n + 1))),
            lambda n: mail(To=",".join([MAIL["To"]] * (n + 1))),
            lambda n: mail(CC=";".join([MAIL["To"]] * (n + 1))),
            lambda n: mail(ReplyTo=";".join([MAIL["To"]] * (n + 1))),
        ]
    ],
    "To, CC and BCC of all requests in an array": [
        [lambda n: array(*({"To": padded(length)} for length in split(n, 25_000)))]
    ],
    "`Subject`": [[lambda n: mail(Subject="x" * n)]],
    "a display name, also beside an address": [
        [
            lambda n: mail(FromName="x" * n),
            lambda n: mail(CC=f"{'x' * n} <{MAIL['To']}>"),
        ]
    ],
    "a file name": [[lambda n: mail(Attachments=[{"Bytes": "", "Name": "x" * n}])]],
    "`ContentType` of an attachment": [
        [lambda n: mail(Attachments=[{"Bytes": "", "ContentType": "x" * n}])]
    ],
    "`ContentId` of an attachment": [
        [lambda n: mail(Attachments=[{"Bytes": "", "ContentId": "x" * n}])]
    ],
    "`Reference`": [
        [lambda n: mail(Reference="x" * n)],
        [lambda n: mail(Reference="\U0001f600" * (n // 4) + "x" * (n % 4))],
    ],
    "webhooks of a domain": [
        [lambda n: Sent(json.dumps([ENDPOINT] * n), path="/json/reply/SaveWebhook[]")]
    ],
    "`Name` of a webhook": [[lambda n: webhook(Name="x" * n)]],
    "`Url` of a webhook": [[lambda n: webhook(Url=WEBHOOK.ljust(n, "x"))]],
}
"""For each row, and each of its numbers: how to send just so many, in several ways."""


class Limit(NamedTuple):
    """One number of the table of limits, and how it can be reached."""

    what: str
    most: int
    make: Make
    status: str
    codes: frozenset[str]
    """The codes that a refusal may have, as `Body: TooDeep` or `Length`; none if it has no own."""


def limits() -> Iterator[Limit]:
    for what, most, beyond in table(API, header="| what | at most | beyond it |"):
        plain = re.sub(r"\[[^]]*\]\([^)]*\)", "", most)  # A link leads to another limit.
        numbers = [
            int(number.replace(",", ""))
            for number in re.findall(r"(?<![\w-])\d[\d,]*(?<!,)", plain)
        ]
        status, *_ = beyond.split(",")
        for number, ways in zip(numbers, LIMITS.get(what, [[]] * len(numbers)), strict=True):
            for make in ways:
                yield Limit(what, number, make, status, frozenset(spans(beyond)))


def test_every_row_of_the_limits_is_tried() -> None:
    rows = table(API, header="| what | at most | beyond it |")

    assert [what for what, *_ in rows] == [*LIMITS]


def refused_by_gateway(sent: Sent) -> dict[str, Any] | None:
    """Return what API Gateway answers before the service, on this machine too; None: nothing."""

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    scope = {
        "method": "POST",
        "raw_path": sent.path.encode(),
        "query_string": sent.query.encode(),
        "headers": [(n.lower().encode(), v.encode()) for n, v in headers_of(sent).items()],
    }
    try:
        asyncio.run(api_gateway.admit(scope, receive, 0))
    except api_gateway.Refused as refused:
        said = {"ResponseStatus": {"Errors": []}, "Message": refused.answer.body.decode()}
        return {"statusCode": refused.answer.status, "json": said}
    return None


@pytest.fixture
def submit(call: Call, monkeypatch: pytest.MonkeyPatch) -> Callable[[Limit, int], dict[str, Any]]:
    def _submit(limit: Limit, size: int) -> dict[str, Any]:
        sent = limit.make(size)
        if "one attachment" in limit.what:  # In base64 so much fits into no body.
            wide = api.CONFIG.limits._replace(body_bytes=20_000_000)
            monkeypatch.setattr(api, "CONFIG", api.CONFIG._replace(limits=wide))
        if "first line" in limit.what and (refused := refused_by_gateway(sent)):
            return refused
        query = {sent.query: ""} if sent.query else None
        return call("POST", sent.path, sent.body, headers=headers_of(sent), query=query)

    return _submit


@pytest.mark.parametrize(
    "limit", [*limits()], ids=lambda limit: re.sub(r"\W+", "-", limit.what[:30])
)
def test_what_is_at_a_limit_is_taken_and_what_is_beyond_is_refused_as_is_said(
    submit: Callable[[Limit, int], dict[str, Any]], ses: Ses, limit: Limit
) -> None:
    within = submit(limit, limit.most)
    assert within["statusCode"] == 200, within["body"][:500]

    beyond = submit(limit, limit.most + 1)

    assert str(beyond["statusCode"]) == limit.status
    faults = beyond["json"]["ResponseStatus"]["Errors"]
    told = {f"{fault['FieldName']}: {fault['ErrorCode']}" for fault in faults}
    assert not limit.codes or any(fits(limit.codes, each) for each in told), told


def fits(codes: frozenset[str], told: str) -> bool:
    """Say whether a fault is one of those that a row names, as `Field`, `Field: Code` or `Code`."""
    field, _, code = told.partition(": ")
    wanted = {each.rpartition(": ")[2] for each in codes}
    fields = {each.partition(": ")[0] for each in codes}
    return code in wanted and (fields <= wanted or field in fields)
