"""Finds the route of a request: SES's own API, or the resources of the simulator itself."""

from dataclasses import replace
from typing import Final
from urllib.parse import unquote

from local.ses import api, controls, inbox, service
from local.ses.answers import Answer, Silence, as_json, field_error, ses_error
from local.ses.errors import FieldError, SesError
from local.ses.requests import Request, Routes
from local.ses.simulator import Ses

_ROUTES: Final[Routes] = (*inbox.ROUTES, *controls.ROUTES, *service.ROUTES)


def answer(ses: Ses, request: Request) -> Answer | Silence:
    """Answer `request` by the function of its route; errors become answers too."""
    is_of_ses = api.is_of_ses(request.path)
    routes = api.routes() if is_of_ses else _ROUTES
    matches = ((path.fullmatch(request.path), methods) for path, methods in routes)
    match, methods = next((found for found in matches if found[0]), (None, {}))
    handler = methods.get("GET" if request.method == "HEAD" else request.method)
    if not handler and not is_of_ses:
        return _without_route(list(methods))
    names = tuple(map(unquote, match.groups())) if match else ()
    try:
        return (handler or _unknown)(ses, replace(request, names=names))
    except SesError as error:
        return ses_error(error)
    except FieldError as error:
        return field_error(error)


def _unknown(_ses: Ses, _request: Request) -> Answer:
    return api.refuse("this one")


def _without_route(methods: list[str]) -> Answer:
    if not methods:
        return as_json({"message": "There is nothing at this address."}, 404)
    allowed = (("Allow", ", ".join(methods)),)
    return Answer(405, b'{"message": "Method not allowed."}', headers=allowed)
