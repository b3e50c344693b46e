"""Which modules are spoilt, and which tests are to notice: the nearest first, by their names.

The modules are those that hold the promises: never lost, never twice, and what is told is true.
A mutant that these tests kill dies in the whole suite; one that survives them may die in another.
"""

from pathlib import Path

ROOT = Path(__file__).parents[2]

_NEAREST = {
    "core/message/lifecycle.py": ["message/test_lifecycle", "test_lifecycles"],
    "core/message/record.py": ["message/test_record", "message/test_lifecycle", "test_lifecycles"],
    "core/message/status.py": ["test_status", "test_lifecycles"],
    "core/message/outcome.py": ["message/test_lifecycle", "test_ses"],
    "core/message/reputation.py": ["test_reputation"],
    "core/message/ses_event.py": ["test_ses_event"],
    "core/message/bounce.py": ["test_bounce", "test_ses_event"],
    "core/message/diagnostic.py": ["test_diagnostic"],
    "core/message/merging.py": ["test_merging", "test_lifecycles"],
    "core/message/progress.py": ["test_progress"],
    "core/message/address.py": ["test_address", "test_addresses"],
    "core/message/mailboxes.py": ["test_mailboxes", "test_addresses"],
    "core/message/pasted.py": ["test_mailboxes", "test_addresses"],
    "core/message/ids.py": ["test_ids"],
    "core/sending.py": ["test_conflicts", "test_edges", "test_sending"],
    "core/slow_lane.py": ["test_slow_lane", "test_calls", "test_routes"],
    "core/acceptance.py": ["test_conflicts", "test_store", "test_sending"],
    "core/follow_up.py": ["test_repairs", "test_recovery"],
    "core/recovery.py": ["test_repairs", "test_recovery"],
    "core/feedback.py": ["test_feedback", "test_suppression", "test_abuse"],
    "core/webhooks/changes.py": ["webhooks/test_changes", "test_webhook_changes"],
    "core/webhooks/endpoint.py": ["webhooks/test_endpoint", "integration/test_webhooks"],
    "core/webhooks/guard.py": ["webhooks/test_guard", "test_webhook_receivers"],
    "core/webhooks/payload.py": ["webhooks/test_payload"],
    "core/webhooks/schedule.py": ["webhooks/test_schedule", "integration/test_webhooks"],
    "core/webhooks/signing.py": ["webhooks/test_signing"],
    "core/webhook_outbox.py": ["integration/test_webhooks"],
    "core/webhook_delivery.py": ["integration/test_webhooks"],
    "core/webhook_recovery.py": ["integration/test_webhooks"],
    "core/webhook_settings.py": ["test_webhook_operations"],
    "core/webhook_log.py": ["test_webhook_operations"],
    "core/aws/store.py": ["test_store", "test_conflicts"],
    "core/aws/deliveries.py": ["integration/test_webhooks", "test_webhook_operations"],
    "core/aws/endpoints.py": ["integration/test_webhooks", "test_webhook_operations"],
    "core/aws/counters.py": ["test_counters"],
    "core/aws/suppressions.py": ["test_suppressions", "test_suppression"],
    "core/aws/ses.py": ["test_ses"],
    "core/aws/written.py": ["test_written", "test_ses", "test_addresses"],
    "core/aws/items.py": ["test_items", "test_store"],
    "core/submission/idempotency.py": ["test_idempotency"],
    "core/submission/senders.py": ["test_senders", "test_submission"],
    "core/submission/submission.py": ["test_submission"],
    "core/submission/unknown_members.py": ["test_unknown_members", "test_ignored_members"],
}
_ALL = [
    "test_sending",
    "test_suppression",
    "test_tenants",
    "test_abuse",
    "test_recovery",
    "test_feedback",
    "test_calls",
    "test_erase",
    "test_erased",
    "test_requests",
    "test_interleavings",
    "test_crashes",
]
"""The whole way through the handlers: of every module, after the nearest."""

MODULES = list(_NEAREST)


def files_for(module: str, *, nearest: bool) -> list[str]:
    """Return the files to run for a module, relative to the root, in their order.

    `nearest`: only those that meet it directly. That is quick, and finds too few dead mutants.

    A test that has moved to another folder is still found; one that is gone is an error.
    """
    names = list(dict.fromkeys([*_NEAREST[module], *([] if nearest else _ALL)]))
    return [str(_file(name).relative_to(ROOT)) for name in names]


def _file(name: str) -> Path:
    found = sorted((ROOT / "tests").glob(f"**/{name}.py"))
    if not found:
        raise SystemExit(f"tests/mutation/suites.py names {name}, and there is no such test.")
    return found[0]
