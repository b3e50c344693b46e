"""Writes the form that tries an operation: a field for each member of its request.

What the script needs to know of the operation stands in attributes of the form, so that one script
does for all of them.
"""

from collections.abc import Iterable, Iterator
from html import escape

from core.contract.contract import SendMail, SendResponse
from core.contract.members import Kind, Member, members
from core.contract.operations import Operation
from core.metadata import words
from core.metadata.types import clr_namespace

IDEMPOTENCY_KEY = "Idempotency-Key"
_USUAL = ("To", "CC", "BCC", "Subject", "Text", "HTML", "Attachments", "Reference")
"""What most mails have, in the order in which people write them. The rest is folded."""
_LONG = {"Text": 4, "HTML": 2}
"""What has lines, and how many of them are seen."""
_SHORT = frozenset({"CC", "BCC"})
"""What stands beside another field."""
_FILLED = {"Subject": "Hello", "Text": "It works."}
_LANGUAGES = {"curl": "curl", "csharp": "C#", "python": "Python", "typescript": "TypeScript"}


def write(operation: Operation, root: str) -> str:
    """Write the form for `operation`. `root` leads from the page to the API, relatively."""
    return "\n".join(_lines(operation, root))


def _lines(operation: Operation, root: str) -> Iterator[str]:
    yield '<section aria-labelledby="try" class="try">'
    yield f'<h2 id="try" tabindex="-1">Try {operation.name}</h2>'
    yield f'<p id="where">{_where(operation)}</p>'
    yield "<noscript><p>The form needs JavaScript; the rest of this page does not.</p></noscript>"
    yield f"<form novalidate {_attributes(operation, root)}>"
    yield from _api_key()
    yield from _fields(operation)
    yield f"<button>{_spaced(operation.name)}</button>"
    yield "</form>"
    yield from _result()
    yield from _program(root)
    yield "</section>"


def _where(operation: Operation) -> str:
    if operation.takes_key:  # What a repetition must not do again is a mail.
        return "This sends a real mail with your key."
    return "This asks the service with your key."


def _attributes(operation: Operation, root: str) -> str:
    attributes = {
        "data-root": root or "./",
        "data-verb": operation.verb,
        "data-path": operation.paths[0].removeprefix("/"),
        "data-type": operation.name,
        "data-namespace": clr_namespace(operation.request),
        "data-follow": "Status/" if operation.response is SendResponse else "",
    }
    return " ".join(f'{name}="{escape(value)}"' for name, value in attributes.items())


def _api_key() -> Iterable[str]:
    control = '<input id="api-key" type="password" autocomplete="off" spellcheck="false"'
    return _field("api-key", "API key", control, "Kept in this tab until you close it.")


def _fields(operation: Operation) -> Iterator[str]:
    found = {member.name: member for member in members(operation.request)}
    is_mail = operation.request is SendMail
    usual = [found.pop(name) for name in (_USUAL if is_mail else tuple(found))]
    for member in usual:
        yield from _member(operation, member, "" if is_mail else _hint(operation, member))
    if operation.takes_key:
        yield from _idempotency_key()
    if found:
        yield "<details><summary>More</summary>"
        for member in found.values():
            yield from _member(operation, member, _hint(operation, member))
        yield "</details>"


def _hint(operation: Operation, member: Member) -> str:
    return words.MEMBERS[operation.request][member.name]


def _member(operation: Operation, member: Member, hint: str) -> Iterable[str]:
    name = member.name
    given = f'id="field-{name}" name="{name}"'
    filled = _FILLED.get(name, "") if operation.request is SendMail else ""
    match member.kind:
        case Kind.LIST:
            control = f'<input {given} type="file" multiple'
        case Kind.BOOLEAN if member.is_optional:  # What is not said is neither.
            options = "".join(f"<option>{each}</option>" for each in ("", "true", "false"))
            control = f'<select {given} data-flag="">{options}</select>'
        case Kind.BOOLEAN:
            control = f'<input {given} type="checkbox"'
        case Kind.INTEGER:
            control = f'<input {given} inputmode="numeric" data-number="" autocomplete="off"'
        case _ if name in _LONG:
            control = f'<textarea {given} rows="{_LONG[name]}">{filled}</textarea>'
        case _:
            control = f'<input {given} value="{filled}" autocomplete="off" spellcheck="false"'
    return _field(f"field-{name}", name, control, hint)


def _idempotency_key() -> Iterable[str]:
    name = IDEMPOTENCY_KEY
    control = f'<input id="field-{name}" name="{name}" autocomplete="off" spellcheck="false"'
    hint = "Repeated with the same key, a request sends no second mail."
    button = '<button type="button" class="quiet" id="make-key">Make one</button>'
    return _field(f"field-{name}", name, control, hint, beside=button)


def _field(identifier: str, label: str, control: str, hint: str, beside: str = "") -> Iterable[str]:
    """Write a control with its label, its hint, and the place where its error is shown."""
    described = f"{identifier}-hint {identifier}-error" if hint else f"{identifier}-error"
    described = f' aria-describedby="{described}"'
    if control.endswith(("</textarea>", "</select>")):
        control = control.replace(">", f"{described}>", 1)
    else:
        control = f"{control}{described}>"
    if beside:
        control = f'<div class="row">{control}{beside}</div>'
    kind = "field half" if label in _SHORT else "field"
    yield f'<div class="{kind}"><label for="{identifier}">{label}</label>{control}'
    if hint:
        yield f'<p class="hint" id="{identifier}-hint">{escape(hint)}</p>'
    yield f'<p class="error" id="{identifier}-error"></p></div>'


def _result() -> Iterator[str]:
    yield '<p id="status" role="status"></p>'
    yield '<div id="problem" role="alert"></div>'
    yield '<div id="answer" hidden>'
    yield '<dl id="facts"></dl>'
    yield '<p id="next"></p>'
    yield '<pre tabindex="0" role="region" aria-label="Answer"><code></code></pre>'
    yield "</div>"


def _program(root: str) -> Iterator[str]:
    """Write where the request is shown as a program."""
    yield '<section aria-labelledby="program" class="program">'
    yield '<h3 id="program">As a program</h3>'
    yield '<div class="choice" role="radiogroup" aria-labelledby="program">'
    for value, title in _LANGUAGES.items():
        identifier = f"language-{value}"
        yield (
            f'<input type="radio" name="language" id="{identifier}" value="{value}">'
            f'<label for="{identifier}">{title}</label>'
        )
    yield "</div>"
    yield '<pre tabindex="0" role="region" aria-label="Program"><code></code></pre>'
    yield '<p class="row"><button type="button" class="quiet" id="copy">Copy</button>'
    yield '<span id="copied" role="status"></span></p>'
    yield f'<p class="hint" id="needs" data-types="{root}types/csharp.plain"></p>'
    yield "</section>"


def _spaced(name: str) -> str:
    """Write the name of an operation as people do: `SendMail` is `Send mail`."""
    spaced = "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in name)
    return spaced.strip().capitalize()
