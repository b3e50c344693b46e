"""Which senders are refused before anything is built, as no mail of theirs could go out."""

import pytest

from ops.deploy.given import given
from ops.deploy.senders import refuse_unrelated, refuse_wrong_domain


@pytest.mark.parametrize(
    ("domain", "told"),
    [
        ("münchen.example", r"write it as the DNS has it, xn--mnchen-3ya\.example\."),
        ("1.2.3.4", "this is an IP address"),
        ("com.au", "a registry's, and yours is below it"),
        ("amazonses.com", "this one is Amazon's"),
        ("eu-west-1.amazonses.com", "this one is Amazon's"),
        (f"{'a' * 64}.example", "at most 63 characters"),
        ("ü..example", "this is none"),
    ],
)
def test_a_domain_that_nobody_mails_from_is_refused_with_the_reason(domain: str, told: str) -> None:
    with pytest.raises(ValueError, match=f"^SenderDomain must be a domain of your own: .*{told}"):
        given({"OPS_SENDER_DOMAIN": domain})


@pytest.mark.parametrize(
    "domain",
    ["example.com", "myshop.example", "mg.shop.com.au", f"{'a' * 63}.example", "blogspot.com"],
)
def test_a_domain_of_ones_own_is_taken(domain: str) -> None:
    refuse_wrong_domain("SenderDomain", domain)


@pytest.mark.parametrize(
    ("values", "complaint"),
    [
        ({"SenderIdentity": "customer.example"}, "^SenderIdentity must be mg.new.example, a dom"),
        ({"SenderIdentity": "w.example"}, "SenderIdentity"),
        ({"SenderIdentity": "ops@customer.example"}, "SenderIdentity"),
        ({"SenderIdentity": "a.mg.new.example"}, "SenderIdentity"),
        (
            {"DefaultSender": "x@elsewhere.example"},
            r"^DefaultSender must .* from: mg.new.example\.$",
        ),
        ({"DefaultSender": "x@new.example"}, "DefaultSender"),
    ],
)
def test_senders_that_do_not_fit_the_domain_are_refused(
    values: dict[str, str], complaint: str
) -> None:
    with pytest.raises(ValueError, match=complaint):
        refuse_unrelated({"SenderDomain": "mg.new.example"} | values)


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"SenderIdentity": "", "DefaultSender": ""},
        {"SenderIdentity": "mg.new.example", "DefaultSender": "x@mg.new.example"},
        {"SenderIdentity": "new.example", "DefaultSender": "x@new.example"},
        {"SenderIdentity": "ops@new.example", "DefaultSender": "ops@new.example"},
        {"SenderIdentity": "ops@mg.new.example"},
        {"MoreSenderDomains": "a.example,b.example", "DefaultSender": "x@b.example"},
    ],
)
def test_senders_that_the_roles_allow_are_taken(values: dict[str, str]) -> None:
    refuse_unrelated({"SenderDomain": "mg.new.example"} | values)
