"""The table of operations."""

from core.contract.operations import OPERATIONS_BY_NAME, SEND_MAIL


def test_operations_are_found_in_any_case():
    assert OPERATIONS_BY_NAME["sendmail"] is SEND_MAIL
