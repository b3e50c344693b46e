"""The one policy of addresses (docs/api.md), against public suites: every difference is listed."""

import csv
import json
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from support.corpora import CORPORA

from core.config import CONFIG
from core.contract.contract import SendMail
from core.contract.errors import Invalid
from core.submission import submission

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
BY_RFC_5321 = {"ISEMAIL_VALID_CATEGORY", "ISEMAIL_DNSWARN", "ISEMAIL_RFC5321"}
"""isemail's diagnoses of what may be handed to a mail server; the rest is an error or worse."""
with (HERE / "address_differences.tsv").open() as file:
    DIFFERENCES = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


def isemail():
    for test in ET.parse(CORPORA / "isemail/tests.xml").iter("test"):
        text = test.findtext("address") or ""
        # XML cannot hold control characters: the suite writes symbols for them.
        controls = {0x2400 + code: code for code in range(33)}
        yield text.translate(controls), test.findtext("category") in BY_RFC_5321


def email_validator():
    suite = json.loads((CORPORA / "email_validator/test_syntax.json").read_text())
    yield from ((address, True) for address in suite["accepted"])
    yield from ((address, False) for address in suite["refused"])


def we_take(address):
    try:
        submission.read(
            SendMail(to=address, text="t"),
            {CONFIG.default_domain.domain: CONFIG.default_domain},
            "a-key",
            CONFIG.limits,
        )
    except Invalid:
        return False
    return True


@pytest.mark.parametrize(
    ("name", "suite"), [("isemail", isemail), ("email-validator", email_validator)]
)
def test_every_difference_from_a_public_suite_is_listed_with_its_reason(name, suite, figures):
    listed = {
        json.loads(row["address (JSON)"]): row["we"] for row in DIFFERENCES if row["suite"] == name
    }
    found = {}
    for address, expected in suite():
        ours = we_take(address)
        if ours != expected:
            found[address] = "accepted" if ours else "refused"
        figures(f"addresses of {name}")["as there" if ours == expected else "listed"] += 1

    assert found == listed


def test_every_reason_for_a_difference_is_in_the_documentation():
    text = (ROOT / "docs/api.md").read_text().partition("### Addresses")[2].partition("\n### ")[0]

    assert {row["reason"] for row in DIFFERENCES} <= {
        line.split("|")[1].strip() for line in text.splitlines() if line.startswith("| ")
    }
