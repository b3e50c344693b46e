"""The threads for calls to AWS that need not wait for each other: one pool, made when needed."""

from concurrent.futures import ThreadPoolExecutor
from functools import cache

_AT_ONCE = 9
"""Eight objects, and a look at the suppression list. An idle connection to AWS is kept for each."""


@cache
def threads() -> ThreadPoolExecutor:
    """Return the pool. It stays: starting threads for every mail costs more than the mail does."""
    return ThreadPoolExecutor(_AT_ONCE)
