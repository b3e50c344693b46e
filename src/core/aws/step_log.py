"""The steps of messages that their records do not know, in DynamoDB (`message/history.py`).

Each is an item of its own: `pk` is MSG#<id>, `sk` is EVENT# and the step's own name, so to write it
again changes nothing. It is kept as long as the record.
"""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from core.aws.items import attributes, key, plain
from core.aws.outage import outages
from core.lazily import lazily
from core.message.record import Record

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

    from core.message import history
    from core.message.history import Step
else:  # A sweep seldom has a step to keep.
    history = lazily("core.message.history")

_PREFIX = "EVENT#"
_BEHIND = "EVENT$"
"""Behind all names of steps."""


class StepLog(NamedTuple):
    """The steps. All methods raise `Outage` if DynamoDB fails."""

    dynamodb: "DynamoDBClient"
    table: str

    @outages()
    def keep(self, record: Record, steps: "Iterable[Step]") -> None:
        """Write down steps of a message, each once however often this is called."""
        for step in steps:
            known = {name: value for name, value in step._asdict().items() if value}
            item = known | {"pk": f"MSG#{record.id}", "sk": _PREFIX + step.name}
            item |= {"kind": step.kind.value, "at": step.at, "expires_at": record.expires_at}
            self.dynamodb.put_item(TableName=self.table, Item=attributes(item))

    @outages()
    def page(self, message_id: str, after: str, limit: int) -> "tuple[list[Step], str]":
        """Return at most `limit` steps of a message by time, behind the one named `after`.

        Also returns the name of the last one if there may be more, else "". With "" for `after` it
        begins with the first.
        """
        behind: Any = {"ExclusiveStartKey": key(f"MSG#{message_id}", _PREFIX + after)}
        reply = self.dynamodb.query(
            TableName=self.table,
            KeyConditionExpression="pk = :pk AND sk BETWEEN :first AND :last",
            ExpressionAttributeValues={
                ":pk": {"S": f"MSG#{message_id}"},
                ":first": {"S": _PREFIX},
                ":last": {"S": _BEHIND},
            },
            Limit=limit,
            **(behind if after else {}),
        )
        found = [plain(item) for item in reply["Items"]]
        last = found[-1]["sk"].removeprefix(_PREFIX) if "LastEvaluatedKey" in reply else ""
        known = {*history.Kind}  # A newer version of the code may have written others.
        return [_step(item) for item in found if item["kind"] in known], last


def _step(item: Mapping[str, Any]) -> "Step":
    known = {name: item[name] for name in history.Step._fields if name in item}
    return history.Step(**known | {"kind": history.Kind(item["kind"])})
