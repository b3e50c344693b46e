"""Writes the metadata pages: what can be asked of the service, how, and a form to try it."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from html import escape

from core.contract.members import Contract, members, originals
from core.contract.operations import OPERATIONS, SEND_MAIL, Operation
from core.message.status import Status
from core.metadata import assets, words
from core.metadata.samples import TABS, Tab
from core.metadata.sources.languages import LANGUAGES
from core.metadata.tryit import form
from core.metadata.types import TITLE, csharp_type, types_of

_PLACE = re.compile(r"\{\{(\w+)\}\}")


def index(*, base_url: str, root: str) -> str:
    """Show all operations in all formats. `root` leads from the page to the API, relatively."""
    return _page(TITLE, "\n".join(_index(base_url, root)), root=root, tried=SEND_MAIL)


def operation(operation: Operation, tab: Tab, *, host: str, root: str) -> str:
    """Show one operation in one format; the `<main>` reads as on the original's page."""
    title = f"{operation.name} in {tab.title} - {TITLE}"
    main = "\n".join(_operation(operation, tab, host, root))
    tabs, ours = _tabs(operation, tab.name, root), "\n".join(_ours(operation))
    return _page(title, main, root=root, tried=operation, tabs=tabs, ours=ours)


def types(root: str) -> str:
    """Show where the DTO sources are."""
    main = ["<h1>DTO types</h1>", "<p>The types of this API as source code:</p>", *_sources(root)]
    return _page(f"DTO types - {TITLE}", "\n".join(main), root=root)


def _page(  # noqa: PLR0913 - the parts of a page
    title: str,
    main: str,
    *,
    root: str,
    tried: Operation | None = None,
    tabs: str = "",
    ours: str = "",
) -> str:
    """Put a page together; `tried` is the operation that it has a form for."""
    parts: Mapping[str, str] = {
        "title": escape(title),
        "name": escape(TITLE),
        "main": main,
        "root": root or "./",
        "style": assets.STYLE,
        "link": '<li><a href="#try">Try it</a></li>' if tried else "",
        "tryit": form.write(tried, root) if tried else "",
        "script": f"<script>{assets.SCRIPT}</script>" if tried else "",
        "tabs": tabs,
        "ours": ours,
    }
    return _PLACE.sub(lambda place: parts[place[1]], assets.PAGE)


def _tabs(shown: Operation, format_: str, root: str) -> str:
    """Lead to the other formats, and to the other operation in this one."""

    def link(operation: Operation, name: str, text: str) -> str:
        here = ' aria-current="page"' if (operation, name) == (shown, format_) else ""
        return f'<li><a href="{_href(operation, name, root)}"{here}>{escape(text)}</a></li>'

    formats = "".join(link(shown, tab.name, tab.title) for tab in TABS.values())
    others = "".join(link(op, format_, op.name) for op in OPERATIONS if op is not shown)
    return f'<nav class="tabs" aria-label="Formats"><ul>{formats}</ul><ul>{others}</ul></nav>'


def _href(operation: Operation, format_: str, root: str) -> str:
    return f"{root}{format_}/metadata?op={operation.name}"


def _index(base_url: str, root: str) -> Iterator[str]:
    yield f"<h1>{TITLE}</h1>"
    yield "<p>The following operations are supported.</p>"
    for operation in OPERATIONS:
        yield from _card(operation, root)
    yield "<h2>A first mail</h2>"
    mail = json.dumps({"To": "somebody@example.com", "Subject": "Hello", "Text": "It works."})
    url = f"{base_url}{SEND_MAIL.paths[0]}"
    headers = ("x-api-key: YOUR-KEY", f"Content-Type: {TABS['json'].media_type}")
    options = [*(f"-H '{header}'" for header in headers), f"-d '{mail}'"]
    yield _pre([" \\\n  ".join([f"curl {url}", *options])])
    yield "<h2>What a status means</h2>"
    yield "<dl>"
    for status, means in words.STATUSES.items():
        if means != words.UNUSED:
            yield f"<dt>{status}</dt><dd>{escape(means)}</dd>"
    yield "</dl>"
    yield "<h2>Types for your program</h2>"
    yield "<p>Add these to a ServiceStack client, or generate one from the OpenAPI document.</p>"
    yield from _sources(root)


def _card(operation: Operation, root: str) -> Iterator[str]:
    routes = ", ".join(f"<code>{operation.verb} {path}</code>" for path in operation.paths)
    links = " ".join(
        f'<a href="{_href(operation, tab.name, root)}">{tab.title}</a>' for tab in TABS.values()
    )
    yield f'<section class="card"><h2>{operation.name}</h2>'
    yield f"<p>{escape(words.SUMMARIES[operation.request])}</p>"
    yield f'<p class="routes">{routes}</p><p class="links">{links}</p></section>'


def _sources(root: str) -> Iterator[str]:
    yield '<ul class="sources">'
    for language in LANGUAGES.values():
        yield f'<li><a href="{root}types/{language.name}">{escape(language.title)}</a></li>'
    yield f'<li><a href="{root}types/metadata">Metadata as JSON</a></li>'
    yield f'<li><a href="{root}openapi.json">OpenAPI 3.1</a></li>'
    yield "</ul>"


def _operation(operation: Operation, tab: Tab, host: str, root: str) -> Iterator[str]:
    """Write the lines of the original's page.

    Every line of markup is a line of its text, and the explanations, which it does not have, are
    attributes that the style sheet shows: so what is left without tags is its text, exactly.
    """
    yield f"<h1>{TITLE}</h1>\n"
    yield f'<p><a href="{root}metadata">&lt;back to all web services</a></p>\n'
    yield f"<h2>{operation.name}</h2>\n"
    yield "<p>The following routes are available for this service:</p>"
    yield '<table class="routes">' + "\n".join(
        f'<tr><th scope="row">{operation.verb}</th><td>{path}</td></tr>' for path in operation.paths
    )
    yield "</table>" + "\n".join(_table(contract, operation) for contract in types_of(operation))
    yield _statuses() + "\n"
    yield from _negotiation(tab)
    yield f"<h3>HTTP + {tab.title}</h3>\n"
    yield (
        "<p>The following are sample HTTP requests and responses. "
        "The placeholders shown need to be replaced with actual values.</p>\n"
    )
    yield _pre(_request(operation, tab, host))
    yield _pre(_answer(operation, tab))


def _ours(operation: Operation) -> Iterator[str]:
    """Explain, beside the original's page, the members that the original does not have."""
    found = [
        (contract, member)
        for contract in types_of(operation)
        for member in members(contract)
        if member.is_ours
    ]
    if not found:
        return
    yield '<section aria-labelledby="ours"><h2 id="ours">Beyond the original</h2>'
    yield "<p>These members are this service's own. The samples are without them.</p><ul>"
    for contract, member in found:
        means = escape(words.MEMBERS[contract][member.name])
        yield f"<li><code>{contract.__name__}.{member.name}</code>: {means}</li>"
    yield "</ul></section>"


def _table(contract: type[Contract], operation: Operation) -> str:
    place = "form"
    if contract is operation.request:
        place = "body" if operation.takes_body else "query"
    columns = ("Name", "Parameter", "Data Type", "Required", "Description")
    head = "".join(f'<th scope="col">{column}</th>' for column in columns)
    rows = [f'<table class="members"><caption>{contract.__name__} Parameters:</caption>']
    rows.append(f"<thead><tr>{head}</tr></thead><tbody>")
    for member in originals(contract):
        means = escape(words.MEMBERS[contract][member.name])
        rows.append(
            f'<tr><th scope="row">{member.name}</th><td>{place}</td>'
            f"<td>{escape(csharp_type(member))}</td><td>No</td>"
            f'<td data-means="{means}"></td></tr>'
        )
    return "\n".join(rows) + "</tbody></table>"


def _statuses() -> str:
    rows = [f'<table class="values"><caption>{Status.__name__} Enum:</caption>']
    for status in Status:
        means = escape(words.STATUSES[status])
        rows.append(f'<tr><th scope="row">{status}</th><td data-means="{means}"></td></tr>')
    return "\n".join(rows) + "</table>"


def _negotiation(tab: Tab) -> Iterator[str]:
    yield (
        "<p>To override the Content-type in your clients, use the HTTP <strong>Accept</strong> "
        f"Header, append the <strong>.{tab.name}</strong> suffix or "
        f"<strong>?format={tab.name}</strong></p>"
    )
    if tab.name == "json":
        yield (
            "<p>To embed the response in a <strong>jsonp</strong> callback, append "
            "<strong>?callback=myCallback</strong></p>"
        )
    yield ""


def _request(operation: Operation, tab: Tab, host: str) -> Iterable[str]:
    yield f"{operation.verb} {operation.paths[0]} HTTP/1.1 "
    yield f"Host: {host} "
    yield f"Accept: {tab.media_type}"
    if operation.takes_body:
        yield f"Content-Type: {tab.media_type}"
        yield "Content-Length: length"
        yield ""
        yield tab.show(operation.request)


def _answer(operation: Operation, tab: Tab) -> Iterable[str]:
    yield "HTTP/1.1 200 OK"
    yield f"Content-Type: {tab.media_type}"
    yield "Content-Length: length"
    yield ""
    yield tab.show(operation.response)


def _pre(lines: Iterable[str]) -> str:
    text = escape("\n".join(lines), quote=False)
    return f'<pre tabindex="0"><code>{text}</code></pre>'
