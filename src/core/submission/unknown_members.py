"""What a caller probably meant by a member that nobody knows, and when that refuses a mail.

The rules are docs/contract.md B5 L.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import cache

from core.contract.contract import Attachment, GetStatus, SendMail
from core.contract.errors import Fault
from core.contract.ignored import MAX_LENGTH, listed, shown
from core.contract.members import Contract, members
from core.submission.other_names import BY_TYPE

CODE = "UnknownMember"
"""The code of a fault that is about a member which nobody knows."""
CONTENT = ("Text", "HTML", "Attachments")
"""The members without which a mail has nothing to say but its subject."""

_WRAPPERS = frozenset(
    "sendmail sendmailrequest request payload data json dto attachment".split()  # noqa: SIM905
)
"""What a whole mail, or an attachment, is wrapped in by mistake, as `_plain` writes it."""
_NEAR, _VERY_NEAR = 0.75, 0.85
"""From which likeness on two names may be the same, misspelt, and from which they probably
are (`difflib`'s ratio). `Test` is as near to `Text` as the first."""
_MOST_MISSPELT = 500
"""How many names are compared so in a mail without content: the comparison takes its time."""
_FILES, _ITEM = "Attachments", Attachment.__name__
_MAX_HINTS = 3
"""How many unknown members an error about a missing one names."""


def judged(request: SendMail, faults: Sequence[Fault], *, refuse: bool) -> list[Fault]:
    """Return the faults of a request that came with members which nobody knows (`ignored`).

    `faults` are those that it has besides: what is missing says which unknown member may be it.
    With `refuse` (the domain's `unknown_members`) each unknown member is a fault; else those alone
    that stand for the content of a mail which has none.
    """
    by_target: dict[str, list[str]] = {}
    for name in request.ignored:
        by_target.setdefault(meant(name), []).append(name)
    if refuse:
        own = [_fault(name, meant(name) or _nearest(name)) for name in _distinct(request.ignored)]
    elif _has_content(request):
        own = []
    else:
        content = [name for target in CONTENT for name in by_target.get(target, ())]
        misspelt = {name: _misspelt(name) for name in by_target.get("", ())[:_MOST_MISSPELT]}
        content += [name for name, target in misspelt.items() if target]
        items = [name for name in request.ignored if _place(name)[0] is Attachment]
        own = [
            _fault(name, misspelt.get(name) or _content_meant(name))
            for name in _distinct([*content, *items])
        ]
    hints = _Hints({} if refuse else by_target, request.ignored)
    return own + [fault._replace(message=fault.message + hints.of(fault)) for fault in faults]


def meant(name: str) -> str:
    """Return which member `name` probably stands for: `Text` for `Body`; "" if that is not known.

    Case, spaces, `_`, `-` and `/`, a number at the end and an index in brackets make no difference.
    Within an attachment it is a member of that: `Attachments.Bytes` for `Attachments.Content`.
    """
    owner, prefix, own = _place(name)
    found = _table(owner).get(_plain(own), "")
    return found and prefix + found


def _content_meant(name: str) -> str:
    """Return what `name` stands for in a mail without attachments, where no list can have items.

    What stands in the list there is no member of an attachment, but in the place of one.
    """
    return f"{_FILES}.{_ITEM}" if _place(name)[0] is Attachment else meant(name)


def _has_content(request: SendMail) -> bool:
    texts = (request.text, request.html)
    return bool(request.attachments) or any(text and not text.isspace() for text in texts)


def _distinct(names: Iterable[str]) -> list[str]:
    """Return the names that are shown, as they are written: each once, sorted, not too many."""
    by_shown = {shown(name): name for name in names}
    return [by_shown[each] for each in listed(by_shown.values())]


def _fault(name: str, target: str) -> Fault:
    return Fault(shown(name), CODE, _reason(name, target))


def of_message_id(names: Iterable[str]) -> str:
    """Return which of `names`, unknown members of a `GetStatus`, may be one that it has.

    It is what to add to the message that its id is missing; "" if none of them is.
    """
    known = _table(GetStatus)
    near = [name for name in names if known.get(_plain(name))]
    return "".join(
        f" '{shown(name)}' is not a member of {GetStatus.__name__}: "
        f"did you mean '{known[_plain(name)]}'?"
        for name in _distinct(near)[:_MAX_HINTS]
    )


class _Hints:
    """Which unknown member may be what is missing: found once for each, as faults may be many."""

    def __init__(self, by_target: Mapping[str, Sequence[str]], names: Iterable[str]) -> None:
        self._by_target = by_target
        self._wrappers = [name for name in names if _plain(_place(name)[2]) in _WRAPPERS]
        self._found: dict[str, str] = {}

    def of(self, fault: Fault) -> str:
        """Return what to add to the message of a fault; "" if nothing fits."""
        if fault.code != "NotEmpty":
            return ""
        outer, _, rest = fault.field.partition("[")
        field = outer + rest.partition("]")[2]  # Of each attachment: names have no index.
        if field not in self._found:
            self._found[field] = "".join(f" {reason}" for reason in self._reasons(field))
        return self._found[field]

    def _reasons(self, field: str) -> list[str]:
        reasons = [_reason(name, field) for name in _distinct(self._by_target.get(field, ()))]
        owner, prefix, _ = _place(field)
        wrappers = [name for name in self._wrappers if _place(name)[0] is owner]
        reasons += [_of_wrapper(name, prefix) for name in _distinct(wrappers)]
        return reasons[:_MAX_HINTS]


def _reason(name: str, target: str) -> str:
    """Say what is wrong with the member `name`, where `target` is what was probably meant."""
    owner = _place(name)[0]
    if target == name:  # Formats that may have two of a name, or the same name elsewhere (XML).
        return (
            f"'{shown(name)}' is given twice, or is not in the XML namespace '{owner.namespace}'."
        )
    is_item = target == f"{_FILES}.{_ITEM}"
    what = f"item of {_FILES}" if is_item else f"member of {owner.__name__}"
    question = f": did you mean '{target}'?" if target else "."
    return f"'{shown(name)}' is not {'an' if is_item else 'a'} {what}{question}"


def _of_wrapper(name: str, prefix: str) -> str:
    whole = "an item of the list" if prefix else "the request"
    return f"Send what '{shown(name)}' holds as {whole} itself."


def _nearest(name: str) -> str:
    """Return the member whose name is nearly `name`, as a misspelling; "" if there is none."""
    from difflib import get_close_matches  # noqa: PLC0415 - for a request that is refused anyway

    owner, prefix, own = _place(name)
    known = {_plain(member.name): member.name for member in members(owner)}
    near = get_close_matches(_plain(own), known, n=1, cutoff=_NEAR)
    return prefix + known[near[0]] if near else ""


def _misspelt(name: str) -> str:
    """Return which member that holds a mail's content is called `name`, by a slip; "" if none is.

    Two letters may have changed places (`Txet`), or a name be very near to it (`Attatchments`).
    """
    from difflib import get_close_matches  # noqa: PLC0415 - for a mail without content

    own = _plain(name)
    if not own or _place(name)[0] is Attachment:
        return ""
    known = {_plain(target): target for target in CONTENT}
    mixed = [each for each in known if each[0] == own[0] and sorted(each) == sorted(own)]
    near = mixed or get_close_matches(own, known, n=1, cutoff=_VERY_NEAR)
    return known[near[0]] if near else ""


def _place(name: str) -> tuple[type[Contract], str, str]:
    """Return whose member `name` would be, what stands before that member's own name, and that."""
    outer, dot, inner = name.partition(".")
    if dot and outer == _FILES:
        return Attachment, f"{_FILES}.", inner
    return SendMail, "", outer


@cache
def _table(contract: type[Contract]) -> dict[str, str]:
    """Return each name by which a member of `contract` is known anywhere, and that member's."""
    names = {_plain(member.name): member.name for member in members(contract)}
    elsewhere = BY_TYPE[contract].items()
    return {_plain(each): own for own, many in elsewhere for each in many} | names


def _plain(name: str) -> str:
    """Return a name without what makes no difference; one that is too long is nobody's."""
    start = name[:MAX_LENGTH].partition("[")[0].casefold()
    return start.translate(_NO_DIFFERENCE).rstrip("0123456789")


_NO_DIFFERENCE = dict.fromkeys(map(ord, "_-/: \t\r\n"))
