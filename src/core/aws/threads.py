"""The pool of threads for calls to AWS that run side by side."""

from concurrent.futures import ThreadPoolExecutor
from functools import cache

_AT_ONCE = 9
"""How many threads there are: for eight objects of a mail and a look at the suppression list. Each
costs memory, and an open connection to AWS."""


@cache
def threads() -> ThreadPoolExecutor:
    """Return the pool, which is made when first needed and then kept.

    To start threads for every mail would take longer than all else that is done for it.
    """
    return ThreadPoolExecutor(_AT_ONCE)
