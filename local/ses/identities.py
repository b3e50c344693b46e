"""The identities of the account, under the names of SES's `GetEmailIdentity`.

SES refuses mails from an address that no verified identity covers; in the sandbox also mails to
such an address (developer guide, "Verified identities" and "Request production access").
"""

from collections.abc import Iterable, Mapping
from copy import deepcopy
from threading import Lock
from typing import Any, Final

from local.ses import dkim, model
from local.ses.addresses import is_domain
from local.ses.errors import FieldError, SesError, bad_request
from local.ses.patches import merged

type Json = dict[str, Any]

_MAIL_FROM: Final = {"MailFromDomainStatus": "PENDING", "BehaviorOnMxFailure": "USE_DEFAULT_VALUE"}


class Identities:
    """Domains and addresses by their names; safe to use from several threads.

    `verified` are there from the beginning, as an operator leaves them who has done everything:
    with DKIM, a MAIL FROM domain, and no bounces to the sender's mailbox.
    """

    def __init__(self, verified: Iterable[str]) -> None:
        self._verified = tuple(map(canonical, verified))
        self._lock = Lock()
        self.reset()

    def reset(self) -> None:
        """Return to the identities that were there from the beginning."""
        with self._lock:
            self._held = {name: _patched(name, {}, _well_kept(name)) for name in self._verified}

    def show(self) -> dict[str, Json]:
        """Return every identity by its name, as `GetEmailIdentity` answers it."""
        with self._lock:
            return deepcopy(self._held)

    def get(self, name: str) -> Json:
        """Return one identity. Raises `SesError` if it is not there."""
        with self._lock:
            return deepcopy(self._one(name))

    def create(self, name: str) -> Json:
        """Add an identity that is yet to be verified, and return it. Raises `SesError`."""
        try:
            name = canonical(name)
        except FieldError:
            raise bad_request(f"Invalid email identity {name}.") from None
        with self._lock:
            if name in self._held:
                message = f"Email identity {name} already exist."
                raise SesError("AlreadyExistsException", message)
            self._held[name] = _patched(name, {}, {})
            return deepcopy(self._held[name])

    def change(self, patches: Mapping[str, Json | None]) -> None:
        """Change or add identities by merge patches (RFC 7396); null removes one.

        Raises `FieldError` for a member that `GetEmailIdentity` does not have or that has another
        type, and for a name that is none. Nothing is changed then.
        """
        with self._lock:
            changed = dict(self._held)
            for given, patch in patches.items():
                name = canonical(given)
                if patch is None:
                    changed.pop(name, None)
                else:
                    changed[name] = _patched(name, changed.get(name, {}), patch)
            self._held = changed

    def change_one(self, name: str, patch: Json) -> Json:
        """Change an identity that is there, and return it. Raises `SesError` if it is not."""
        with self._lock:
            held = self._one(name)
            changed = self._held[canonical(name)] = _patched(canonical(name), held, patch)
            return deepcopy(changed)

    def remove(self, name: str) -> None:
        """Remove an identity. Raises `SesError` if it is not there."""
        with self._lock:
            self._one(name)
            del self._held[canonical(name)]

    def covering(self, address: str) -> tuple[str, Json] | None:
        """Return the verified identity that covers `address`, by its name; the nearest of several.

        That is the address itself, also for its +labels, its domain, or a domain above that.
        """
        local, _, domain = address.rpartition("@")
        domain = domain.lower()
        labels = domain.split(".")
        names = [f"{name}@{domain}" for name in (local, local.partition("+")[0])]
        names += [".".join(labels[at:]) for at in range(len(labels))]
        with self._lock:
            for name in names:
                held = self._held.get(name)
                if held and held["VerifiedForSendingStatus"]:
                    return name, held
        return None

    def _one(self, name: str) -> Json:
        held = self._held.get(_lower_domain(name))
        if held is None:
            raise SesError("NotFoundException", f"Email identity {name} does not exist.")
        return held


def canonical(name: str) -> str:
    """Return a domain in lower case, or an address with its domain so. Raises `FieldError`."""
    result = _lower_domain(name)
    local, at, domain = result.rpartition("@")
    if not is_domain(domain) or "." not in domain or (at and not local):
        raise FieldError(name, "Must be a domain (in punycode) or an address.")
    return result


def is_address(name: str) -> bool:
    return "@" in name


def _lower_domain(name: str) -> str:
    local, at, domain = name.strip().rpartition("@")
    return local + at + domain.lower()


def _patched(name: str, held: Json, patch: object) -> Json:
    """Return `held` with a merge patch in it, and with defaults for what is missing then."""
    if not isinstance(patch, dict):
        raise FieldError(name, "Must be an object.")
    state = merged(_unverified(name), merged(merged(held, _followed(name, patch)), patch))
    if isinstance(state.get("MailFromAttributes"), dict):
        state["MailFromAttributes"] = merged(_MAIL_FROM, state["MailFromAttributes"])
    try:
        return _with_values(name, model.check_state("GetEmailIdentity", state))
    except FieldError as error:
        raise FieldError(f"{name}: {error.field}", error.message) from None


def _with_values(name: str, state: Json) -> Json:
    """Return `state`. Raises `FieldError` for values that contradict the name or are no domain."""
    if is_address(name) != (state["IdentityType"] == "EMAIL_ADDRESS"):
        kind = "an address" if is_address(name) else "a domain"
        raise FieldError("IdentityType", f"Must fit the name, which is {kind}.")
    domain = state.get("MailFromAttributes", {}).get("MailFromDomain", "")
    if domain and not is_domain(domain):
        raise FieldError("MailFromAttributes.MailFromDomain", "Must be a domain (in punycode).")
    return state


def _followed(name: str, patch: Json) -> Json:
    """Return what follows from the verification that `patch` sets: SES does it by DKIM."""
    if not isinstance(is_verified := patch.get("VerifiedForSendingStatus"), bool):
        return {}
    status = "SUCCESS" if is_verified else "PENDING"
    follows: Json = {"VerificationStatus": status}
    return follows if is_address(name) else follows | {"DkimAttributes": {"Status": status}}


def _unverified(name: str) -> Json:
    """Return an identity as `CreateEmailIdentity` makes it."""
    return {
        "IdentityType": "EMAIL_ADDRESS" if is_address(name) else "DOMAIN",
        "FeedbackForwardingStatus": True,
        "VerifiedForSendingStatus": False,
        "VerificationStatus": "PENDING",
        "DkimAttributes": dkim.unsigned() if is_address(name) else dkim.pending(name),
        "Policies": {},
        "Tags": [],
    }


def _well_kept(name: str) -> Json:
    kept: Json = {"VerifiedForSendingStatus": True, "FeedbackForwardingStatus": False}
    if is_address(name):
        return kept
    mail_from = {"MailFromDomain": f"bounce.{name}", "MailFromDomainStatus": "SUCCESS"}
    return kept | {"MailFromAttributes": mail_from}
