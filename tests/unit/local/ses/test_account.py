"""The states of the account: how they are set and shown, and what SES answers in each."""

import pytest
from support.clock import Clock
from support.simulator import sandbox

from local.ses.account import Account
from local.ses.errors import FieldError, SesError

HEALTHY = {
    "ProductionAccessEnabled": True,
    "EnforcementStatus": "HEALTHY",
    "SendingEnabled": True,
    "SendQuota": {"MaxSendRate": 200.0, "Max24HourSend": 1_000_000.0, "SentLast24Hours": 0.0},
}
SANDBOX = {
    "ProductionAccessEnabled": False,
    "SendQuota": {"MaxSendRate": 1, "Max24HourSend": 200},
}
ADA = "ada@recipient.example"
AT_SIMULATOR = "success@simulator.amazonses.com"
RATE = "Maximum sending rate exceeded."
DAY = "Daily message quota exceeded."


@pytest.fixture
def ses():
    with sandbox(identities=("example.com", "One@single.example")) as running:
        yield running


def refusal(ses, **changes):
    """Return the name, the text and the status of the error with which a mail is refused."""
    with pytest.raises(ses.client.exceptions.ClientError) as caught:
        ses.send(**changes)
    error = caught.value.response
    return (
        error["Error"]["Code"],
        error["Error"]["Message"],
        error["ResponseMetadata"]["HTTPStatusCode"],
    )


def to(*addresses, cc=(), bcc=()):
    lists = {"ToAddresses": addresses, "CcAddresses": cc, "BccAddresses": bcc}
    return {"Destination": {name: list(value) for name, value in lists.items()}}


# ---- the state


def test_the_account_is_healthy_and_the_sdk_reads_the_same(ses):
    answer = ses.client.get_account()

    assert ses.call("GET", "/account") == (200, HEALTHY)
    assert {name: answer[name] for name in HEALTHY} == HEALTHY


def test_each_member_is_set_for_itself(ses):
    ses.call("PUT", "/account", {"SendQuota": {"MaxSendRate": 14}})
    status, answer = ses.call("PUT", "/account", {"EnforcementStatus": "PROBATION"})

    assert status == 200
    assert answer == HEALTHY | {
        "EnforcementStatus": "PROBATION",
        "SendQuota": HEALTHY["SendQuota"] | {"MaxSendRate": 14.0},
    }
    assert ses.call("GET", "/account") == (200, answer)
    assert ses.send()  # Under review, an account sends as before.


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"Production": True}, "Production"),
        ({"ProductionAccessEnabled": "false"}, "ProductionAccessEnabled"),
        ({"SendingEnabled": 0}, "SendingEnabled"),
        ({"EnforcementStatus": "SUSPENDED"}, "EnforcementStatus"),
        ({"EnforcementStatus": 1}, "EnforcementStatus"),
        ({"SendQuota": 5}, "SendQuota"),
        ({"SendQuota": {"MaxSendRate": "14"}}, "SendQuota.MaxSendRate"),
        ({"SendQuota": {"MaxSendRate": True}}, "SendQuota.MaxSendRate"),
        ({"SendQuota": {"MaxSendRate": -1}}, "SendQuota.MaxSendRate"),
        ({"SendQuota": {"Max24HourSend": -2}}, "SendQuota.Max24HourSend"),
        ({"SendQuota": {"SentLast24Hours": float("nan")}}, "SendQuota.SentLast24Hours"),
        ({"SendQuota": {"MaxSendRate": 10**400}}, "SendQuota.MaxSendRate"),
        ({"SendQuota": {"PerSecond": 1}}, "SendQuota.PerSecond"),
        ({"Details": {"MailType": "SPAM"}}, "Details.MailType"),
        ([], ""),
    ],
)
def test_a_state_that_makes_no_sense_names_its_member_and_changes_nothing(ses, given, field):
    if isinstance(given, dict):
        given = {"SendingEnabled": False} | given

    status, answer = ses.call("PUT", "/account", given)

    assert (status, answer["field"]) == (400, field)
    assert ses.call("GET", "/account") == (200, HEALTHY)


def test_null_and_delete_return_to_the_usual_state(ses):
    ses.call("PUT", "/account", SANDBOX | {"SendingEnabled": False})

    ses.call("PUT", "/account", {"SendQuota": None, "SendingEnabled": None})
    assert ses.call("GET", "/account")[1] == HEALTHY | {"ProductionAccessEnabled": False}
    assert ses.call("DELETE", "/account")[0] == 204
    assert ses.call("GET", "/account")[1] == HEALTHY


# ---- suspended and paused


def test_a_suspended_account_sends_nothing(ses):
    ses.call("PUT", "/account", {"EnforcementStatus": "SHUTDOWN", "SendingEnabled": False})

    code, _, status = refusal(ses, FromEmailAddress="a@unverified.example")

    assert (code, status) == ("AccountSuspendedException", 400)
    ses.call("PUT", "/account", {"EnforcementStatus": "HEALTHY"})
    assert refusal(ses)[0] == "SendingPausedException"
    ses.call("PUT", "/account", {"SendingEnabled": True})
    assert ses.send()


def test_a_configuration_set_whose_sending_is_off_sends_nothing_and_others_do(ses):
    switch = ses.client.put_configuration_set_sending_options
    switch(ConfigurationSetName="events", SendingEnabled=False)

    code, _, status = refusal(ses)

    assert (code, status) == ("SendingPausedException", 400)
    assert ses.send(ConfigurationSetName="bounces")
    assert ses.send(ConfigurationSetName=None)
    switch(ConfigurationSetName="events", SendingEnabled=True)
    assert ses.send()


def test_configuration_sets_are_read_by_the_sdk(ses):
    options = ses.client.get_configuration_set(ConfigurationSetName="events")
    found = ses.client.get_configuration_set_event_destinations(ConfigurationSetName="bounces")

    assert options["SendingOptions"] == {"SendingEnabled": True}
    assert found["EventDestinations"][0]["MatchingEventTypes"] == ["BOUNCE"]
    with pytest.raises(ses.client.exceptions.NotFoundException, match="<none> does not exist"):
        ses.client.get_configuration_set(ConfigurationSetName="none")


# ---- the sandbox


def test_in_the_sandbox_recipients_are_verified_as_well(ses):
    ses.call("PUT", "/account", {"ProductionAccessEnabled": False})

    code, said, status = refusal(
        ses, **to("Ada <ada@recipient.example>", "x@example.com", cc=[ADA], bcc=["eve@b.example"])
    )

    assert (code, status) == ("MessageRejected", 400)
    assert said == (
        "Email address is not verified. The following identities failed the check in region "
        "EU-CENTRAL-1: Ada <ada@recipient.example>, ada@recipient.example, eve@b.example"
    )
    assert ses.messages() == []


def test_in_the_sandbox_mails_go_to_verified_identities_and_to_the_mailbox_simulator(ses):
    ses.call("PUT", "/account", {"ProductionAccessEnabled": False})

    ses.send(**to("One <One@single.example>", cc=["a@mail.example.com"]))
    ses.send(**to("Bounce+x@Simulator.AmazonSES.com", bcc=["One+label@single.example"]))

    assert len(ses.messages()) == 2
    assert refusal(ses, **to("one@single.example"))[0] == "MessageRejected"


# ---- the quotas


def test_more_than_a_second_may_send_is_refused_by_the_rate(ses):
    ses.call("PUT", "/account", SANDBOX | {"ProductionAccessEnabled": True})

    ses.send()

    assert refusal(ses) == ("TooManyRequestsException", RATE, 429)
    assert len(ses.messages()) == 1
    assert ses.call("GET", "/account")[1]["SendQuota"]["SentLast24Hours"] == 1.0


def test_a_used_up_day_is_refused_in_sess_words(ses):
    ses.call("PUT", "/account", {"SendQuota": {"Max24HourSend": 200, "SentLast24Hours": 199}})

    ses.send(**to(ADA, "bob@recipient.example"))  # Something was left, so it passes as a whole.

    assert ses.call("GET", "/account")[1]["SendQuota"]["SentLast24Hours"] == 201.0
    assert refusal(ses) == ("TooManyRequestsException", DAY, 429)
    assert ses.send(**to(AT_SIMULATOR))  # It does not count for the day.


def test_a_refused_mail_uses_nothing_up_and_leaves_the_faults(ses):
    ses.call("PUT", "/account", {"SendQuota": {"MaxSendRate": 1, "Max24HourSend": 1}})
    ses.call("POST", "/faults", {"kind": "paused"})

    for changes in ({"FromEmailAddress": "a@other.example"}, {}):  # The second meets the fault.
        refusal(ses, **changes)

    assert ses.call("GET", "/faults")[1] == []
    assert ses.call("GET", "/account")[1]["SendQuota"]["SentLast24Hours"] == 0.0
    assert ses.send()
    ses.call("POST", "/faults", {"kind": "paused"})
    assert refusal(ses)[1] == DAY
    assert ses.call("GET", "/faults")[1] == [{"kind": "paused", "count": 1}]


@pytest.fixture
def clock():
    return Clock(1_000.0)


@pytest.fixture
def account(clock):
    return Account(lambda: clock.now)


def sent_until_refused(account, recipients=(ADA,)):
    """Return how many mails pass at this moment, and the text that stops them."""
    for count in range(1_000):
        try:
            account.check_quotas(recipients)
        except SesError as error:
            return count, error.message
        account.count(recipients)
    raise AssertionError("nothing stops them")


def test_a_burst_of_one_second_passes_and_then_the_rate(account, clock):
    account.change({"SendQuota": {"MaxSendRate": 14}})

    assert sent_until_refused(account) == (14, RATE)
    clock.now += 0.5
    assert sent_until_refused(account) == (7, RATE)
    clock.now += 60
    assert sent_until_refused(account) == (14, RATE)


def test_a_mail_to_more_than_a_burst_passes_and_is_waited_for(account, clock):
    account.change({"SendQuota": {"MaxSendRate": 1}})

    assert sent_until_refused(account, (ADA,) * 5) == (1, RATE)
    clock.now += 4.5
    assert sent_until_refused(account) == (0, RATE)
    clock.now += 0.5
    assert sent_until_refused(account) == (1, RATE)


def test_a_rate_below_one_and_a_rate_of_nothing(account, clock):
    account.change({"SendQuota": {"MaxSendRate": 0.5}})
    assert sent_until_refused(account) == (1, RATE)
    clock.now += 1
    assert sent_until_refused(account) == (0, RATE)
    clock.now += 1
    assert sent_until_refused(account) == (1, RATE)

    account.change({"SendQuota": {"MaxSendRate": 0}})
    clock.now += 3_600
    assert sent_until_refused(account) == (0, RATE)


def test_the_mailbox_simulator_counts_for_the_rate(account):
    account.change({"SendQuota": {"MaxSendRate": 3, "Max24HourSend": 0}})

    assert sent_until_refused(account, (AT_SIMULATOR,)) == (3, RATE)
    assert account.show()["SendQuota"]["SentLast24Hours"] == 0.0


def test_the_day_is_a_rolling_one(account, clock):
    account.change({"SendQuota": {"Max24HourSend": 2}})
    account.count((ADA,))
    clock.now += 3_600
    account.count((ADA,))

    assert sent_until_refused(account) == (0, DAY)
    clock.now += 23 * 3_600
    assert sent_until_refused(account) == (1, DAY)
    clock.now += 86_400
    assert account.show()["SendQuota"]["SentLast24Hours"] == 0.0


def test_what_is_set_as_sent_takes_the_place_of_what_was(account, clock):
    account.count((ADA,) * 3)
    account.change({"SendQuota": {"SentLast24Hours": 10}})
    account.count((ADA,))
    assert account.show()["SendQuota"]["SentLast24Hours"] == 11.0

    clock.now += 86_400

    assert account.show()["SendQuota"]["SentLast24Hours"] == 0.0


def test_other_changes_leave_what_was_sent_where_it_is(account, clock):
    account.change({"SendQuota": {"SentLast24Hours": 150}})
    clock.now += 86_399
    account.change({"SendingEnabled": False})
    account.change({"SendQuota": {"Max24HourSend": 200}})
    assert account.show()["SendQuota"]["SentLast24Hours"] == 150.0

    clock.now += 1

    assert account.show()["SendQuota"]["SentLast24Hours"] == 0.0


def test_without_a_daily_quota_no_day_is_used_up(account):
    account.change({"SendQuota": {"Max24HourSend": -1, "SentLast24Hours": 10**9}})

    assert sent_until_refused(account) == (200, RATE)


def test_a_new_account_of_the_module_is_not_changed_by_another(account):
    account.change({"SendQuota": {"MaxSendRate": 1}})

    assert Account().show() == HEALTHY
    with pytest.raises(FieldError):
        account.change({"SendQuota": {"MaxSendRate": None, "x": 1}})
