"""What stands at the end of a deployment: where the stack is, what is missing, what comes next."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from ops import sender_identity
from ops.aws_errors import short
from ops.doctor import WITHOUT_MAIL, examine, report
from ops.stack import Stack

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ops.deploy.account import Account


def say_the_end(account: Account, stack: str, parameters: Mapping[str, str]) -> None:
    """Let SES know the sender domain, and print what an operator needs from here on."""
    created = created_identity(account, parameters)
    deployed = Stack.named(stack)
    print(f"\nDeployed: {stack} in {account.region}, account {account.id}\n")
    for name, value in _rows(deployed.outputs, created):
        print(f"  {name:9}{value}")
    print("\nWhat is missing, and what mends it:\n", flush=True)
    missing = [each for each in examine(deployed, WITHOUT_MAIL) if each.level != "ok"]
    report(missing)
    print("" if missing else "  Nothing.\n")
    print("What comes next:\n")
    print(f"  ./mailctl --stack {stack} doctor    # the list again, and a mail to SES's simulator")
    print(f"  ./mailctl --stack {stack} smoke     # one request of every kind", flush=True)


def _rows(outputs: Mapping[str, str], created: str) -> Iterator[tuple[str, str]]:
    yield "API", outputs["ApiUrl"]
    if target := outputs.get("ApiDomainTarget"):
        host = outputs["ApiUrl"].split("/")[2]
        yield "its DNS", f"{host}. CNAME {target}."
    yield "Key", outputs["ApiKeyCommand"]
    yield "To watch", outputs["DashboardUrl"]
    if created:
        yield "SES", created


def created_identity(account: Account, parameters: Mapping[str, str]) -> str:
    """Make the domain known to SES if it is not; say so. An address its owner adds, by a mail."""
    name = parameters.get("SenderIdentity") or parameters["SenderDomain"]
    ses = account.client("sesv2")
    try:
        if sender_identity.is_known(ses, name):
            return ""
        if "@" not in name:
            sender_identity.create(ses, name)
    except ClientError as error:  # The stack stands all the same; the doctor says what is missing.
        return f"{name} could not be made known to SES: {short(error)}."
    if "@" in name:
        return (
            "the address in SenderIdentity is new to SES. Let it send its mail with a link there:\n"
            f"           aws sesv2 create-email-identity --email-identity {shlex.quote(name)}"
            f" --region {account.region}"
        )
    return f"{name} is new to SES, and waits for the DNS records below."
