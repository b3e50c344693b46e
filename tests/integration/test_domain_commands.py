"""`domains` and `suppressions` on the table: what they write, what they refuse, what they say."""

import json
import re
import time
from collections.abc import Callable
from typing import Any

import boto3
import pytest
from support import mailctl
from support.domains import put_domain
from support.mailctl import Refused, somebody_who_types

from core.aws import clients
from core.aws.clock_item import Clock
from core.aws.pace_clock import PaceClock
from core.config import CONFIG
from core.message.pace import Backlog, Lane, WaitingList
from core.submission.senders import usable
from ops.api_keys import hash_of
from ops.domain_records import DomainRecords
from ops.stack import Stack

SHOP = "shop.example"
NOTHING = ("0", "0")
"""What is shown of the lanes of a domain of which nothing waits."""
MISSING = "Before it can send"
"""What stands above the doctor's findings about a domain."""
HEADS = ("Since  Reason  Address  Message",)
Run = Callable[..., list[str]]


@pytest.fixture
def stack() -> Stack:
    gateway = boto3.client("apigateway")
    key = gateway.create_api_key(name="of the stack", enabled=True)["id"]
    plan = gateway.create_usage_plan(name="plan")["id"]
    gateway.create_usage_plan_key(usagePlanId=plan, keyId=key, keyType="API_KEY")
    outputs = {
        "TableName": CONFIG.table_name,
        "ConfigurationSet": CONFIG.default_domain.configuration_set,
        "UsagePlanId": plan,
        "ApiKeyId": key,
    }
    parameters = {
        "SenderDomain": "example.com",
        "SenderIdentity": "example.com",
        "MoreSenderDomains": SHOP,
        "ConfigurationName": "default",
    }
    return Stack(boto3.Session(), CONFIG.stack_id, outputs, parameters)


@pytest.fixture
def run(stack: Stack, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a command as a script does; the lines that it prints."""

    def _run(*words: str) -> list[str]:
        is_asking = words[1] in ("remove", "revoke-key")
        return mailctl.run(stack, capsys, *words, *(["--yes"] if is_asking else []))

    return _run


@pytest.fixture(autouse=True)
def clock() -> PaceClock:
    """Have the dispatcher run a moment ago; it found nothing that waits."""
    made = PaceClock(clients.dynamodb(), CONFIG.table_name)
    assert made.plan(Clock(), Clock(rounds=1, planned_at=int(time.time())))
    return made


def rows(printed: list[str]) -> list[list[str]]:
    """Return the cells of the rows of the list of domains."""
    (end,) = (number for number, line in enumerate(printed) if re.match(r"\d+ domains?$", line))
    return [re.split(r" {2,}", line) for line in printed[1:end]]


def key_of_stack(stack: Stack) -> str:
    """Return the first client's key."""
    key = stack.aws.client("apigateway").get_api_key(
        apiKey=stack.outputs["ApiKeyId"], includeValue=True
    )
    return str(key["value"])


def domains_open_to(key: str, stack: Stack) -> set[str]:
    """Return the domains that the functions let a key use, as the table has them now."""
    records = DomainRecords.of(stack)
    configurations = {name: records.read(name, held) for name, held in records.all().items()}
    return set(usable(configurations, hash_of(key)))


def test_a_quoted_setting_is_one_setting(run: Run, table: Any) -> None:
    run("domains", "add", SHOP, "default_sender_name=A & B", "--open")

    item = table.get_item(Key={"pk": "DOMAIN", "sk": SHOP})["Item"]
    assert item == {"pk": "DOMAIN", "sk": SHOP, "default_sender_name": "A & B"}
    assert "  default_sender_name=A & B" in run("domains", "show", SHOP)


def test_a_name_that_answers_cannot_have_is_refused_by_the_models_rule(run: Run) -> None:
    with pytest.raises(Refused, match=r"^name: "):
        run("domains", "add", SHOP, "name=A & B")

    assert rows(run("domains", "show")) == [["example.com", "sends", *NOTHING]]


def test_keys_are_made_rotated_revoked_and_removed(run: Run, table: Any, stack: Stack) -> None:
    added, said, first, *_ = run("domains", "add", SHOP)
    rotated = run("domains", "rotate-key", SHOP)
    second, (old_id,) = rotated[1], [line.strip() for line in rotated[3:]]
    stacks_own = {"api_keys": [hash_of(key_of_stack(stack))]}

    item = table.get_item(Key={"pk": "DOMAIN", "sk": SHOP})["Item"]
    assert added == f"{SHOP} is added."
    assert old_id in said
    assert item["api_keys"] == [hash_of(first), hash_of(second)]
    assert run("domains", "revoke-key", SHOP, old_id) == [f"Key {old_id} is revoked."]
    (new_line,) = [line for line in run("domains", "show", SHOP) if line.startswith("  key ")]
    new_id = new_line.removeprefix("  key ")
    with pytest.raises(Refused, match="the domain's only key"):
        run("domains", "revoke-key", SHOP, new_id)
    assert run("domains", "remove", SHOP) == [f"Key {new_id} is revoked.", f"{SHOP} is removed."]
    held = DomainRecords.of(stack).all()
    assert held == {"example.com": {"pk": "DOMAIN", "sk": "example.com"} | stacks_own}


def test_the_first_client_goes_on_when_a_second_domain_gets_keys(run: Run, stack: Stack) -> None:
    first, id_ = key_of_stack(stack), stack.outputs["ApiKeyId"]
    run("domains", "add", "open.example", "--open")
    before = domains_open_to(first, stack)

    printed = run("domains", "add", SHOP)

    assert before == {"example.com", "open.example"}
    assert domains_open_to(first, stack) == before
    assert domains_open_to(printed[2], stack) == {SHOP}
    assert domains_open_to("nobody's", stack) == set()
    assert printed[3 : printed.index(MISSING)] == [
        *(
            f"{domain} lists the keys that no domain listed, so they go on: {id_}."
            for domain in sorted(before)
        ),
        "From now on a key opens the domains that list it, and no others.",
    ]
    assert f"  key {id_}" in run("domains", "show", "example.com")


@pytest.mark.parametrize("command", [("rotate-key",), ("admit-key", "KEY_ID")])
def test_so_they_do_when_the_only_domain_gets_a_list(
    run: Run, stack: Stack, command: tuple[str, ...]
) -> None:
    first, id_ = key_of_stack(stack), stack.outputs["ApiKeyId"]
    run("domains", "add", "open.example", "--open")
    action, *more = (id_ if word == "KEY_ID" else word for word in command)

    run("domains", action, "example.com", *more)

    assert domains_open_to(first, stack) == {"example.com", "open.example"}


def test_a_key_that_is_switched_off_is_adopted_by_no_domain(run: Run, stack: Stack) -> None:
    gateway, id_ = stack.aws.client("apigateway"), stack.outputs["ApiKeyId"]
    off = {"op": "replace", "path": "/enabled", "value": "false"}
    gateway.update_api_key(apiKey=id_, patchOperations=[off])

    run("domains", "add", SHOP)

    assert domains_open_to(key_of_stack(stack), stack) == set()
    assert rows(run("domains", "show"))[0][1].startswith("NO KEY OPENS IT")


def test_domains_that_a_stack_had_open_beside_listed_keys_get_theirs(
    run: Run, stack: Stack
) -> None:
    """As every stack with two clients had it, before a key that nobody lists opened nothing."""
    put_domain(SHOP, api_keys=[hash_of("theirs")])
    first, id_ = key_of_stack(stack), stack.outputs["ApiKeyId"]
    before = domains_open_to(first, stack)
    listed = rows(run("domains", "show"))

    adopted = run("domains", "adopt-keys")

    assert before == set()
    no_key = "NO KEY OPENS IT: adopt-keys, admit-key or rotate-key"
    assert listed[0] == ["example.com", no_key, *NOTHING]
    assert adopted[0].endswith(f"{id_}.")
    assert domains_open_to(first, stack) == {"example.com"}
    assert run("domains", "adopt-keys") == [
        "Nothing to do: every domain lists keys, or every key is listed."
    ]


def test_where_keys_are_listed_a_domain_that_is_open_is_refused(run: Run, stack: Stack) -> None:
    run("domains", "add", SHOP)

    with pytest.raises(Refused, match="no key would open this one"):
        run("domains", "add", "open.example", "--open")

    assert "open.example" not in DomainRecords.of(stack).all()


def test_a_key_may_open_a_second_domain(run: Run, stack: Stack) -> None:
    first, id_ = key_of_stack(stack), stack.outputs["ApiKeyId"]
    run("domains", "add", SHOP)

    assert run("domains", "admit-key", SHOP, id_) == [f"Key {id_} opens {SHOP} within a minute."]
    assert domains_open_to(first, stack) == {"example.com", SHOP}
    run("domains", "admit-key", SHOP, id_)
    run("domains", "revoke-key", SHOP, id_)
    assert domains_open_to(first, stack) == {"example.com"}
    with pytest.raises(Refused, match="no key of this stack"):
        run("domains", "admit-key", SHOP, "nothing")


def test_the_stacks_own_domain_keeps_its_keys_when_its_settings_go(
    run: Run, stack: Stack, table: Any
) -> None:
    run("domains", "add", SHOP)
    run("domains", "change", "example.com", "retry_hours=12")

    for _ in range(2):
        removed = run("domains", "remove", "example.com")

    item = table.get_item(Key={"pk": "DOMAIN", "sk": "example.com"})["Item"]
    assert removed == ["example.com is as the parameters say again."]
    assert item.keys() == {"pk", "sk", "api_keys"}
    assert domains_open_to(key_of_stack(stack), stack) == {"example.com"}


@pytest.mark.parametrize(
    ("command", "setting"),
    [
        (("add", "co.uk"), "domain"),
        (("add", "shop.co.uk", "allowed_senders=*@co.uk,*@shop.co.uk"), "allowed_senders"),
        (
            ("add", "shop.example", "allowed_senders=*@kawasaki.jp,*@shop.example"),
            "allowed_senders",
        ),
        (("change", "example.com", "allowed_senders=*@example.com,*@com.br"), "allowed_senders"),
    ],
)
def test_a_public_suffix_is_nobodys_to_send_as(
    run: Run, stack: Stack, command: tuple[str, ...], setting: str
) -> None:
    before = DomainRecords.of(stack).all()

    with pytest.raises(Refused, match=f"^{setting}: .* is a public suffix"):
        run("domains", *command)

    assert DomainRecords.of(stack).all() == before


@pytest.mark.parametrize("domain", ["shop.co.uk", "pages.github.io", "github.io", "shop.example"])
def test_what_has_an_owner_is_no_public_suffix(run: Run, domain: str) -> None:
    assert run("domains", "add", domain)[0] == f"{domain} is added."


def test_a_domain_that_may_mail_as_another_clients_is_warned_about_from_both_sides(
    run: Run,
) -> None:
    run("domains", "add", SHOP)
    lent = f"allowed_senders=*@example.com,*@{SHOP},*@later.example"

    changed = run("domains", "change", "example.com", lent)
    added = run("domains", "add", "later.example")
    harmless = run("domains", "change", SHOP, f"allowed_senders=*@{SHOP}")

    as_shop = f"the callers of example.com may mail as {SHOP}, which is for other keys."
    as_later = "the callers of example.com, which is for other keys, may mail as later.example."
    assert f"Warning: {as_shop}" in changed
    assert f"Warning: {as_later}" in added
    assert harmless[1 : harmless.index(MISSING)] == [
        f"Warning: {as_later.replace('later.example', SHOP)}"
    ]


def test_settings_are_changed_shown_and_taken_back(run: Run, table: Any) -> None:
    changed = run("domains", "change", "example.com", "retry_hours=12", "reply_to=A@EXAMPLE.com")
    shown = run("domains", "show", "example.com")
    run("domains", "change", "example.com", "retry_hours=", "reply_to=", "track_opens=true")

    assert changed == ["example.com: retry_hours is 12.", "example.com: reply_to is A@example.com."]
    assert "  retry_hours=12" in shown
    assert "  unknown_outcome=resend  (parameters)" in shown
    item = table.get_item(Key={"pk": "DOMAIN", "sk": "example.com"})["Item"]
    assert item == {"pk": "DOMAIN", "sk": "example.com", "track_opens": True}


def test_what_somebody_else_has_changed_meanwhile_is_not_overwritten(
    stack: Stack, table: Any
) -> None:
    records = DomainRecords.of(stack)
    records.set("example.com", {}, retry_hours=12)

    for was, changes in (
        ({}, {"retry_hours": 3}),  # It was read before it was there,
        ({"retry_hours": 11}, {"retry_hours": None}),  # or when it was another.
    ):
        with pytest.raises(ValueError, match="Somebody else is changing this domain"):
            records.set("example.com", was, **changes)

    records.set("example.com", {"retry_hours": 12}, retry_hours=None, daily_cap=None)
    item = table.get_item(Key={"pk": "DOMAIN", "sk": "example.com"})["Item"]
    assert item == {"pk": "DOMAIN", "sk": "example.com"}
    records.set("example.com", {}, daily_cap=None)  # To take back what is not there is no fault.


def test_a_paused_domain_is_resumed_with_a_clean_slate(run: Run, table: Any) -> None:
    run("domains", "pause", "example.com")
    assert rows(run("domains", "show")) == [["example.com", "paused (manual)", *NOTHING]]
    run("domains", "resume", "example.com")

    item = table.get_item(Key={"pk": "DOMAIN", "sk": "example.com"})["Item"]
    assert "paused" not in item
    assert item["judged_from"] > 1_700_000_000


def test_what_a_new_domain_lacks_before_it_can_send_is_said_with_what_mends_it(run: Run) -> None:
    added = run("domains", "add", "new.example")

    said = "\n".join(added[added.index(MISSING) :])
    assert "FAILURE  new.example: SES does not know it, so it refuses its mails." in said
    assert "aws sesv2 create-email-identity --email-identity new.example" in said
    assert "new.example: the stack's roles allow no mails from it (MoreSenderDomains)." in said
    assert f"PARAMETERS='MoreSenderDomains=new.example,{SHOP}'" in said
    assert "  example.com: " not in said, "It is about the new domain alone."


def test_senders_that_the_roles_do_not_allow_are_warned_about(run: Run) -> None:
    senders = "allowed_senders=*@else.example,*@example.com"
    printed = run("domains", "change", "example.com", senders)

    said = "\n".join(printed[printed.index(MISSING) :])
    assert "FAILURE  else.example: the stack's roles allow no mails from it" in said


@pytest.mark.parametrize(
    ("domain", "complaint"),
    [("nonsense", "This is no domain name."), ("a.example", "does not send for this domain")],
)
def test_suppressions_are_of_a_domain_that_the_stack_sends_for(
    run: Run, domain: str, complaint: str
) -> None:
    with pytest.raises(Refused, match=complaint):
        run("suppressions", "add", domain, "ada@recipient.example")


def test_suppressions_are_added_listed_and_removed(run: Run) -> None:
    run("domains", "add", SHOP, "--open")
    address = "ada@recipient.example"

    assert run("suppressions", "list", SHOP) == [*HEADS, "0 addresses"]
    assert run("suppressions", "add", SHOP, address) == [f"{address} is mailed no more."]
    *_, entry, number = run("suppressions", "list", SHOP.upper())
    assert (entry.split()[1:], number) == (["manual", address], "1 address")
    (listed,) = json.loads("".join(run("suppressions", "list", SHOP, "--json")))
    assert listed == {
        "address": address,
        "reason": "manual",
        "since": entry.split()[0],
        "message_id": "",
    }
    assert run("suppressions", "remove", SHOP, address) == [f"{address} is mailed again."]
    assert run("suppressions", "remove", SHOP, address) == [f"{address} was not suppressed."]
    assert run("suppressions", "list", SHOP) == [*HEADS, "0 addresses"]


# ---- what waits


def wait(
    clock: PaceClock, domain: str, lane: Lane, mails: int, age: int, per_hour: int = 60
) -> None:
    """Have the dispatcher count mails that wait, the oldest since `age` seconds."""
    now = int(time.time())
    marks = ((now - age) * 1000, now * 1000)
    clock.write_backlog(WaitingList(lane, domain), Backlog(mails, marks, per_hour, now))


def test_what_waits_is_listed_by_domain_and_lane_with_its_end(run: Run, clock: PaceClock) -> None:
    put_domain(SHOP)
    wait(clock, SHOP, "slow", 1200, 2980)
    wait(clock, SHOP, "fast", 1, 10, per_hour=40_000)
    wait(clock, "example.com", "slow", 100, 3 * 86_400 - 5)

    assert rows(run("domains", "show")) == [
        ["example.com", "sends", "0", "100 (oldest 3 days, empty within 100 minutes)"],
        [
            SHOP,
            "sends",
            "1 (oldest 1 minute, empty within 1 minute)",
            "1,200 (oldest 50 minutes, empty within 20 hours)",
        ],
    ]
    as_json = json.loads("".join(run("domains", "show", "--json")))
    assert [each["waiting"] for each in as_json["domains"]] == [
        {"fast": 0, "slow": 100},
        {"fast": 1, "slow": 1200},
    ]
    assert run("domains", "show", SHOP)[-1].startswith("  waiting: fast 1 (oldest 1 minute, ")
    assert run("domains", "show", "example.com")[-1].startswith("  waiting: fast 0  slow 100 (")


def test_what_waits_of_a_domain_that_cannot_be_used_or_is_gone_is_listed_too(
    run: Run, clock: PaceClock
) -> None:
    put_domain("broken.example", retry_hours="99")
    wait(clock, "broken.example", "slow", 5, 60)
    wait(clock, "gone.example", "fast", 7, 60, per_hour=0)

    of_broken, of_own, of_gone = sorted(rows(run("domains", "show")))

    assert of_broken[1].startswith("CANNOT BE USED: retry_hours: ")
    assert of_broken[2:] == ["0", "5 (oldest 2 minutes, empty within 5 minutes)"]
    assert of_own == ["example.com", "sends", *NOTHING]
    assert of_gone[1].startswith("NOT CONFIGURED: add it again, or its mails fail when ")
    assert of_gone[2:] == ["7 (oldest 2 minutes, none leaves now)", "0"]


def test_while_the_days_quota_is_used_up_the_list_says_for_how_long(
    run: Run, clock: PaceClock
) -> None:
    before = clock.read()
    assert clock.plan(before, before._replace(closed_until=int(time.time()) + 3 * 3600))
    wait(clock, "example.com", "slow", 5, 60, per_hour=0)

    printed = run("domains", "show")
    waiting = "5 (oldest 2 minutes, none leaves now)"
    assert rows(printed) == [["example.com", "sends", "0", waiting]]
    assert printed[-1] == "The account's sending quota is used up: no turns for 3 hours."


def test_what_nobody_has_counted_of_late_is_not_said_to_be_nothing(
    run: Run, clock: PaceClock
) -> None:
    before = clock.read()
    assert clock.plan(before, before._replace(planned_at=int(time.time()) - 600))
    wait(clock, "example.com", "slow", 5, 60)

    printed = run("domains", "show")
    assert rows(printed) == [["example.com", "sends", "?", "?"]]
    assert printed[-1] == (
        "The dispatcher has not run for 11 minutes: nothing leaves (./mailctl doctor)."
    )


def test_before_the_dispatcher_has_run_nothing_is_known(run: Run, table: Any) -> None:
    table.delete_item(Key={"pk": "PACE", "sk": "CLOCK"})

    printed = run("domains", "show")
    assert rows(printed) == [["example.com", "sends", "?", "?"]]
    assert printed[-1] == (
        "Nobody has counted what waits: the dispatcher has not run yet (./mailctl doctor)."
    )
    as_json = json.loads("".join(run("domains", "show", "--json")))
    assert as_json["domains"][0]["waiting"] == {"fast": None, "slow": None}
    assert as_json["remarks"] == [printed[-1]]


# ---- what cannot be taken back


@pytest.mark.parametrize("action", ["remove", "revoke-key"])
def test_what_ends_a_key_is_shown_and_asked_first(
    stack: Stack, run: Run, capsys: pytest.CaptureFixture[str], action: str
) -> None:
    first = run("domains", "add", SHOP)[2]
    second = run("domains", "rotate-key", SHOP)
    old_id = second[3].strip()
    words = ("domains", action, SHOP, *([old_id] if action == "revoke-key" else []))

    with pytest.raises(Refused, match=r"^This cannot be taken back, .* With --yes "):
        mailctl.run(stack, capsys, *words)
    with somebody_who_types("n"), pytest.raises(Refused, match="Nothing was changed") as no:
        mailctl.run(stack, capsys, *words)
    is_open = SHOP in domains_open_to(first, stack)
    with somebody_who_types("y"):
        printed = mailctl.run(stack, capsys, *words)

    assert is_open
    assert re.search(rf"Key {old_id} .* 403\.", str(no.value))
    assert f"Key {old_id} is revoked." in printed
    assert SHOP not in domains_open_to(first, stack)


def test_an_address_is_let_go_after_a_question(
    stack: Stack, run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    address = "ada@recipient.example"
    run("suppressions", "add", "example.com", address)

    with somebody_who_types("n"), pytest.raises(Refused, match=r"will mail .* again"):
        mailctl.run(stack, capsys, "suppressions", "remove", "example.com", address)

    assert run("suppressions", "list", "example.com")[-1] == "1 address"


def test_one_domain_and_a_new_key_are_there_for_programs(run: Run, stack: Stack) -> None:
    added = json.loads("".join(run("domains", "add", SHOP, "retry_hours=12", "--json")))
    rotated = json.loads("".join(run("domains", "rotate-key", SHOP, "--json")))

    shown = json.loads("".join(run("domains", "show", SHOP, "--json")))
    assert domains_open_to(added["key"]["value"], stack) == {SHOP}
    assert shown["keys"] == [*rotated["older"], rotated["key"]["id"]]
    assert (shown["own"], shown["settings"]["retry_hours"]) == (["retry_hours"], 12)
    assert (shown["state"], shown["waiting"]) == ("sends", {"fast": 0, "slow": 0})
