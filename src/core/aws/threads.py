"""The pools of threads for calls to AWS that run side by side."""

from concurrent.futures import ThreadPoolExecutor
from functools import cache

_AT_ONCE = 9
"""How many threads there are: for eight objects of a mail and a look at the suppression list. Each
costs memory, and an open connection to AWS."""
_MAILS_AT_ONCE = 8
"""How many mails of a batch are stored at the same time: fewer than the connections that botocore
keeps open to a service (10)."""


@cache
def threads() -> ThreadPoolExecutor:
    """Return the pool, which is made when first needed and then kept.

    To start threads for every mail would take longer than all else that is done for it.
    """
    return ThreadPoolExecutor(_AT_ONCE)


@cache
def mail_threads() -> ThreadPoolExecutor:
    """Return the pool in which the mails of a batch are stored.

    It is another one because each of them may wait for its attachments, which `threads` writes: in
    one pool, mails could have all threads and wait for ever.
    """
    return ThreadPoolExecutor(_MAILS_AT_ONCE)
