"""What can be asked of webhooks: to set up endpoints, and what has become of their deliveries."""

from collections.abc import Mapping
from typing import NamedTuple

from aws_lambda_powertools import Logger

from core import webhook_log, webhook_settings
from core.config import CONFIG
from core.contract.members import Contract
from core.contract.webhooks import (
    DeleteWebhook,
    FindDeliveries,
    FindWebhooks,
    ReplayDeliveries,
    RotateWebhookSecret,
    SaveWebhook,
    TestWebhook,
    Webhook,
)
from core.http import webhook_answers
from core.services import Services
from core.submission.domains import DomainConfiguration
from core.webhook_services import WebhookServices
from core.webhooks import signing
from core.webhooks.endpoint import Endpoint

logger = Logger()


class _Caller(NamedTuple):
    """Who asks, and what it takes to answer."""

    id: str
    """The SHA-256 (hex) of the API key."""
    own: Mapping[str, DomainConfiguration]
    """The domains that the key may use."""
    services: WebhookServices

    def endpoint(self, webhook_id: str | None) -> Endpoint:
        """Return one of the caller's endpoints. Raises as `webhook_settings.of_id` does."""
        return webhook_settings.of_id(webhook_id, own=self.own, endpoints=self.services.endpoints)


def carry_out(
    request: Contract, caller_id: str, own: Mapping[str, DomainConfiguration], services: Services
) -> Contract:
    """Do what a request asks for; tell of what was changed in the log.

    `caller_id` is the SHA-256 (hex) of the API key, `own` are the domains that it may use.
    """
    of_webhooks = WebhookServices.of(services, CONFIG.webhook_queue_url)
    return _carry_out(request, _Caller(caller_id, own, of_webhooks))


def _carry_out(request: Contract, caller: _Caller) -> Contract:
    match request:
        case SaveWebhook():
            return _save(request, caller)
        case FindWebhooks():
            found = webhook_settings.find(
                request.domain, own=caller.own, endpoints=caller.services.endpoints
            )
            return webhook_answers.of_endpoints(found)
        case DeleteWebhook():
            endpoint = caller.endpoint(request.id)
            deleted = webhook_settings.delete(endpoint, endpoints=caller.services.endpoints)
            logger.info("webhook deleted", **deleted.log_keys)
            return webhook_answers.of_endpoint(deleted)
        case RotateWebhookSecret():
            endpoint = caller.endpoint(request.id)
            rotated = webhook_settings.rotate(endpoint, endpoints=caller.services.endpoints)
            logger.info("webhook secret rotated", **rotated.log_keys)
            return _with_secret(rotated)
        case _:
            return _of_deliveries(request, caller)


def _save(request: SaveWebhook, caller: _Caller) -> Webhook:
    saved, is_new = webhook_settings.save(
        request,
        own=caller.own,
        endpoints=caller.services.endpoints,
        reaches_loopback=CONFIG.reaches_loopback,
    )
    logger.info("webhook made" if is_new else "webhook changed", **saved.log_keys)
    return _with_secret(saved) if is_new else webhook_answers.of_endpoint(saved)


def _with_secret(endpoint: Endpoint) -> Webhook:
    secret = signing.secret(CONFIG.webhook_secret, endpoint.id, endpoint.generation)
    return webhook_answers.of_endpoint(endpoint, secret)


def _of_deliveries(request: Contract, caller: _Caller) -> Contract:
    match request:
        case TestWebhook():
            endpoint = caller.endpoint(request.id)
            made = webhook_settings.test(endpoint, services=caller.services)
            return webhook_answers.of_delivery(made)
        case FindDeliveries():
            page = webhook_log.find(
                request,
                caller.endpoint(request.id),
                caller=caller.id,
                services=caller.services,
            )
            return webhook_answers.of_page(page.deliveries, page.cursor)
        case ReplayDeliveries():
            return _replay(request, caller)
        case _:
            raise TypeError(type(request))


def _replay(request: ReplayDeliveries, caller: _Caller) -> Contract:
    endpoint = caller.endpoint(request.id)
    webhook_settings.require_enabled(endpoint)
    page = webhook_log.replay(
        request,
        endpoint,
        caller=caller.id,
        services=caller.services,
    )
    logger.info("webhook deliveries replayed", count=len(page.deliveries), **endpoint.log_keys)
    return webhook_answers.of_replayed(page.deliveries, page.cursor)
