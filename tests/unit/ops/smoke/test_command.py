"""`make smoke`: where its steps send their reader."""

import re

import pytest
from support.documents import DOCS
from support.paths import ROOT

from ops.smoke.command import GROUPS
from ops.smoke.steps import GUIDE

STEPS = [step for steps in GROUPS.values() for step in steps]
TEXT = (DOCS / "first-day-on-aws.md").read_text("utf-8")
CHANGES = [change for step in STEPS for change in step.change]
CHANGES += [
    " ".join(": ".join(found).split())
    for found in re.findall(r"`([\w./-]+\.\w+)`: `([^`]+)`", TEXT)
]


def slug(heading: str) -> str:
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def test_every_step_leads_to_a_section_of_the_guide() -> None:
    headings = {slug(heading) for heading in re.findall(r"^## (.+)$", TEXT, re.MULTILINE)}

    assert DOCS.parent / GUIDE == DOCS / "first-day-on-aws.md"
    assert {step.section for step in STEPS} <= headings


def test_every_section_says_how_it_is_tried() -> None:
    """Either `make smoke` does it, and then it has a step of that section; or commands do."""
    by_hand = {section.partition("\n")[0]: section for section in TEXT.split("\n## ")[1:]}
    tried = {step.section for step in STEPS}

    for heading, section in by_hand.items():
        if re.match(r"F\d", heading):
            assert ("`make smoke`" in section) >= (slug(heading) in tried), heading
            assert slug(heading) in tried or "```" in section or heading.startswith("F8"), heading
            assert "**Expected**" in section, heading
            assert "**Change**" in section, heading


@pytest.mark.parametrize("change", sorted({*CHANGES}))
def test_what_is_to_be_changed_is_there(change: str) -> None:
    path, name = change.split(": ", 1)

    assert name in (ROOT / path).read_text("utf-8")
