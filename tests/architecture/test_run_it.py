"""What docs/run-it.md tells an operator of the stack is what the template makes."""

import re
from collections import Counter

from support.documents import DOCS, table, text_below
from support.template import TEMPLATE

RUN_IT = DOCS / "run-it.md"
RESOURCES = TEMPLATE["Resources"]
ALARMS = {name for name, each in RESOURCES.items() if each["Type"] == "AWS::CloudWatch::Alarm"}
OUTPUTS = {name: each["Value"] for name, each in TEMPLATE["Outputs"].items()}


def placeholder(output: str) -> str:
    """Return what stands for an output in a command: `TABLE_NAME` for `TableName`."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", output).upper()


def by_haste() -> dict[str, list[str]]:
    """Return the alarms of each group of the table: how soon somebody must look."""
    groups: dict[str, list[str]] = {}
    haste = ""
    for soon, names, _ in table(RUN_IT, header="| How soon | Alarms |"):
        haste = soon.strip("*").partition("*")[0] or haste
        groups.setdefault(haste, []).extend(names.split(", "))
    return groups


def test_every_alarm_says_once_how_soon_somebody_must_look() -> None:
    named = Counter(name for names in by_haste().values() for name in names)

    assert {*named} == ALARMS
    assert [name for name, times in named.items() if times > 1] == []


def test_the_filter_of_a_pager_lets_just_the_alarms_through_that_cannot_wait() -> None:
    prefixes = re.findall(r'\{"prefix": "mail-(\w+)"\}', RUN_IT.read_text("utf-8"))

    through = {name for name in ALARMS if name.startswith(tuple(prefixes))}

    assert through == {*by_haste()["now"]}
    assert all("AlarmName" not in RESOURCES[name]["Properties"] for name in ALARMS)


def test_what_is_kept_when_the_stack_is_deleted_has_its_way_out() -> None:
    section = text_below(RUN_IT, "## Remove it")
    kept = {name for name, each in RESOURCES.items() if "Retain" in each.get("DeletionPolicy", "")}
    named = {output: value["Ref"] for output, value in OUTPUTS.items() if {*value} == {"Ref"}}

    told = {resource for output, resource in named.items() if placeholder(output) in section}

    assert kept - told == {"ApiGatewayAccount", "ApiGatewayLogWriter"}
    assert "API Gateway's log role" in section


def test_a_restored_table_gets_what_the_template_gives_it_and_a_restore_does_not() -> None:
    section = text_below(RUN_IT, "## Restore")
    properties = RESOURCES["MessageTable"]["Properties"]

    expiry = properties["TimeToLiveSpecification"]
    assert f"Enabled=true,AttributeName={expiry['AttributeName']}" in section
    assert properties["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    ((name, view),) = properties["StreamSpecification"].items()
    assert f"--stream-specification StreamEnabled=true,{name}={view}" in section
    assert "`mail-webhooks-out`" in section  # Its event source is of the stream that is gone.
    assert {"Tags", "DeletionProtectionEnabled"} & {*properties} == set()
    assert "VersioningConfiguration" not in RESOURCES["ContentBucket"]["Properties"]


def test_every_output_that_a_command_names_is_one() -> None:
    text = RUN_IT.read_text("utf-8")
    of_others = {"BACKUP_ARN", "SUBSCRIPTION_ARN", "SAM_BUCKET_NAME"}

    named = {*re.findall(r"\b[A-Z]+(?:_[A-Z]+)*_(?:NAME|ARN|SET)\b", text)}

    assert named - of_others <= {placeholder(output) for output in OUTPUTS}
