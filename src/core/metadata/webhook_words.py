"""Says in the documentation's words what the operations on webhooks and their members mean.

The rules behind them are in docs/contract.md B7.
"""

from core.contract.members import Contract
from core.contract.webhooks import (
    DeleteWebhook,
    FindDeliveries,
    FindWebhooks,
    FoundDeliveries,
    FoundWebhooks,
    ReplayDeliveries,
    ReplayedDeliveries,
    RotateWebhookSecret,
    SaveWebhook,
    TestWebhook,
    Webhook,
    WebhookAttempt,
    WebhookDelivery,
)

_ID = {"Id": "The Id that SaveWebhook answered: wh_..."}
_SINCE = "Events of then or later: 2026-11-20T09:15:30Z, or the day 2026-11-20 (UTC)."
_UNTIL = "Events before then, written as Since."
_CURSOR = "What the last page answered: the next one begins there."
_NEXT = "Ask for the next page with it. Empty: this is the last one."

SUMMARIES: dict[type[Contract], str] = {
    SaveWebhook: "Make a webhook, which tells you what becomes of your mails, or change one.",
    FindWebhooks: "List the webhooks of your domains.",
    DeleteWebhook: "Delete a webhook.",
    TestWebhook: "Have a test event sent to a webhook.",
    RotateWebhookSecret: "Give a webhook a new secret. The old one signs too for 24 hours.",
    FindDeliveries: "List what was sent to a webhook and what waits, with every try.",
    ReplayDeliveries: "Send events to a webhook again.",
}

TYPES: dict[type[Contract], str] = {
    SaveWebhook: "A webhook as it shall be. With an Id, what is left out stays as it is.",
    Webhook: "A webhook: where a domain is told what becomes of its mails.",
    FindWebhooks: "Whose webhooks are listed.",
    FoundWebhooks: "Webhooks.",
    DeleteWebhook: "The webhook that is to be deleted.",
    TestWebhook: "The webhook that is to be tested.",
    RotateWebhookSecret: "The webhook that is to have a new secret.",
    FindDeliveries: "What is looked for. What is left out is any.",
    FoundDeliveries: "A page of deliveries.",
    WebhookDelivery: "An event on its way to a webhook.",
    WebhookAttempt: "One call of a webhook.",
    ReplayDeliveries: "What is to be sent again: one delivery, or those that fit all the others.",
    ReplayedDeliveries: "How much is sent again.",
}

MEMBERS: dict[type[Contract], dict[str, str]] = {
    SaveWebhook: {
        "Id": "The webhook that is to be changed. Empty: a new one.",
        "Domain": "Of whose mails it is told. Empty: your only domain.",
        "Name": "What you call it, at most 100 characters.",
        "Url": "Where it is called: https://, port 443, a public host, at most 2,000 characters.",
        "Events": "Types of events with commas between: mail.bounced, mail.failed. * or empty: "
        "all. In a change, empty leaves them as they are.",
        "IncludeRecipients": "true: it is told addresses, and what receiving hosts say.",
        "Enabled": "false: nothing is sent to it. true enables one that is disabled.",
    },
    Webhook: {
        "Id": "Its id.",
        "Domain": "Of whose mails it is told.",
        "Name": "What you call it.",
        "Url": "Where it is called.",
        "Events": "The types of events that it is told of. *: all.",
        "IncludeRecipients": "Whether it is told addresses, and what receiving hosts say.",
        "Enabled": "Whether anything is sent to it.",
        "DisabledReason": "Why nothing is.",
        "FailingSince": "Since when every call of it has failed. Empty: the last one succeeded.",
        "PausedUntil": "Until when it is spared, since it did not keep up.",
        "CreatedAt": "When it was made.",
        "Secret": "Verifies what is sent (whsec_...). Only in the answer that makes a webhook or "  # nosec B105
        "gives it a new secret: keep it.",
    },
    FindWebhooks: {"Domain": "The sending domain. Empty: all of yours."},
    FoundWebhooks: {"Webhooks": "The webhooks, the oldest first."},
    DeleteWebhook: _ID,
    TestWebhook: _ID,
    RotateWebhookSecret: _ID,
    FindDeliveries: _ID
    | {
        "State": "pending, delivered, failed, held, or several with commas between.",
        "MessageId": "Of the events of this mail.",
        "Since": _SINCE,
        "Until": _UNTIL,
        "Limit": "How many deliveries a page has at most, from 1 to 100. Empty: 20.",
        "Cursor": _CURSOR,
    },
    FoundDeliveries: {
        "Deliveries": "The newest event first. There may be fewer than Limit, though more follow.",
        "Cursor": _NEXT,
    },
    WebhookDelivery: {
        "Id": "The event's id, which is the header webhook-id of each call.",
        "WebhookId": "The webhook that it goes to.",
        "Type": "What has happened: mail.delivered, mail.bounced ... Expect new ones.",
        "At": "When.",
        "MessageId": "The mail that it is about. Empty: a test.",
        "Recipient": "The number of the recipient that it is about. 0: the whole mail.",
        "Sequence": "Of the mail's events, the later one has the higher number.",
        "Status": "The status that the recipient, or the mail, had with it.",
        "State": "pending: it waits for a try. delivered. failed: no try is left. held: the "
        "webhook was disabled.",
        "Tries": "How many tries were made, since it was last replayed.",
        "NextAt": "When the next try is due.",
        "Attempts": "The newest 20 tries, the first one first.",
    },
    WebhookAttempt: {
        "At": "When it began.",
        "Status": "The HTTP status of the answer. 0: there was none.",
        "Milliseconds": "How long it took.",
        "Error": "What went wrong. Empty: nothing.",
        "Answer": "The beginning of the answer, 200 characters at most.",
    },
    ReplayDeliveries: _ID
    | {
        "DeliveryId": "The Id of one delivery, whatever its state. With its At as Since it is "
        "found at once.",
        "Since": _SINCE,
        "Until": _UNTIL,
        "State": "A state, or several with commas between. Empty: failed and held.",
        "Cursor": "What the last answer said: the others follow.",
    },
    ReplayedDeliveries: {
        "Count": "How many deliveries are on their way again, at most 100 at once.",
        "Cursor": "Ask again with it: there may be more. Empty: that was all.",
    },
}
