"""Where the public corpora of hostile documents are; their README says what each is."""

from support.paths import ROOT

CORPORA = ROOT / "tests/hostile/corpora"
