"""The configuration of a sending domain: who may use it, who may be its sender, its policies."""

from collections.abc import Mapping
from hmac import compare_digest
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from core.contract.limits import MAX_REPLY_TO
from core.message.address import Address, parse_address, parse_domain
from core.submission.characters import UNPRINTABLE, shows_address


def _sender_pattern(text: str) -> str:
    """Return the canonical form of `billing@example.com` or `*@example.com`, or raise `ValueError`.

    At most one `*`, and only before the '@': a star for the domain would allow every sender there
    is, and the service would be an open relay.
    """
    local, at, domain = text.strip().rpartition("@")
    if not at or local.count("*") > 1:
        raise ValueError("must be an address, with at most one '*' before its '@'")
    # The star stands for any characters that an address may have there, so `x` stands in for it.
    parse_address(f"{local.replace('*', 'x')}@{domain}")
    return f"{local}@{parse_domain(domain)}"


_Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]{1,64}$")]
_SesName = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
_KeyHash = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
_CheckedAddress = Annotated[Address, AfterValidator(parse_address)]
_DisplayName = Annotated[str, Field(pattern=rf"^[^{UNPRINTABLE}]{{0,128}}$")]


class DomainConfiguration(BaseModel):
    """The policies of one sending domain. The template's parameters make the default one."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    domain: Annotated[str, AfterValidator(parse_domain)]
    name: _Name
    """Its name in answers: `Configuration`."""
    configuration_set: _SesName
    """The SES configuration set: it holds sending options, and says where events go."""
    tenant: _SesName | None = None
    """The SES tenant of its mails: identity and configuration set must be associated with it."""
    allowed_senders: tuple[Annotated[str, AfterValidator(_sender_pattern)], ...] = Field(
        (), max_length=100
    )
    """The addresses that mails may come from, as `billing@example.com` or `*@example.com`. If there
    are none: every address of the domain itself."""
    default_sender: _CheckedAddress
    default_sender_name: _DisplayName = ""
    at_in_names: Literal["replace", "refuse"] = "replace"
    """What becomes of an '@' in the sender's display name, which could pass for another address:
    it is written as "at", or the request is refused."""
    unknown_members: Literal["ignore", "refuse"] = "ignore"
    """What becomes of a mail with members that nobody knows: they are named in the answer, or the
    mail is refused."""
    identity: str = ""
    """What is verified in SES for it if not itself: a domain above it, or one address. From the
    template (`SenderIdentity`), so for the template's domain only."""
    reply_to: tuple[_CheckedAddress, ...] = Field((), max_length=MAX_REPLY_TO)
    track_opens: bool | None = None
    """Whether SES adds its pixel; None: as the configuration set says."""
    track_clicks: bool | None = None
    """Whether SES rewrites links; None: as the configuration set says."""
    api_keys: frozenset[_KeyHash] = frozenset()
    """SHA-256 (hex) of the API keys that may use it. If it lists none: every key, as long as no
    other domain lists any; from then on no key at all."""
    lane: Literal["fast", "slow"] = "fast"
    """Where its mails wait if they must: `slow` accepts every mail as if it were one way, so that
    what is sent in bulk does not stand before mails that somebody waits for."""
    retry_hours: int = Field(24, ge=1, le=36)
    """How long a mail that SES does not take is tried again before it has failed."""
    unknown_outcome: Literal["resend", "fail"] = "resend"
    """What to do if SES gave no answer and no event came: send once more, or give the mail up."""
    reference_is_key: bool = False
    """Whether `Reference` is the key of requests without an `Idempotency-Key` header."""
    suppression: bool = True
    """Whether addresses that bounced for good or complained get no more mail of this domain."""
    retention_days: int = Field(90, ge=7, le=3650)
    """How long the record of a message is kept; at least as long as an idempotency key is."""
    content_retention_days: int = Field(7, ge=2, le=365)
    """How long the mail itself is kept, for tries; S3 deletes by classes of days."""
    show_content: bool = False
    """Whether its callers may look at what its mails say (`GetContent`), as long as it is kept."""
    daily_cap: int | None = Field(None, ge=1, le=1_000_000_000)
    """How many mails it may send in one day (UTC); None: only the limits of the API keys count."""
    on_bad_rates: Literal["alarm", "pause"] = "alarm"
    """Whether too many bounces or complaints only ring an alarm, or also pause the domain."""
    paused: Literal["", "bounces", "complaints", "manual"] = ""
    """Why the domain is paused, so that none of its mails goes out; "" if it is not."""
    judged_from: int = Field(0, ge=0)
    """When it was last resumed (epoch seconds): earlier bounces and complaints do not count."""
    is_broken: bool = False
    """Whether its record in the table is faulty, so that the domain cannot be used."""

    @property
    def policies(self) -> dict[str, Any]:
        """What it says of each of its mails, as fields of `Mail`."""
        return {
            "configuration_set": self.configuration_set,
            "tenant": self.tenant,
            "track_opens": self.track_opens,
            "track_clicks": self.track_clicks,
        }

    def is_of(self, caller: str) -> bool:
        """Say whether this API key (its SHA-256 in hex) is one of the domain's own.

        Takes the same time wherever in the list it is, and however much of a hash matches.
        """
        return sum(compare_digest(caller, key) for key in self.api_keys) > 0

    def allows_sender(self, sender: Address) -> bool:
        """Say whether its own settings let a mail come from `sender`.

        That is every address of the domain, or those that `allowed_senders` names. No domain above
        it is among them: that may be somebody else's (`core.submission.senders` knows when not).
        """
        if self.allowed_senders:
            return any(_fits(sender.lower(), allowed.lower()) for allowed in self.allowed_senders)
        return sender.rpartition("@")[2] == self.domain

    def is_verified_as(self, sender: Address) -> bool:
        """Say whether `identity` is a domain above this one, or an address there, and `sender` it.

        What is neither (a domain beside this one, or below it) allows nobody.
        """
        local, _, above = self.identity.rpartition("@")
        if not self.domain.endswith(f".{above.lower()}"):
            return False
        return _fits(sender.lower(), f"{local or '*'}@{above}".lower())


def _fits(sender: str, allowed: str) -> bool:
    local, _, domain = sender.rpartition("@")
    allowed_local, _, allowed_domain = allowed.rpartition("@")
    start, star, end = allowed_local.partition("*")
    if domain != allowed_domain or not star:
        return sender == allowed
    fits = local.startswith(start) and local.endswith(end)
    return fits and len(local) >= len(start) + len(end)


def configured(
    default: DomainConfiguration, domain: str, record: Mapping[str, object]
) -> DomainConfiguration:
    """Read the record of a domain. Raises `ValueError` that names the field, never its value.

    What it leaves out is as in `default`; but another domain mails in its own name.
    """
    left_out, fixed = default.model_dump(), {"domain": domain, "identity": default.identity}
    if domain != default.domain:
        own = {"name": domain[:64], "default_sender": f"no-reply@{domain}"}
        left_out |= own | {"default_sender_name": ""}
        fixed["identity"] = ""
    configuration = DomainConfiguration.model_validate(left_out | dict(record) | fixed)
    sender = configuration.default_sender
    is_own = domain == default.domain and not {"default_sender", "allowed_senders"} & record.keys()
    allowed = configuration.allows_sender(sender) or (
        not configuration.allowed_senders and configuration.is_verified_as(sender)
    )
    if not is_own and not allowed:
        raise ValueError("default_sender: must be one that the domain allows (allowed_senders)")
    if configuration.at_in_names == "refuse" and shows_address(
        configuration.default_sender_name, sender
    ):
        raise ValueError("default_sender_name: must not hold an '@' where at_in_names=refuse")
    return configuration


def broken(
    default: DomainConfiguration, domain: str, record: Mapping[str, object]
) -> DomainConfiguration:
    """Return what stands for a domain whose record cannot be used.

    Nothing is sent for it, and the callers whose keys it lists are shut out: they do not fall back
    to the domains that anybody may use.
    """
    value = record.get("api_keys")
    keys = value if isinstance(value, (list, tuple, set)) else [value]
    readable = frozenset(key for key in keys if isinstance(key, str) and key.isascii())
    return default.model_copy(
        update={
            "domain": domain,
            # A list that cannot be read is a list all the same: no key may count as nobody's.
            "api_keys": readable or frozenset({"unreadable"} if value else ()),
            "paused": "manual" if record.get("paused") else "",
            "is_broken": True,
        }
    )
