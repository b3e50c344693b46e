"""What callers are told by webhooks, to whom, when, and with which signature (docs/webhooks.md)."""
