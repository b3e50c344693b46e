"""A simulator in this process, a real SDK to talk to it, and a topic that remembers."""

import http.client
import json
from contextlib import contextmanager
from dataclasses import replace
from email import message_from_bytes
from email.policy import default
from threading import Condition
from types import SimpleNamespace

import boto3
from botocore.config import Config

from local.ses.errors import SesError
from local.ses.events import TYPES
from local.ses.server import Simulator
from local.ses.simulator import ConfigurationSet, Destination, Settings

TOPIC = "arn:aws:sns:eu-central-1:000000000000:events"
EVERY_TYPE = frozenset(name for name, _ in TYPES.values())


class Topic:
    def __init__(self, failures=0):
        self.events = []
        self.failures = failures
        self._changed = Condition()

    def publish(self, topic_arn, body):
        assert topic_arn == TOPIC
        with self._changed:
            if self.failures:
                self.failures -= 1
                raise ConnectionError("not today")
            self.events.append(json.loads(body))
            self._changed.notify_all()

    def wait_for(self, count):
        """Return the first events once there are `count`; fail if they do not come."""
        with self._changed:
            assert self._changed.wait_for(lambda: len(self.events) >= count, 5), self.events
            return self.events[:count]


class Sets:
    """Configuration sets of which one sends its events to the topic, and one its bounces only.

    What it does not keep is `asked` of it.
    """

    def __init__(self):
        types = {"events": EVERY_TYPE, "bounces": frozenset({"BOUNCE"})}
        self.asked = []
        self.held = {name: ConfigurationSet([Destination(TOPIC, of)]) for name, of in types.items()}

    def __call__(self, name):
        if name not in self.held:
            raise SesError("NotFoundException", f"Configuration set <{name}> does not exist.")
        return self.held[name]

    def ask(self, operation, ConfigurationSetName="", **members):  # noqa: N803
        if operation == "list_configuration_sets":
            return {"ConfigurationSets": sorted(self.held)}
        held = self(ConfigurationSetName)
        match operation:
            case "get_configuration_set":
                options = {"SendingEnabled": held.is_sending}
                return {"ConfigurationSetName": ConfigurationSetName, "SendingOptions": options}
            case "get_configuration_set_event_destinations":
                return {"EventDestinations": [_written(each) for each in held.destinations]}
            case "put_configuration_set_sending_options":
                is_sending = members.get("SendingEnabled", False)
                self.held[ConfigurationSetName] = replace(held, is_sending=is_sending)
                return {}
            case _ if "_configuration_set_" in operation:
                self.asked.append((operation, ConfigurationSetName, members))
                return {}
        raise AssertionError(operation)


def _written(destination):
    return {
        "Name": "topic",
        "Enabled": True,
        "MatchingEventTypes": sorted(destination.event_types),
        "SnsDestination": {"TopicArn": destination.topic_arn},
    }


def sdk(url, read_timeout=5):
    return boto3.client(
        "sesv2",
        endpoint_url=url,
        region_name="eu-central-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(read_timeout=read_timeout, retries={"total_max_attempts": 1}),
    )


def text(data):
    return {"Data": data, "Charset": "UTF-8"}


def simple(**changes):
    content = {"Subject": text("Hello"), "Body": {"Text": text("It works.")}} | changes
    return {name: value for name, value in content.items() if value is not None}


def mail(**changes):
    request = {
        "FromEmailAddress": "no-reply@example.com",
        "Destination": {"ToAddresses": ["ada@recipient.example"]},
        "Content": {"Simple": simple()},
        "ConfigurationSetName": "events",
    } | changes
    return {name: value for name, value in request.items() if value is not None}


class Sandbox(SimpleNamespace):
    def send(self, **changes):
        return self.client.send_email(**mail(**changes))["MessageId"]

    def call(self, method, path, body=None):
        """Return status and body; JSON is parsed."""
        connection = http.client.HTTPConnection("127.0.0.1", int(self.url.rpartition(":")[2]))
        try:
            connection.request(method, path, None if body is None else json.dumps(body))
            answer = connection.getresponse()
            data = answer.read()
        finally:
            connection.close()
        if answer.headers.get("Content-Type") == "application/json":
            return answer.status, json.loads(data)
        return answer.status, data

    def messages(self):
        return self.call("GET", "/messages")[1]

    def received(self, message_id):
        return message_from_bytes(self.source(message_id), policy=default)

    def source(self, message_id):
        return self.call("GET", f"/messages/{message_id}")[1]


@contextmanager
def sandbox(topic=None, **settings):
    topic = topic or Topic()
    given = {"configuration_sets": Sets(), "publish": topic.publish, "event_delay": 0.01}
    simulator = Simulator(Settings(**given | settings))
    with simulator:
        client = sdk(simulator.url)
        try:
            yield Sandbox(simulator=simulator, url=simulator.url, client=client, topic=topic)
        finally:
            client.close()
