"""Finds the route of a request: SES's own API, or the resources of the simulator itself."""

from dataclasses import replace
from typing import Final

from local.ses import controls, inbox, operations
from local.ses.answers import Answer, Silence, as_json, field_error, ses_error
from local.ses.errors import FieldError, SesError
from local.ses.requests import Request, Routes
from local.ses.simulator import Ses

_ROUTES: Final[Routes] = (*operations.ROUTES, *inbox.ROUTES, *controls.ROUTES)


def answer(ses: Ses, request: Request) -> Answer | Silence:
    """Answer `request` by the function of its route; errors become answers too."""
    matches = ((path.fullmatch(request.path), methods) for path, methods in _ROUTES)
    match, methods = next((found for found in matches if found[0]), (None, {}))
    if not match:
        return as_json({"message": "There is nothing at this address."}, 404)
    if request.method not in methods:
        allowed = (("Allow", ", ".join(methods)),)
        return Answer(405, b'{"message": "Method not allowed."}', headers=allowed)
    request = replace(request, names=match.groups())
    try:
        return methods[request.method](ses, request)
    except SesError as error:
        return ses_error(error)
    except FieldError as error:
        return field_error(error)
