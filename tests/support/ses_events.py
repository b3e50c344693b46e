"""What SES tells of a mail: recorded events, and the batches in which Lambda hands them over."""

import json
from typing import Any

from support.paths import SES_EVENTS
from support.ses import Ses

_RECORDED_ABOUT = "01JD9ZK4M6T0V3Q8W2X5Y7B1CD"


def sample(name: str, message_id: str, ses_message_id: str = Ses.id_of(1)) -> dict[str, Any]:
    """Read a recorded event as one about our message."""
    text = (SES_EVENTS / f"{name}.json").read_text()
    text = text.replace(_RECORDED_ABOUT, message_id)
    document: dict[str, Any] = json.loads(text)
    document.get("detail", document)["mail"]["messageId"] = ses_message_id
    return document


def batch(*bodies: Any) -> dict[str, Any]:
    """Build the event with which Lambda hands over messages of a queue; texts go as they are."""
    texts = [body if isinstance(body, str) else json.dumps(body) for body in bodies]
    return {"Records": [{"messageId": f"m{n}", "body": text} for n, text in enumerate(texts)]}


def failed(answer: dict[str, Any]) -> list[str]:
    """Return the messages that shall come again, of a partial batch response."""
    return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]
