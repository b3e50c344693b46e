"""The OpenAPI document is valid, complete, and true of what the writers write."""

import json

import pytest
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator

from core.contract.contract import ErrorResponse, SendMail, SendResponse
from core.contract.errors import Fault, Invalid, MailError, NotFound
from core.contract.members import members
from core.contract.operations import OPERATIONS
from core.formats import json as json_format
from core.formats import xml as xml_format
from core.formats.body import Body
from core.formats.table import FORMATS_BY_NAME
from core.http.answers import of_bug, of_error
from core.message.status import Status
from core.metadata import openapi
from core.metadata.schemas import EXAMPLES
from core.metadata.types import sample

DOCUMENT = json.loads(openapi.document())
SCHEMAS = DOCUMENT["components"]["schemas"]
SEND = DOCUMENT["paths"]["/Mail/Send"]["post"]


def validator(name):
    return Draft202012Validator({"$ref": f"#/components/schemas/{name}", **DOCUMENT})


def refusals(error=MailError):
    for kind in error.__subclasses__():
        yield from refusals(kind)
        if "status" in vars(kind):
            yield kind


def test_the_document_is_valid():
    OpenAPIV31SpecValidator(DOCUMENT).validate()


def test_every_operation_and_route_is_there():
    described = {(path, verb.upper()) for path, of in DOCUMENT["paths"].items() for verb in of}

    assert described == {(path, op.verb) for op in OPERATIONS for path in op.paths}


def test_every_refusal_of_a_mail_is_there():
    # 405 is for the routes that are named after an operation; the document has none of them. 410 is
    # for a mail that is to be sent again.
    statuses = {str(int(kind.status)) for kind in refusals()} - {"405", "410"}

    assert statuses | {"200", "403", "429", "500", "502", "503", "504"} == set(SEND["responses"])


@pytest.mark.parametrize("contract", [SendMail, SendResponse, ErrorResponse])
def test_a_schema_has_the_members_of_its_type(contract):
    schema = SCHEMAS[contract.__name__]
    names = [member.name for member in members(contract)]

    assert list(schema["properties"])[: len(names)] == names
    assert schema["xml"] == {"name": contract.__name__, "namespace": contract.namespace}


def test_every_status_is_described():
    schema = SCHEMAS["Status"]

    assert schema["enum"] == list(Status)
    assert len(schema["x-enum-descriptions"]) == len(Status)


@pytest.mark.parametrize(
    "answer",
    [
        SendResponse(),
        sample(SendResponse),
        sample(SendMail),
        SendMail(),
        of_bug("request-1"),
        of_error(Invalid(Fault("To", "NotEmpty", "'To' must not be empty."))),
        of_error(NotFound("There is no such message.")),
        *EXAMPLES.values(),
    ],
)
def test_what_is_written_fits_its_schema(answer):
    written = json.loads(json_format.write(answer))

    validator(type(answer).__name__).validate(written)


@pytest.mark.parametrize(
    "wrong", [{"Status": "lost"}, {"Status": "sent", "Retry": "no", "RetryCount": 0}, {}]
)
def test_what_is_no_answer_does_not_fit(wrong):
    assert not validator("SendResponse").is_valid(wrong)


def test_examples_can_be_read_as_what_they_show():
    content = SEND["requestBody"]["content"]

    from_json = json_format.read(Body(json.dumps(content["application/json"]["example"])), SendMail)
    from_xml = xml_format.read(Body(content["application/xml"]["example"]), SendMail)

    assert from_json == from_xml == EXAMPLES[SendMail]


def test_answers_are_described_in_every_format():
    types = {format_.answer_type.partition(";")[0] for format_ in FORMATS_BY_NAME.values()}

    assert set(SEND["responses"]["200"]["content"]) == types


def test_the_key_is_asked_for():
    (scheme,) = DOCUMENT["components"]["securitySchemes"].values()

    assert (scheme["type"], scheme["in"], scheme["name"]) == ("apiKey", "header", "x-api-key")
    assert DOCUMENT["security"] == [{"apiKey": []}]
