"""Public corpora of hostile documents, which are beside the project and not in it."""

from pathlib import Path

import pytest

from support.paths import ROOT

CORPORA = ROOT.parent / "shared/corpora"


def corpus(path: str) -> Path:
    """Return a public corpus, or skip the test where it is not there."""
    found = CORPORA / path
    if not found.exists():
        pytest.skip(f"../shared/corpora/{path} is not here")
    return found
