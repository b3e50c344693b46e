"""Carries out what one HTTP request asks for: one thing, or the items of a batch in their order."""

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from core.contract.errors import NotImplementedHere
from core.contract.limits import Limits
from core.contract.members import Contract
from core.http import binding
from core.http.gateway import Request
from core.http.routing import Route
from core.lazily import lazily

if TYPE_CHECKING:
    from core.contract import ignored
else:  # Few requests come with a member that nobody knows.
    ignored = lazily("core.contract.ignored")


class Item(NamedTuple):
    """One thing that a request asks for."""

    request: Contract
    key: str | None
    """The `Idempotency-Key` that is its own."""


type CarryOut = Callable[[Sequence[Item]], Iterable[Contract]]
"""Does what the items ask for, and yields the answer of each, in their order. Raises what the first
one raises that fails; then those before it are done, and none behind it."""

COMPLETED = "X-AutoBatch-Completed"
"""The header that says how many items of a batch were done (docs/contract.md A5)."""
IGNORED = "X-Ignored"
"""The header that names the members which nobody knows (docs/contract.md B5 L)."""


class Call:
    """One HTTP request being carried out; `headers` and `failed_item` tell how far it came."""

    def __init__(self, request: Request, route: Route, key: str | None = None) -> None:
        """Begin with nothing done; `key` is the request's `Idempotency-Key`."""
        self.request, self.route, self.key = request, route, key
        self._answers: list[Contract] = []
        self._is_bound = False
        self.ignored: tuple[str, ...] = ()
        """The members that nobody knows, of all items together, as they are shown."""

    def carry_out(self, do: CarryOut, limits: Limits) -> Contract | Sequence[Contract]:
        """Do what is asked for; return its answer, or the list of a batch's answers.

        Stops at the first item that fails, with what `do` raises. Raises `NotImplementedHere`,
        `Unreadable`, `TooLarge` and `Invalid` before anything is done.
        """
        items = self._items(limits)
        self._is_bound = True
        if names := [name for item in items for name in item.ignored]:
            self.ignored = ignored.listed(names)
        for answer in do([Item(item, self._key(place)) for place, item in enumerate(items)]):
            self._answers.append(answer)
        return self._answers if self.route.is_batch else self._answers[0]

    @property
    def headers(self) -> dict[str, str]:
        """What the answer's headers say: what was ignored, and how much of a batch was done."""
        done = {COMPLETED: str(len(self._answers))} if self.route.is_batch else {}
        return done | ({IGNORED: ", ".join(self.ignored)} if self.ignored else {})

    @property
    def failed_item(self) -> int | None:
        """Which item of a batch failed, from zero; to be read once `carry_out` has raised.

        None if it is no batch, or if none of its items was begun.
        """
        return len(self._answers) if self.route.is_batch and self._is_bound else None

    def _items(self, limits: Limits) -> Sequence[Contract]:
        route = self.route
        if route.operation is None or route.refusal:
            raise NotImplementedHere(route.refusal)
        if route.is_batch:
            return binding.read_batch(self.request, route.operation, route, limits)
        return [binding.read(self.request, route.operation, route, limits)]

    def _key(self, place: int) -> str | None:
        """Return the caller's key for an item: in a batch each has its own."""
        if self.key and self.route.is_batch:
            return f"{self.key}/{place}"
        return self.key
