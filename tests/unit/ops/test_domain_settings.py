"""What an operator can set of a domain: nothing of the model is forgotten, and nothing made up."""

from typing import Any

import pytest
from support.template import TEMPLATE, Evaluation

from core.config import Config
from core.submission.domains import DomainConfiguration
from ops.domain_settings import PARAMETERS, SETTINGS, of_parameters, settings_in

OTHERS = {
    "SenderDomain": "Other.example",
    "DefaultSender": "hello@example.com",
    "DefaultSenderName": "Praxis Dr. Müller",
    "SenderIdentity": "above.example",
    "ConfigurationName": "other",
    "RetryHours": "7",
    "UnknownOutcome": "fail",
    "UnknownMembers": "refuse",
    "Suppression": "false",
    "RecordRetentionDays": "11",
    "ContentRetentionDays": "3",
    "ShowContent": "true",
}
"""Values other than those that the parameters have by themselves."""
ONLY_IN_RECORDS = {
    *("configuration_set", "tenant", "allowed_senders", "reply_to", "track_opens", "track_clicks"),
    *("reference_is_key", "daily_cap", "on_bad_rates", "at_in_names", "lane"),
}
"""Settings that no parameter makes: `./mailctl domains` sets them alone."""
OF_OTHER_COMMANDS = {"api_keys", "paused", "judged_from", "is_broken"}


def of_functions(**parameters: str) -> DomainConfiguration:
    """Return the default domain as a function of the stack reads it from its environment."""
    given = Evaluation(parameters)
    variables = TEMPLATE["Globals"]["Function"]["Environment"]["Variables"]
    return Config.from_environ(
        {name: str(given.value(value)) for name, value in variables.items()}
    ).default_domain


def of_operator(**parameters: str) -> DomainConfiguration:
    """Return the default domain as `ops` makes it of the parameters of the stack."""
    return of_parameters(Evaluation(parameters).values, "ConfigurationSet")


def test_without_parameters_an_operator_sees_what_the_functions_see() -> None:
    assert of_operator() == of_functions()


@pytest.mark.parametrize("parameter", PARAMETERS)
def test_a_parameter_means_the_same_to_an_operator_and_to_the_functions(parameter: str) -> None:
    changed = of_operator(**{parameter: OTHERS[parameter]})

    assert changed == of_functions(**{parameter: OTHERS[parameter]})
    assert getattr(changed, PARAMETERS[parameter]) != getattr(of_operator(), PARAMETERS[parameter])


def test_no_parameter_that_makes_the_default_domain_is_missing() -> None:
    environment = str(TEMPLATE["Globals"]["Function"]["Environment"]["Variables"])
    read = {name for name in TEMPLATE["Parameters"] if f"'{name}'" in environment}
    usual = of_functions()
    making = set()
    for name in read:
        kind = TEMPLATE["Parameters"][name]["Type"]
        other = OTHERS.get(name, "99" if kind == "Number" else "other")
        if of_functions(**{name: other}) != usual:
            making.add(name)

    assert making == PARAMETERS.keys()


def test_every_setting_of_the_model_has_its_place() -> None:
    """A new one fails here: is it a parameter too, of records only, or of another command?"""
    made = set(PARAMETERS.values())

    assert made | ONLY_IN_RECORDS | OF_OTHER_COMMANDS == DomainConfiguration.model_fields.keys()
    assert not made & ONLY_IN_RECORDS
    assert set(SETTINGS) == (made - {"domain", "identity"}) | ONLY_IN_RECORDS


def test_a_stack_from_before_a_parameter_came_has_the_models_default() -> None:
    parameters = Evaluation().values
    del parameters["RetryHours"]

    assert of_parameters(parameters, "ConfigurationSet").retry_hours == 24


@pytest.mark.parametrize(
    ("words", "settings"),
    [
        (["retry_hours=12"], {"retry_hours": "12"}),
        (["name=A & B"], {"name": "A & B"}),
        (["reply_to=a@b.example, c@d.example"], {"reply_to": ["a@b.example", "c@d.example"]}),
        (["allowed_senders=*@b.example"], {"allowed_senders": ["*@b.example"]}),
        (["retry_hours=", "reply_to="], {"retry_hours": None, "reply_to": None}),
        (["default_sender_name=a=b"], {"default_sender_name": "a=b"}),
    ],
)
def test_settings_are_read(words: list[str], settings: dict[str, Any]) -> None:
    assert settings_in(words) == settings


@pytest.mark.parametrize("word", ["retry_hours", "api_keys=x", "paused=manual", "nonsense=1", "=1"])
def test_what_is_no_setting_is_refused(word: str) -> None:
    with pytest.raises(ValueError, match="Settings are NAME=VALUE, and the names name, "):
        settings_in([word])
