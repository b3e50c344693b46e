"""SES's own API: every operation that `make doctor` tells an operator to run is one of it."""

import json
import re
import shlex

import pytest
from botocore import xform_name
from botocore.exceptions import ClientError
from support.simulator import sandbox

from local.ses import api, model
from local.ses.operations import OPERATIONS
from tooling.paths import ROOT

DOCTOR = ROOT / "ops/doctor"
COMMANDS = """
sesv2 create-email-identity --email-identity shop.example
sesv2 create-email-identity --email-identity new.example --dkim-signing-attributes \
    NextSigningKeyLength=RSA_1024_BIT
sesv2 put-account-details --production-access-enabled --mail-type TRANSACTIONAL \
    --website-url https://example.com
sesv2 put-account-sending-attributes --sending-enabled
sesv2 put-email-identity-dkim-attributes --email-identity example.com --signing-enabled
sesv2 put-email-identity-dkim-signing-attributes --email-identity example.com \
    --signing-attributes-origin AWS_SES --signing-attributes NextSigningKeyLength=RSA_2048_BIT
sesv2 put-email-identity-feedback-attributes --email-identity example.com \
    --no-email-forwarding-enabled
sesv2 put-email-identity-mail-from-attributes --email-identity example.com \
    --mail-from-domain bounce.example.com
sesv2 put-configuration-set-sending-options --configuration-set-name events --sending-enabled
sesv2 put-configuration-set-reputation-options --configuration-set-name events \
    --reputation-metrics-enabled
sesv2 put-configuration-set-suppression-options --configuration-set-name events \
    --suppressed-reasons BOUNCE COMPLAINT
sesv2 create-configuration-set-event-destination --configuration-set-name events \
    --event-destination-name events --event-destination \
    '{"Enabled":true,"MatchingEventTypes":["SEND"],"SnsDestination":{"TopicArn":"arn:x"}}'
sesv2 update-configuration-set-event-destination --configuration-set-name events \
    --event-destination-name events --event-destination \
    '{"Enabled":true,"MatchingEventTypes":["SEND"],"SnsDestination":{"TopicArn":"arn:x"}}'
""".strip().replace("\\\n", "").splitlines()  # fmt: skip


@pytest.fixture
def ses():
    with sandbox() as running:
        yield running


def verbs_of_doctor():
    """Return every `aws sesv2` command in the doctor's code, with what is filled in."""
    code = "\n".join(path.read_text("utf-8") for path in sorted(DOCTOR.glob("*.py")))
    fillings = {
        "put-configuration-set-{}": re.findall(r'command\("([a-z]+-options)"', code),
        "{verb}-configuration-set-event-destination": re.findall(
            r'_set_events\(subject, "([a-z]+)"', code
        ),
    }
    for verb in re.findall(r'"sesv2 ([a-z{}-]+)', code):
        if "{" not in verb:
            yield verb
            continue
        assert fillings[verb]
        yield from (re.sub(r"\{\w*\}", filling, verb) for filling in fillings[verb])


def members(operation, words):
    """Return what the AWS CLI makes of the options of a command."""
    shapes = {
        xform_name(name, "-"): (name, shape)
        for name, shape in operation.input_shape.members.items()
    }
    given = {}
    for option, *values in map(str.split, re.split(r"(?:^| )--", " ".join(words))[1:]):
        name, shape = shapes[option.removeprefix("no-")]
        match shape.type_name:
            case "boolean":
                given[name] = not option.startswith("no-")
            case "list":
                given[name] = values
            case "structure" if values[0].startswith("{"):
                given[name] = json.loads(values[0])
            case "structure":
                given[name] = dict(value.split("=") for value in values)
            case _:
                (given[name],) = values
    return given


def run(ses, command):
    _, verb, *words = shlex.split(command)
    called = {xform_name(name, "-"): name for name in model.operations()}[verb]
    operation = ses.client.meta.service_model.operation_model(called)
    return getattr(ses.client, xform_name(called))(**members(operation, words))


def test_every_command_that_the_doctor_prints_is_tried():
    assert {*verbs_of_doctor()} == {command.split()[1] for command in COMMANDS}


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: " ".join(command.split()[1:4]))
def test_a_command_of_the_doctor_does_what_it_says(ses, command):
    assert run(ses, command)["ResponseMetadata"]["HTTPStatusCode"] == 200


def test_the_account_keeps_what_is_asked_of_aws_until_that_has_answered(ses):
    run(ses, COMMANDS[2])

    details = ses.client.get_account()["Details"]
    assert details["ReviewDetails"]["Status"] == "PENDING"
    assert (details["MailType"], details["WebsiteURL"]) == ("TRANSACTIONAL", "https://example.com")
    with pytest.raises(ses.client.exceptions.ConflictException):
        run(ses, COMMANDS[2])
    granted = {"Details": {"ReviewDetails": {"Status": "GRANTED"}}}
    assert ses.call("PUT", "/account", granted)[0] == 200
    run(ses, COMMANDS[2])


def test_the_account_is_switched_off_and_on(ses):
    ses.client.put_account_sending_attributes(SendingEnabled=False)
    with pytest.raises(ses.client.exceptions.SendingPausedException):
        ses.send()

    ses.client.put_account_sending_attributes(SendingEnabled=True)
    assert ses.send()


def dkim_of(ses, name="example.com"):
    return ses.client.get_email_identity(EmailIdentity=name)["DkimAttributes"]


def test_signing_is_switched_off_and_on(ses):
    for is_on in (False, True):
        ses.client.put_email_identity_dkim_attributes(
            EmailIdentity="example.com", SigningEnabled=is_on
        )
        assert dkim_of(ses)["SigningEnabled"] is is_on


def test_the_next_key_has_the_length_that_was_chosen(ses):
    run(ses, COMMANDS[1])
    made = dkim_of(ses, "new.example")
    assert made["CurrentSigningKeyLength"] == made["NextSigningKeyLength"] == "RSA_1024_BIT"

    run(ses, COMMANDS[5].replace("example.com", "new.example"))

    changed = dkim_of(ses, "new.example")
    assert changed["NextSigningKeyLength"] == "RSA_2048_BIT"
    assert changed["CurrentSigningKeyLength"] == "RSA_1024_BIT"
    assert changed["Tokens"] == made["Tokens"]


def test_a_key_of_ones_own_has_a_record_in_the_domain_itself(ses):
    own = {"DomainSigningSelector": "mail", "DomainSigningPrivateKey": "c2VjcmV0"}
    before = dkim_of(ses)

    answer = ses.client.put_email_identity_dkim_signing_attributes(
        EmailIdentity="example.com", SigningAttributesOrigin="EXTERNAL", SigningAttributes=own
    )
    assert (answer["DkimStatus"], answer["DkimTokens"]) == ("PENDING", ["mail"])
    assert ses.send()
    ses.call("PUT", "/identities/example.com", {"DkimAttributes": {"Status": "SUCCESS"}})
    assert "mail._domainkey.example.com TXT" in ses.call("GET", "/dns")[1]

    ses.client.put_email_identity_dkim_signing_attributes(
        EmailIdentity="example.com", SigningAttributesOrigin="AWS_SES"
    )
    assert dkim_of(ses)["Tokens"] == before["Tokens"]
    with pytest.raises(ses.client.exceptions.BadRequestException, match="DomainSigningSelector"):
        ses.client.put_email_identity_dkim_signing_attributes(
            EmailIdentity="example.com", SigningAttributesOrigin="EXTERNAL"
        )


def test_an_identity_is_deleted(ses):
    ses.client.delete_email_identity(EmailIdentity="example.com")

    with pytest.raises(ses.client.exceptions.MessageRejected):
        ses.send()
    with pytest.raises(ses.client.exceptions.NotFoundException):
        ses.client.delete_email_identity(EmailIdentity="example.com")


@pytest.mark.parametrize(
    ("path", "member", "names"),
    [
        ("configuration-sets?PageSize=10", "ConfigurationSets", ["bounces", "events"]),
        ("identities?PageSize=10", "EmailIdentities", ["example.com"]),
    ],
)
def test_lists_are_also_where_earlier_clis_ask_for_them(ses, path, member, names):
    status, listed = ses.call("GET", f"/v2/email/{path}")

    assert status == 200
    assert [each if isinstance(each, str) else each["IdentityName"] for each in listed[member]] == (
        names
    )
    assert ses.client.list_configuration_sets()["ConfigurationSets"] == ["bounces", "events"]


def test_what_the_simulator_does_not_have_it_names():
    """Every operation of the model has a route, and each is done or refused."""
    routed = sum(len(methods) for _, methods in api.routes())

    assert routed == len(model.operations()) + 2  # Two lists have an older path.
    assert {*OPERATIONS, "SendEmail"} <= model.operations().keys()


def test_an_unknown_operation_is_an_error_of_ses(ses):
    with pytest.raises(ClientError) as refused:
        ses.client.put_account_vdm_attributes(VdmAttributes={"VdmEnabled": "ENABLED"})

    error = refused.value.response["Error"]
    assert error["Code"] == "UnknownOperationException"
    assert "PutAccountVdmAttributes" in error["Message"]
    for method, path in (("GET", "/v2/email/nothing"), ("PATCH", "/v2/email/account")):
        status, answer = ses.call(method, path)
        assert (status, "SES simulator" in answer["message"]) == (404, True)


def test_a_mail_of_a_tenant_that_does_not_exist_is_refused(ses):
    with pytest.raises(ses.client.exceptions.NotFoundException, match="Tenant <shop>"):
        ses.send(TenantName="shop")
