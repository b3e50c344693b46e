"""Domain records in the table, and handlers that read them as if a minute had passed."""

import hashlib
from types import ModuleType
from typing import Any

import pytest
from boto3.dynamodb.types import TypeDeserializer, TypeSerializer

from core.aws import clients
from core.aws.domain_table import DomainTable
from core.aws.pace_clock import PaceClock
from core.config import CONFIG

DOMAIN = CONFIG.default_domain.domain
_to_attribute = TypeSerializer().serialize
_from_attribute = TypeDeserializer().deserialize


def key_of(domain: str) -> dict[str, str]:
    """Return the key of a domain's record in the table."""
    return {"pk": "DOMAIN", "sk": domain}


def hash_of(api_key: str) -> str:
    """Return what a domain's record holds of a caller's key."""
    return hashlib.sha256(api_key.encode()).hexdigest()


def put_domain(domain: str = DOMAIN, /, **settings: Any) -> None:
    """Write a domain's record, in place of one that is there."""
    item = {name: _to_attribute(value) for name, value in (settings | key_of(domain)).items()}
    clients.dynamodb().put_item(TableName=CONFIG.table_name, Item=item)


def change_domain(domain: str = DOMAIN, /, **changes: Any) -> None:
    """Change a domain's record, or write it if there is none."""
    put_domain(domain, **(domain_record(domain) or {}) | changes)


def domain_record(domain: str = DOMAIN) -> dict[str, Any] | None:
    """Read a domain's record from the table; None if there is none."""
    key = {name: _to_attribute(value) for name, value in key_of(domain).items()}
    held = clients.dynamodb().get_item(TableName=CONFIG.table_name, Key=key).get("Item")
    return held and {name: _from_attribute(value) for name, value in held.items()}


def forget_pace(patch: pytest.MonkeyPatch, *handlers: ModuleType) -> None:
    """Let handlers read the clock of the pace anew, which belongs to a table of long ago."""
    for handler in handlers:
        fresh = PaceClock(clients.dynamodb(), CONFIG.table_name)
        patch.setattr(handler, "services", handler.services._replace(pace_clock=fresh))


def forget_domains(patch: pytest.MonkeyPatch, *handlers: ModuleType) -> None:
    """Let handlers read the domains anew: otherwise they do so once a minute."""
    fresh = DomainTable(clients.dynamodb(), CONFIG.table_name, CONFIG.default_domain)
    for handler in handlers:
        patch.setattr(handler, "domain_table", fresh)
