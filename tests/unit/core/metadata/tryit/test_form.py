"""The form of an operation: it has all that the operation takes, and says it to everybody."""

import re

import pytest

from core.contract.members import members
from core.contract.operations import GET_STATUS, OPERATIONS, SAVE_WEBHOOK, SEND_MAIL
from core.metadata.tryit import form

each_operation = pytest.mark.parametrize("operation", OPERATIONS, ids=lambda each: each.name)


def controls(html):
    """Return the attributes of each control of the form, by its name."""
    inside = html.partition("<form")[2].partition("</form>")[0]
    found = re.findall(r"<(?:input|textarea|select) ([^>]*)>", inside)
    each = [dict(re.findall(r'([\w-]+)="([^"]*)"', held)) for held in found]
    return {held.get("name", held["id"]): held for held in each}


@each_operation
def test_a_form_has_a_field_for_the_key_and_for_every_member(operation):
    expected = {"api-key", *(member.name for member in members(operation.request))}
    if operation.takes_key:
        expected.add("Idempotency-Key")

    assert set(controls(form.write(operation, "../"))) == expected


@each_operation
def test_a_control_has_a_label_and_names_what_describes_it(operation):
    html = form.write(operation, "../")

    for control in controls(html).values():
        assert f'<label for="{control["id"]}">' in html
        for described in control["aria-describedby"].split():
            assert f'id="{described}"' in html


@each_operation
def test_a_form_says_what_its_script_must_know(operation):
    html = form.write(operation, "")

    assert f'data-verb="{operation.verb}" data-path="{operation.paths[0][1:]}"' in html
    assert f'data-type="{operation.name}"' in html
    assert 'data-root="./"' in html


def test_what_is_rare_in_a_mail_is_folded():
    html = form.write(SEND_MAIL, "../")

    shown, _, folded = html.partition("<details>")
    assert {"To", "Text", "Reference", "Idempotency-Key"} <= set(
        re.findall(r'name="([^"]+)"', shown)
    )
    names = re.findall(r'name="([^"]+)"', folded.partition("</details>")[0])
    assert names == ["Domain", "From", "FromName", "ReceiverName", "ReplyTo"]
    assert "<details>" not in form.write(GET_STATUS, "../")


def test_what_may_be_true_false_or_left_out_has_a_choice_of_all_three():
    html = form.write(SAVE_WEBHOOK, "../")

    (choice,) = re.findall(r'<select [^>]*name="Enabled"[^>]*>(.*?)</select>', html)
    assert choice == "<option></option><option>true</option><option>false</option>"


def test_only_what_sends_a_mail_warns_of_it():
    warned = [op.name for op in OPERATIONS if "real mail" in form.write(op, "")]

    assert warned == ["SendMail", "ResendMail"]
