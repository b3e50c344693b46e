"""Everything that the doctor looks at, in groups that can be asked for one by one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ops.doctor import (
    access,
    alarms,
    authentication,
    functions,
    host_name,
    identities,
    mail_from,
    queues,
    webhooks,
)
from ops.doctor.account import account
from ops.doctor.configuration_sets import configuration_sets
from ops.doctor.findings import Finding, failure
from ops.doctor.probe import probe_mail
from ops.doctor.subject import Subject
from ops.doctor.unread import careful

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ops.progress import Progress
    from ops.stack import Stack

type Check = Callable[[Subject], Iterator[Finding]]


@dataclass(frozen=True, slots=True)
class Group:
    """Checks under one title. What one of them cannot read ends that one only."""

    title: str
    checks: Mapping[str, Check]
    """By what they read."""
    matters: bool = True
    """Whether mails may be stopped by what it looks at: that nothing of it could be read is then a
    failure."""


WITHOUT_MAIL = (
    Group("Account", {"The account's state in SES": account}),
    Group(
        "Domains",
        {
            "The settings of the domains": identities.settings_of_domains,
            "What SES knows of the domains": identities.coverage,
            "What SES has verified": identities.verification,
            "The DKIM records": identities.dkim_in_dns,
        },
    ),
    Group(
        "MAIL FROM and feedback",
        {
            "The MAIL FROM domains": mail_from.mail_from,
            "The records of the MAIL FROM domains": mail_from.mail_from_in_dns,
            "Feedback forwarding": identities.feedback_forwarding,
        },
    ),
    Group("DMARC", {"The DMARC records": authentication.dmarc_records}, matters=False),
    Group(
        "Events",
        {
            "The configuration sets": configuration_sets,
            "The subscription of the event queue": queues.event_subscription,
            "Who empties the queues": queues.workers,
            "What runs every minute": queues.every_minute,
            "The dead letters": queues.dead_letters,
        },
    ),
    Group(
        "Webhooks",
        {
            "The table's stream": webhooks.stream,
            "The endpoints of the webhooks": webhooks.endpoints,
        },
        matters=False,
    ),
    Group(
        "Access",
        {
            "The usage plan": access.usage_plan,
            "The stack's own key": access.first_key,
            "The keys of the domains": access.keys_of_domains,
            "The host name": host_name.host_name,
            "The certificate": host_name.certificate,
        },
    ),
    Group(
        "Operation",
        {
            "The functions": functions.functions,
            "Lambda's concurrency": functions.concurrency,
            "The role of API Gateway's logs": functions.log_role,
            "The subscription of the alarms": alarms.alarm_subscription,
            "The alarms": alarms.alarms_that_ring,
        },
    ),
)
"""What can be looked at without sending anything."""
GROUPS = (*WITHOUT_MAIL, Group("A mail", {"What a mail needs": probe_mail}))


def examine(
    stack: Stack,
    groups: Sequence[Group] = GROUPS,
    *,
    dns: str = "",
    progress: Progress | None = None,
) -> Iterator[Finding]:
    """Yield what is found, as soon as it is, in the order of the groups.

    `dns` is the address of a DNS server, with or without a port; without it the machine's own is
    asked. Raises `ValueError` if it is none. `progress` shows what is being looked at.
    """
    subject = Subject.of(stack, dns)
    for group in groups:
        for finding in of_group(subject, group, progress):
            yield replace(finding, group=group.title)


def of_group(subject: Subject, group: Group, progress: Progress | None = None) -> Iterator[Finding]:
    """Yield what is found in one group, and a failure if nothing could be read of what matters."""
    were_unread = []
    for what, check in group.checks.items():
        if progress:
            progress.say(f"{group.title}: {what[0].lower()}{what[1:]}")
        for finding in careful(what, check(subject)):
            were_unread.append(finding.is_unread)
            yield finding
    if group.matters and were_unread and all(were_unread):
        yield failure(
            "Nothing of this could be looked at, so nobody knows whether mails go out.",
            "# Mend what the lines above name, then ask again.",
        )
