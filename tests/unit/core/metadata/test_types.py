"""The documentation names what there is: routes that exist, types and members that are read."""

import pytest

from core.contract.contract import SendMail
from core.contract.members import Kind, members
from core.contract.operations import OPERATIONS
from core.http.routing import find
from core.message.status import Status
from core.metadata import words
from core.metadata.types import PARTS, TYPES, csharp_type, sample

ROUTES = [(operation, path) for operation in OPERATIONS for path in operation.paths]


@pytest.mark.parametrize(("operation", "path"), ROUTES)
def test_every_documented_route_leads_to_its_operation(operation, path):
    route = find(operation.verb, path.replace("{MessageId}", "01JD9ZK4M6T0V3Q8W2X5Y7B1CD"))

    assert route is not None
    assert route.operation is operation
    assert bool(route.parameters) == ("{" in path)


def test_a_type_comes_after_what_it_holds():
    for position, contract in enumerate(TYPES):
        held = {member.item for member in members(contract) if member.item}
        assert held <= set(TYPES[:position])


def test_parts_and_requests_are_all_types():
    assert {*PARTS, *(operation.request for operation in OPERATIONS)} == set(TYPES)


def test_every_member_and_status_is_explained():
    for contract, meanings in words.MEMBERS.items():
        assert list(meanings) == [member.name for member in members(contract)]
    assert set(TYPES) <= set(words.MEMBERS)
    assert set(words.TYPES) == set(words.MEMBERS)
    assert list(words.STATUSES) == list(Status)
    assert set(words.SUMMARIES) == {operation.request for operation in OPERATIONS}


@pytest.mark.parametrize("contract", TYPES)
def test_a_sample_has_every_member_of_the_original_set_and_none_of_ours(contract):
    instance = sample(contract)

    for member in members(contract):
        assert (getattr(instance, member.field) is None) == member.is_ours


def test_members_have_csharp_types():
    types = {member.name: csharp_type(member) for member in members(SendMail)}

    assert types["Attachments"] == "List<Attachment>"
    assert {csharp_type(m) for m in members(SendMail) if m.kind is Kind.STRING} == {"string"}
