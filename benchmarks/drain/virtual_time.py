"""Time that passes only while everybody waits: hours of the service in seconds of the processor.

A process is a function on a thread of its own, so it may be the service's own code, which knows
nothing of this. Only one runs at a time, until it sleeps or ends; then time jumps to whatever comes
next. So nothing depends on how fast the machine is, and a run can be repeated exactly.
"""

from __future__ import annotations

from concurrent.futures import Executor, Future
from functools import partial
from heapq import heappop, heappush
from itertools import count
from threading import Lock, Thread, current_thread
from time import sleep as real_sleep
from typing import TYPE_CHECKING, Any, override

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    type _Event = tuple[float, int, Callable[[], _Baton | None]]


class _Baton:
    """What a process must have to run. Each has its own, and one is given at a time."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._lock.acquire()

    def give(self) -> None:
        self._lock.release()

    def await_(self) -> None:
        self._lock.acquire()


class _Over(BaseException):
    """Ends a process that sleeps when all is over. No `except Exception` of the service sees it."""


class VirtualTime:
    """A clock and all that will happen. Times are in seconds; `now` is the time.

    Who makes it runs first. An error in any process or action ends `run`, which raises it.
    """

    def __init__(self, now: float) -> None:
        """Begin at `now`."""
        self.now = now
        self._maker = current_thread()
        self._due: list[_Event] = []
        self._order = count()
        self._main = self._running = _Baton()
        self._threads: list[_Runner] = []
        self._idle: list[_Runner] = []
        self._asleep: set[_Baton] = set()
        self._error: BaseException | None = None
        self._is_over = False

    def time(self) -> float:
        """Return the time, as `time.time` does."""
        return self.now

    def time_ns(self) -> int:
        """Return the time, as `time.time_ns` does."""
        return int(self.now * 1e9)

    def at(self, when: float, action: Callable[[], None]) -> None:
        """Have an action done at a time. It must not sleep."""

        def done() -> None:
            action()

        self._push(when, done)

    def start(self, process: Callable[[], None], when: float = 0.0) -> None:
        """Let a process begin, now or at a time that has not come."""
        self._push(max(when, self.now), lambda: self._runner(process))

    def sleep(self, seconds: float) -> None:
        """Let the process that calls this go on after so many seconds.

        A thread that is none of ours sleeps as ever: an older one of a library may still be there.
        """
        if current_thread() is not self._maker and not isinstance(current_thread(), _Runner):
            real_sleep(seconds)
            return
        running = self._running
        self._push(self.now + max(0.0, seconds), lambda: running)
        self._give_way()

    def run(self, seconds: float) -> None:
        """Let so much time pass. Only for who made this."""
        self.sleep(seconds)
        if self._error:
            raise self._error

    def side_by_side[T](self, jobs: Sequence[Callable[[], T]], at_once: int) -> list[T]:
        """Do jobs in processes, so many at once, and return what they return."""
        results: dict[int, T] = {}
        left = iter(list(enumerate(jobs)))
        lanes, running = min(at_once, len(jobs)), self._running

        def lane() -> None:
            nonlocal lanes
            for number, job in left:
                results[number] = job()
            lanes -= 1
            if not lanes:
                self._push(self.now, lambda: running)

        for _ in range(lanes):
            self.start(lane)
        if jobs:
            self._give_way()
        return [results[number] for number in range(len(jobs))]

    def close(self) -> None:
        """End every process, wherever it is."""
        self._is_over = True
        for baton in list(self._asleep):
            baton.give()
        for runner in self._idle:
            runner.baton.give()
        for runner in self._threads:
            runner.join()

    def _push(self, when: float, action: Callable[[], _Baton | None]) -> None:
        heappush(self._due, (when, next(self._order), action))

    def _give_way(self) -> None:
        """Let others run until it is this process's turn again."""
        mine = self._running
        following = self._next()
        if following is not mine:
            self._asleep.add(mine)
            following.give()
            mine.await_()
            if self._is_over:
                raise _Over
            self._asleep.remove(mine)

    def _next(self) -> _Baton:
        """Pass on to the next process, and return its baton."""
        self._running = self._main
        while not self._error:
            self.now, _, action = heappop(self._due)
            try:
                baton = action()
            except Exception as error:  # noqa: BLE001 - `run` raises it
                self._error = error
                break
            if baton:
                self._running = baton
                break
        return self._running

    def _runner(self, process: Callable[[], None]) -> _Baton:
        if self._idle:
            runner = self._idle.pop()
        else:
            runner = _Runner(self._finish)
            self._threads.append(runner)
            runner.start()
        runner.process = process
        return runner.baton

    def _finish(self, runner: _Runner, error: BaseException | None) -> None:
        """Pass on to the next process, for this one has ended."""
        self._error = self._error or error
        self._idle.append(runner)
        self._next().give()


class _Runner(Thread):
    """A thread that runs one process after the other: a new one for each would take longer."""

    def __init__(self, finish: Callable[[_Runner, BaseException | None], None]) -> None:
        super().__init__(daemon=True)
        self.baton = _Baton()
        self.process: Callable[[], None] | None = None
        self._finish = finish

    @override
    def run(self) -> None:
        self.baton.await_()
        while self.process:
            process, self.process, error = self.process, None, None
            try:
                process()
            except _Over:
                return
            except BaseException as raised:  # noqa: BLE001 - `VirtualTime.run` raises it
                error = raised
            self._finish(self, error)
            self.baton.await_()


class Pool(Executor):
    """A pool of threads in virtual time."""

    def __init__(self, virtual: VirtualTime, at_once: int) -> None:
        """Do so many jobs side by side, if they come by `map`."""
        self._virtual, self._at_once = virtual, at_once

    @override
    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Do a job before anything else: what it takes is not hidden behind anything."""
        future: Future[Any] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as error:  # noqa: BLE001 - raised where it is waited for
            future.set_exception(error)
        return future

    @override
    def map(self, fn: Any, *iterables: Any, **_: Any) -> Iterator[Any]:
        """Do jobs side by side."""
        jobs = [partial(fn, *arguments) for arguments in zip(*iterables, strict=False)]
        return iter(self._virtual.side_by_side(jobs, self._at_once))
