"""A scheduler: does tasks when they are due, in a few threads, and repeats those that fail."""

import heapq
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from threading import Condition, Thread
from typing import Final

from local.ses.errors import SesError

_AGAIN_AFTER: Final = (0.1, 0.3, 1.0, 3.0, 5.0)  # Seconds between one try and the next.


@dataclass(order=True, slots=True)
class _Task:
    due: float
    number: int
    name: str = field(compare=False)
    work: Callable[[], None] = field(compare=False)
    failures: int = field(compare=False, default=0)


class Schedule:
    """Does tasks when they are due; those with the same `key` one after another, in one thread."""

    def __init__(self, lanes: int = 4) -> None:
        self._lanes = [_Lane() for _ in range(lanes)]

    def put(self, key: str, delay: float, name: str, work: Callable[[], None]) -> None:
        """Do `work` in `delay` seconds; `name` is printed if it is given up after several tries."""
        self._lanes[hash(key) % len(self._lanes)].put(delay, name, work)

    def start(self) -> None:
        for lane in self._lanes:
            lane.start()

    def stop(self) -> int:
        """Stop without doing what is not due yet; return how many tasks were left."""
        return sum([lane.stop() for lane in self._lanes])


class _Lane:
    def __init__(self) -> None:
        self._tasks: list[_Task] = []
        self._numbers = count()
        self._changed = Condition()
        self._stopping = False
        self._thread = Thread(target=self._run, name="ses-events", daemon=True)

    def put(self, delay: float, name: str, work: Callable[[], None]) -> None:
        self._put(_Task(time.monotonic() + delay, next(self._numbers), name, work))

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> int:
        with self._changed:
            self._stopping = True
            self._changed.notify()
        self._thread.join(timeout=2)
        return len(self._tasks)

    def _put(self, task: _Task) -> None:
        with self._changed:
            heapq.heappush(self._tasks, task)
            self._changed.notify()

    def _run(self) -> None:
        while task := self._next():
            try:
                task.work()
            except (OSError, SesError) as error:
                self._failed(task, error)

    def _next(self) -> _Task | None:
        """Wait for the next task that is due; None means that there will be no more."""
        with self._changed:
            while not self._stopping:
                left = self._tasks[0].due - time.monotonic() if self._tasks else None
                if left is not None and left <= 0:
                    return heapq.heappop(self._tasks)
                self._changed.wait(left)
        return None

    def _failed(self, task: _Task, error: Exception) -> None:
        if task.failures == len(_AGAIN_AFTER):
            print(f"SES simulator: {task.name} was given up: {type(error).__name__}", flush=True)
            return
        task.due = time.monotonic() + _AGAIN_AFTER[task.failures]
        task.failures += 1
        self._put(task)
