"""The functions: room to run, and the same code in each."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from ops.doctor.findings import Finding, failure, ok, warning

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ops.doctor.subject import Subject

_SECONDS_PER_REQUEST = 0.5
_OTHER_WORKERS = 20
"""For SES's events, the sweep, the dispatcher and the webhooks (ten that call, four that read the
table's stream), beside `SendConcurrency`: docs/operations.md."""
_ASK = (
    "service-quotas request-service-quota-increase --service-code lambda --quota-code {}"
    " --desired-value {}"
)
_QUOTA, _USUAL = "L-B99A9384", 1000
"""The quota "Concurrent executions", and what AWS gives without questions."""


def concurrency(subject: Subject) -> Iterator[Finding]:
    """Compare the account's concurrency with what callers and workers may need at a time."""
    if subject.is_local:
        return  # It is what this machine can do, and the limits of `make run` are out of reach.
    limit = subject.ask("lambda", "get_account_settings")["AccountLimit"]
    free = limit["UnreservedConcurrentExecutions"]
    reserved = int(subject.parameter("ApiConcurrency") or 0)
    rate = int(subject.parameter("ThrottleRate") or 0)
    callers = math.ceil(rate * _SECONDS_PER_REQUEST)
    workers = int(subject.parameter("SendConcurrency") or 0) + _OTHER_WORKERS
    if 0 < reserved < callers:
        yield warning(
            f"ApiConcurrency={reserved} is less than ThrottleRate={rate} requests a second need"
            f" (about {callers}).",
            subject.deploy("ApiConcurrency", str(callers)),
        )
    need = workers if reserved else callers + workers
    what = f"Lambda runs {free} functions of the account at a time, and this stack needs {need}"
    if free < need:
        yield warning(
            f"{what} at full load: then callers are turned away, and retries and events wait.",
            "# Ask AWS for more:",
            subject.aws_command(_ASK.format(_QUOTA, max(need, _USUAL))),
        )
    else:
        yield ok(f"{what}.")


def functions(subject: Subject) -> Iterator[Finding]:
    """Examine whether every function of the stack runs, and is of the same deployment."""
    found = {
        id_: function_of(subject, id_)
        for name, id_ in subject.resources.items()
        if name.endswith("Function")
    }
    held = {name: each for name, each in found.items() if each}
    for name in sorted(found.keys() - held.keys()):
        yield failure(f"The function {name} is gone.", *subject.made_again())
    faulty = [*_not_running(subject, held), *_published(subject, list(held))]
    yield from faulty
    packages = {each["CodeSha256"] for each in held.values()}
    if len(packages) > 1:
        yield warning(
            f"The {len(held)} functions run {len(packages)} different packages.",
            subject.deploy(),
        )
    elif held and not faulty:
        yield ok(f"The {len(held)} functions are ready, and run the same package.")


def function_of(subject: Subject, name: str) -> Any:
    """Return what Lambda says of a function; None: it is gone."""
    return subject.ask(
        "lambda",
        "get_function_configuration",
        absent=("ResourceNotFoundException",),
        FunctionName=name,
    )


def _not_running(subject: Subject, held: dict[str, Any]) -> Iterator[Finding]:
    for name, each in held.items():
        state, update = each.get("State", "Active"), each.get("LastUpdateStatus", "Successful")
        if state not in ("Active", "Inactive") or update != "Successful":  # Idle ones wake up.
            yield failure(f"{name} is not ready ({state}, {update}).", subject.deploy())
        answer = subject.ask("lambda", "get_function_concurrency", FunctionName=name)
        if answer.get("ReservedConcurrentExecutions") == 0:
            yield failure(
                f"{name} is stopped: its reserved concurrency is 0.",
                subject.aws_command(f"lambda delete-function-concurrency --function-name {name}"),
            )


def _published(subject: Subject, names: list[str]) -> Iterator[Finding]:
    for name in names:
        if aliases := subject.ask("lambda", "list_aliases", FunctionName=name)["Aliases"]:
            yield warning(
                f"{name} has an alias ({aliases[0]['Name']}), which keeps an older version: the"
                " stack runs $LATEST.",
                subject.aws_command(
                    f"lambda delete-alias --function-name {name} --name {aliases[0]['Name']}"
                ),
            )


def log_role(subject: Subject) -> Iterator[Finding]:
    """Examine the role that API Gateway logs with, one for the account and region."""
    arn = subject.ask("apigateway", "get_account").get("cloudwatchRoleArn")
    mend = subject.deploy("ApiGatewayLogRole", "create")
    if not arn:
        yield warning("API Gateway has no role to log with, so no access is logged.", mend)
        return
    name = arn.rpartition("/")[2]
    if subject.ask("iam", "get_role", absent=("NoSuchEntity",), RoleName=name) is None:
        yield warning(f"The role that API Gateway logs with is gone ({name}).", mend)
    else:
        yield ok("API Gateway has a role to log with.")
