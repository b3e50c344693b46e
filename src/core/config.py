"""Reads the environment once: it never changes in a Lambda sandbox, so neither does `CONFIG`.

Tests set it before they import this module. A missing name is a `KeyError` at start, naming itself.
"""

import os
from collections.abc import Mapping
from typing import Literal, NamedTuple, cast

from core.contract.limits import Limits
from core.message.address import Address
from core.submission.domains import DomainConfiguration


class Config(NamedTuple):
    """What the template tells its functions."""

    table_name: str
    bucket_name: str
    retry_queue_url: str
    dead_letter_queue_url: str
    stack_id: str
    """The stack's ARN, unique for ever: the salt for hashes of what the table must not tell."""
    recipient_secret: str
    """A secret that the template makes for the stack: the key of the hashes by which messages are
    found by their recipients. Only the API's function has it; others have ""."""
    webhook_secret: str
    """A secret that the template makes for the stack: of it follow the secrets of webhooks. Only
    who shows them or signs with them has it; others have ""."""
    webhook_queue_url: str
    webhook_dead_letters_url: str
    """Where deliveries of webhooks wait, and where their dead letters are."""
    reaches_loopback: bool
    """Whether webhooks may go to this machine itself, without TLS: those of the local stack may
    (`local/`), and no others."""
    cors_origins: frozenset[str]
    """The origins whose pages may call the API from a browser; empty for none."""
    is_emulated: bool
    """Whether SAM CLI runs the function on a developer's machine: it checks no keys, and its events
    name none (https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/
    sam-cli-command-reference-sam-local-start-api.html)."""
    default_domain: DomainConfiguration
    """The domain of the template's parameters. With a single domain, the table needs no record."""
    limits: Limits
    send_rate: float
    """How many recipients a second the stack may send to in turns; 0.0: as many as SES allows."""

    @classmethod
    def from_environ(cls, environ: Mapping[str, str]) -> "Config":
        """Read the variables that `template.yaml` sets for every function."""
        return cls(
            table_name=environ["TABLE_NAME"],
            bucket_name=environ["BUCKET_NAME"],
            retry_queue_url=environ["RETRY_QUEUE_URL"],
            dead_letter_queue_url=environ["DEAD_LETTER_QUEUE_URL"],
            stack_id=environ["STACK_ID"],
            recipient_secret=environ.get("RECIPIENT_SECRET", ""),
            webhook_secret=environ.get("WEBHOOK_SECRET", ""),
            webhook_queue_url=environ["WEBHOOK_QUEUE_URL"],
            webhook_dead_letters_url=environ["WEBHOOK_DEAD_LETTERS_URL"],
            reaches_loopback=environ.get("WEBHOOKS_TO_LOOPBACK") == "true",
            cors_origins=frozenset(environ["CORS_ORIGINS"].split(",")) - {""},
            is_emulated=environ.get("AWS_SAM_LOCAL") == "true",
            default_domain=DomainConfiguration(
                domain=environ["SENDER_DOMAIN"].lower(),
                name=environ["CONFIGURATION_NAME"],
                configuration_set=environ["CONFIGURATION_SET"],
                default_sender=Address(environ["DEFAULT_SENDER"]),
                default_sender_name=environ["DEFAULT_SENDER_NAME"],
                identity=environ["SENDER_IDENTITY"],
                retry_hours=int(environ["RETRY_HOURS"]),
                unknown_outcome=cast("Literal['resend', 'fail']", environ["UNKNOWN_OUTCOME"]),
                unknown_members=cast("Literal['ignore', 'refuse']", environ["UNKNOWN_MEMBERS"]),
                suppression=environ["SUPPRESSION"] == "true",
                retention_days=int(environ["RECORD_RETENTION_DAYS"]),
                content_retention_days=int(environ["CONTENT_RETENTION_DAYS"]),
                show_content=environ["SHOW_CONTENT"] == "true",
            ),
            limits=Limits(
                body_bytes=int(environ["MAX_BODY_BYTES"]),
                recipients=int(environ["MAX_RECIPIENTS"]),
            ),
            send_rate=float(environ["SEND_RATE"]),
        )


CONFIG = Config.from_environ(os.environ)
