"""Configuration sets as the simulator reads them: here from another simulator, as an SDK does."""

import socket

import pytest
from support.simulator import EVERY_TYPE, TOPIC, Sets, sandbox

from local.ses import aws
from local.ses.errors import SesError
from local.ses.simulator import ConfigurationSet, Destination

REGION = "eu-central-1"


@pytest.fixture
def emulator():
    with sandbox() as running:
        yield running


@pytest.fixture
def sets(emulator):
    return aws.connect(emulator.url, REGION)[0]


def test_a_set_is_its_destinations_and_whether_it_sends(sets):
    assert sets("events") == ConfigurationSet([Destination(TOPIC, EVERY_TYPE)], is_sending=True)


def test_a_destination_that_is_off_or_no_topic_gets_nothing():
    class Others(Sets):
        def ask(self, operation, ConfigurationSetName, **members):  # noqa: N803
            answer = super().ask(operation, ConfigurationSetName, **members)
            for destination in answer.get("EventDestinations", []):
                destination["Enabled"] = False
            return answer

    with sandbox(configuration_sets=Others()) as emulator:
        sets, _ = aws.connect(emulator.url, REGION)

        assert sets("events") == ConfigurationSet([], is_sending=True)


def test_what_is_switched_through_the_simulator_holds_at_once(sets):
    assert sets("events").is_sending

    switch = {"ConfigurationSetName": "events", "SendingEnabled": False}
    sets.ask("put_configuration_set_sending_options", **switch)

    assert not sets("events").is_sending


def test_a_set_that_is_not_there_is_sess_own_error(sets):
    with pytest.raises(SesError, match="<none> does not exist") as refusal:
        sets("none")

    assert refusal.value.code == "NotFoundException"


def test_a_set_that_was_there_serves_on_while_the_emulator_does_not_answer(monkeypatch):
    with sandbox() as emulator:
        sets, _ = aws.connect(emulator.url, REGION)
        known = sets("events")
    monkeypatch.setattr(aws, "_CACHED", -1.0)

    assert sets("events") == known
    with pytest.raises(SesError, match="could not be read") as failure:
        sets("bounces")
    assert failure.value.code == "InternalServiceErrorException"


def test_a_set_that_was_removed_is_gone(monkeypatch, emulator, sets):
    assert sets("events")
    monkeypatch.setattr(aws, "_CACHED", -1.0)
    del emulator.simulator.ses.configuration_sets.held["events"]

    for _ in range(2):
        with pytest.raises(SesError, match="<events> does not exist"):
            sets("events")


def test_an_event_that_reaches_no_topic_is_an_error_of_the_connection():
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]
    _, publish = aws.connect(f"http://127.0.0.1:{port}", REGION)

    with pytest.raises(ConnectionError):
        publish(TOPIC, "{}")
