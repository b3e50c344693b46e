"""What a sending domain may do and is told to do, and which one a request means."""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from core.address import Address, parse_address

_CheckedAddress = Annotated[Address, AfterValidator(parse_address)]


class DomainConfiguration(BaseModel):
    """The policies of one sending domain. The template's parameters make the default one."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    domain: str
    name: str
    """What answers call it: `Configuration`."""
    configuration_set: str
    """SES's: sending options, and where its events go."""
    default_sender: _CheckedAddress
    default_sender_name: str = ""
    reply_to: tuple[_CheckedAddress, ...] = ()
    api_keys: frozenset[str] = frozenset()
    """SHA-256 (hex) of the API keys that may use it; empty: every key of the API."""
    retry_hours: int = 24
    """How long a mail that SES does not take is tried again before it has failed."""
    unknown_outcome: Literal["resend", "fail"] = "resend"
    """After a try without an answer and without an event: at-least-once, or at-most-once."""
    reference_is_key: bool = False
    """Whether `Reference` is the idempotency key of callers who send no header."""
    suppression: bool = True
    """Whether addresses that bounced for good or complained get no more mail of this domain."""
    retention_days: int = Field(90, ge=7)
    """How long the record of a message is kept: no shorter than an idempotency key."""
    content_retention_days: int = Field(7, ge=2, le=365)
    """How long the mail itself is kept, for tries; S3 deletes by classes of days, see `vault`."""

    def admits(self, caller: str) -> bool:
        """Say whether this API key (its SHA-256 in hex) may send and read mail of the domain."""
        return not self.api_keys or caller in self.api_keys

    def allows_sender(self, sender: Address) -> bool:
        """Say whether mail may come from `sender`: the domain itself, and its parent domain.

        `mg.customer.example` that mails as `@customer.example` is common. A parent that is a
        top-level domain is nobody's.
        """
        domain = sender.rpartition("@")[2]
        parent = self.domain.partition(".")[2]
        return domain == self.domain or ("." in parent and domain == parent)


def choose(
    configurations: Mapping[str, DomainConfiguration],
    caller: str,
    domain: str,
    sender: Address | None,
) -> DomainConfiguration | None:
    """Return the configuration that a request means, among those that its caller may use.

    A named `domain` must be one of them; without one it is the domain of `sender`, or the only one
    that allows this sender, or the only one there is. None: unknown and forbidden look the same.
    """
    usable = {name: held for name, held in configurations.items() if held.admits(caller)}
    if domain:
        return usable.get(domain)
    if sender and (named := usable.get(sender.rpartition("@")[2])):
        return named
    fitting = [held for held in usable.values() if sender and held.allows_sender(sender)]
    left = fitting or list(usable.values())
    return left[0] if len(left) == 1 else None
