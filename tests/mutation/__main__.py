"""`make mutants`: spoil the code on purpose, one mistake at a time, and see whether a test fails.

A mistake that no test notices is a hole: a behaviour that can break unseen. It is listed at the
end, and either gets a test or, if nobody could ever see it, an entry with the reason in
`equivalent.toml`.
"""

import argparse
import multiprocessing
import os
import random
import shutil
import sys
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor, as_completed

from mutation import equivalent, mutants
from mutation.mutants import Mutant
from mutation.runner import COPIES, Broken, Worker
from mutation.suites import MODULES, files_for

GOAL = 0.95
_worker: Worker
_limits: dict[str, float] = {}
"""Seconds that the tests of a module may take, for each module that this process has met."""


def main() -> int:
    asked = _arguments()
    modules = [name for name in MODULES if asked.module in name]
    if not modules:
        raise SystemExit(f"No module of tests/mutation/suites.py is like '{asked.module}'.")
    made = [mutant for module in modules for mutant in mutants.of_module(module)]
    for entry in sorted(equivalent.outdated(made, modules)):
        print("equivalent.toml names what is no mutant any more:", *entry, sep="\n    ")
    known = equivalent.known()
    tried = [mutant for mutant in made if equivalent.name_of(mutant) not in known]
    excused = len(made) - len(tried)
    if asked.sample and asked.sample < len(tried):
        tried = random.Random(asked.seed).sample(tried, asked.sample)
    print(f"{len(made)} mutants of {len(modules)} modules, {excused} equivalent; {len(tried)} run.")
    try:
        return _told(_run(tried, asked.workers, nearest=asked.nearest))
    finally:
        shutil.rmtree(COPIES, ignore_errors=True)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make mutants", description=__doc__)
    parser.add_argument("--module", default="", help="only those whose path has this in it")
    parser.add_argument("--sample", type=int, help="only so many of the mutants, by chance")
    parser.add_argument("--seed", type=int, default=1, help="of that chance")
    parser.add_argument("--nearest", action="store_true", help="run only the module's own tests")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    return parser.parse_args()


def _run(tried: list[Mutant], workers: int, *, nearest: bool) -> dict[Mutant, bool]:
    """Say of each mutant whether it was killed."""
    # Whoever is forked must have no threads: a worker forks for each mutant.
    numbers = multiprocessing.get_context("fork").SimpleQueue()
    for number in range(workers):
        numbers.put(number)
    pool = ProcessPoolExecutor(
        workers, multiprocessing.get_context("fork"), initializer=_start, initargs=(numbers,)
    )
    killed: dict[Mutant, bool] = {}
    start = time.monotonic()
    with pool:
        futures = {pool.submit(_is_killed, mutant, nearest=nearest): mutant for mutant in tried}
        for future in as_completed(futures):
            mutant = futures[future]
            try:
                killed[mutant] = future.result()
            except Broken as broken:
                pool.shutdown(cancel_futures=True)
                raise SystemExit(str(broken)) from None
            if not killed[mutant]:
                print(f"\nalive: {mutant}", flush=True)
            elif len(killed) % 25 == 0:
                print(f"{len(killed)} done, {time.monotonic() - start:.0f} s", flush=True)
    return killed


def _start(numbers: "multiprocessing.SimpleQueue[int]") -> None:
    global _worker  # noqa: PLW0603 - one for each process of the pool
    _worker = Worker(numbers.get())


def _is_killed(mutant: Mutant, *, nearest: bool) -> bool:
    tests = files_for(mutant.module, nearest=nearest)
    if mutant.module not in _limits:
        _limits[mutant.module] = 60 + 4 * _worker.seconds(tests)
    return _worker.kills(mutant, tests, _limits[mutant.module])


def _told(killed: dict[Mutant, bool]) -> int:
    """Print the figures and the survivors; the exit code says whether the goal is met."""
    survivors = sorted((m for m, dead in killed.items() if not dead), key=str)
    if survivors:
        print("\nNo test noticed:\n")
    for mutant in survivors:
        print(mutant)
    print()
    alive, all_ = Counter(m.module for m in survivors), Counter(m.module for m in killed)
    for module, number in sorted(all_.items()):
        print(f"{module:35} {number - alive[module]:5} of {number:5} killed")
    share = 1 - len(survivors) / len(killed) if killed else 1.0
    print(f"{share:.1%} of {len(killed)} mutants killed; the goal is {GOAL:.0%}.")
    return 0 if share >= GOAL else 1


if __name__ == "__main__":
    sys.exit(main())
