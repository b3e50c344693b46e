"""What may be given for the template's parameters, and what is kept and sent of it."""

import pytest

from ops.deploy.parameters import Parameters

PARAMETERS = Parameters.of_this_checkout()


def test_words_are_read_as_a_shell_would_read_them() -> None:
    words = (
        "RetryHours=12 'DefaultSenderName=Our \"Shop\" = A, B'"
        " CorsOrigins=https://a.example,https://b.example KmsKeyArn="
    )

    assert PARAMETERS.read(words) == {
        "RetryHours": "12",
        "DefaultSenderName": 'Our "Shop" = A, B',
        "CorsOrigins": "https://a.example,https://b.example",
        "KmsKeyArn": "",
    }


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        ("RetryHour=1", "RetryHour is no parameter of the stack. Did you mean RetryHours?"),
        ("retryhours=1", "Did you mean RetryHours?"),
        ("Zebra=1", "They are explained in template.yaml."),
        ("A=1 B=2", "A is no parameter of the stack. .*\n.*B is no parameter"),
        ("RetryHours", "PARAMETERS is NAME=value"),
        ("'RetryHours=1", "PARAMETERS: No closing quotation."),
        ("=3", "PARAMETERS is NAME=value, with spaces"),
        ("RetryHours=1 RetryHours=2", "PARAMETERS has RetryHours twice."),
        (
            "DefaultSenderName=Our Shop",
            "is not after DefaultSenderName. .*\n  PARAMETERS=\"'DefaultSenderName=...'\"$",
        ),
        (
            "CorsOrigins=https://a.example, https://b.example",
            "is not after CorsOrigins. Leave out the spaces after the commas.",
        ),
    ],
)
def test_what_cannot_be_meant_is_refused(words: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        PARAMETERS.read(words)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("RetryHours", "0"),
        ("RetryHours", "37"),
        ("RetryHours", "12.5"),
        ("RetryHours", ""),
        ("RetryHours", "١٢"),
        ("SesSandbox", "yes"),
        ("LogRetentionDays", "31"),
        ("SenderDomain", "Example.com"),
        ("SenderDomain", "example.com\n"),
        ("CorsOrigins", "https://a.example, https://b.example"),
        ("AlarmAddress", "ops"),
        ("ApiKeyValue", "too-short"),
    ],
)
def test_a_value_out_of_bounds_is_refused_in_the_templates_words_and_not_shown(
    name: str, value: str
) -> None:
    with pytest.raises(ValueError, match=f"^{name} must ") as refused:
        PARAMETERS.refuse_wrong({name: value})

    told = PARAMETERS[name].declared["ConstraintDescription"]
    assert str(refused.value).startswith(f"{name} {told}.")


def test_every_fault_is_told_at_once() -> None:
    with pytest.raises(ValueError, match=r"RetryHours must .*\nMaxRecipients must "):
        PARAMETERS.refuse_wrong({"RetryHours": "0", "TrackOpens": "true", "MaxRecipients": "51"})


@pytest.mark.parametrize("name", PARAMETERS)
def test_every_default_may_be_given(name: str) -> None:
    default = PARAMETERS[name].default

    assert default is None or PARAMETERS[name].allows(default)


@pytest.mark.parametrize("name", PARAMETERS)
def test_every_limit_of_the_template_is_one_that_is_looked_at(name: str) -> None:
    known = {"Type", "Default", "Description", "NoEcho", "ConstraintDescription"}
    limits = {"AllowedPattern", "AllowedValues", "MinValue", "MaxValue"}

    assert PARAMETERS[name].declared.keys() <= known | limits
    assert PARAMETERS[name].declared["Type"] in ("String", "Number")


@pytest.mark.parametrize(
    ("values", "complaint"),
    [
        ({"DomainName": "mail.example.com"}, "DomainName needs CertificateArn."),
        ({"TruststoreUri": "s3://b/k.pem"}, "TruststoreUri needs DomainName."),
    ],
)
def test_a_rule_about_several_is_told_before_aws_is_asked(
    values: dict[str, str], complaint: str
) -> None:
    with pytest.raises(ValueError, match=f"^{complaint}"):
        PARAMETERS.refuse_together(values)


def test_rules_that_hold_are_no_fault() -> None:
    certificate = "arn:aws:acm:eu-central-1:123456789012:certificate/a"

    PARAMETERS.refuse_together({})
    PARAMETERS.refuse_together({"DomainName": "a.example", "CertificateArn": certificate})


def test_what_is_the_default_is_not_kept_and_is_sent_all_the_same() -> None:
    """Else a stack would keep the value that it had, when an operator sets the default again."""
    values = {"TrackOpens": "true", "SenderDomain": "example.com", "RetryHours": "24"}

    kept = PARAMETERS.kept(values)

    assert list(kept) == ["SenderDomain", "TrackOpens"]
    assert PARAMETERS.whole(kept).keys() == PARAMETERS.keys() - {"ApiKeyValue"}
    assert PARAMETERS.whole(kept)["RetryHours"] == "24"


@pytest.mark.parametrize("key", ["", "a" * 20])
def test_a_key_that_nobody_gives_stays_as_the_stack_has_it(key: str) -> None:
    """An empty one that is given takes it away, now and the next time."""
    assert "ApiKeyValue" not in PARAMETERS.whole(PARAMETERS.kept({"SenderDomain": "example.com"}))
    kept = PARAMETERS.kept({"ApiKeyValue": key})
    assert PARAMETERS.whole(kept)["ApiKeyValue"] == key
