"""The documents lead where they say, and what code cites is there."""

import re
import tomllib
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FOLDERS = ("docs", "benchmarks", "tests")
DOCUMENTS = sorted(
    path
    for path in (*ROOT.glob("*.md"), *(p for f in FOLDERS for p in (ROOT / f).rglob("*.md")))
    if "node_modules" not in path.parts
)
CODE = sorted(p for f in ("src", "tests") for p in (ROOT / f).rglob("*.py"))
CONTRACT = (ROOT / "docs/contract.md").read_text("utf-8")
ARCHITECTURE = (ROOT / "docs/architecture.md").read_text("utf-8")

_FENCE = re.compile(r"^ *```.*?^ *```", re.DOTALL | re.MULTILINE)
_SPAN = re.compile(r"`[^`\n]+`")
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
_LINK = re.compile(r"\]\(([^)\s]+)\)")


def name_of(path):
    return path.relative_to(ROOT).as_posix()


def anchors(text):
    """Return what GitHub calls the headings of a document."""
    found, seen = set(), Counter()
    for heading in _HEADING.findall(_FENCE.sub("", text)):
        plain = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", heading).lower()
        slug = re.sub(r"[^\w\- ]", "", plain).replace(" ", "-")
        found.add(f"{slug}-{seen[slug]}" if seen[slug] else slug)
        seen[slug] += 1
    return found


def leads_nowhere(document, link):
    path, _, anchor = link.partition("#")
    target = (document.parent / path).resolve() if path else document
    if not target.exists() or not target.is_relative_to(ROOT):
        return True
    return bool(anchor) and anchor not in anchors(target.read_text("utf-8"))


@pytest.mark.parametrize("document", DOCUMENTS, ids=name_of)
def test_every_link_leads_to_a_file_and_a_heading_of_the_repository(document):
    text = _SPAN.sub("", _FENCE.sub("", document.read_text("utf-8")))
    links = [link for link in _LINK.findall(text) if "://" not in link]

    assert [link for link in links if leads_nowhere(document, link)] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=name_of)
def test_every_make_command_is_one_that_there_is(document):
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    text = document.read_text("utf-8")
    code = [*_FENCE.findall(text), *_SPAN.findall(_FENCE.sub("", text))]
    named = {name for part in code for name in re.findall(r"(?:^|[`$ ])make ([a-z-]+)", part)}

    assert named - targets == set()


def test_every_document_is_within_two_links_of_the_readme():
    def linked(document):
        links = _LINK.findall(_FENCE.sub("", document.read_text("utf-8")))
        targets = ((document.parent / link.partition("#")[0]).resolve() for link in links)
        inside = [target for target in targets if target.is_relative_to(ROOT)]
        folders = [path for target in inside if target.is_dir() for path in target.glob("*.md")]
        return {path for path in (*inside, *folders) if path.suffix == ".md"}

    first = linked(ROOT / "README.md")
    second = {path for document in first for path in linked(document)}

    assert [name_of(d) for d in DOCUMENTS if d not in {ROOT / "README.md", *first, *second}] == []


def test_every_section_of_the_contract_that_code_cites_is_there():
    sections = set(re.findall(r"^#+ ([AB]\d+(?:\.\d+)?) ", CONTRACT, re.MULTILINE))
    letters = set(re.findall(r"^\| ([A-Z]) \|", CONTRACT, re.MULTILINE))
    texts = {name_of(path): path.read_text("utf-8") for path in CODE}
    cited = {
        (name, code)
        for name, text in texts.items()
        for codes in re.findall(r"docs/contract\.md,? ((?:[AB]\d[\d.]*(?:, | and )?)+)", text)
        for code in re.findall(r"[AB]\d+(?:\.\d+)?", codes)
    }
    differences = {
        (name, letter)
        for name, text in texts.items()
        for letter in re.findall(r"B5 ([A-Z])\b", text)
    }

    assert {cite for cite in cited if cite[1] not in sections} == set()
    assert {cite for cite in differences if cite[1] not in letters} == set()


def test_every_point_of_sending_that_code_cites_is_there():
    sending = ARCHITECTURE.partition("\n## Sending\n")[2].partition("\n## ")[0]
    points = re.findall(r"^(\d)\. ", sending, re.MULTILINE)
    cited = {
        (name_of(path), point)
        for path in CODE
        for point in re.findall(r"\bSending (\d)", path.read_text("utf-8"))
    }

    assert points == [str(number) for number in range(1, len(points) + 1)]
    assert {cite for cite in cited if cite[1] not in points} == set()


def test_the_version_is_the_same_everywhere():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    changelog = (ROOT / "CHANGELOG.md").read_text("utf-8")
    newest = re.search(r"^## \[(\d[\d.]*)\]", changelog, re.MULTILINE)
    (openapi,) = (ROOT / "src/core").rglob("openapi.py")
    told = re.search(r'^_VERSION = "([\d.]+)"', openapi.read_text("utf-8"), re.MULTILINE)

    assert newest[1] == told[1] == project


def test_every_file_that_a_document_names_is_there():
    folders = ("", "src", "src/core")
    span = re.compile(
        r"`([\w./-]+\.(?:py|html|yaml|tsv|zip))`"
        r"|`((?:src|build|local|ops|tests|benchmarks|core|handlers)/[\w/]*)`"
    )
    named = {
        (name_of(document), file or folder)
        for document in DOCUMENTS
        for file, folder in span.findall(_FENCE.sub("", document.read_text("utf-8")))
        if name_of(document)
        not in ("CHANGELOG.md", "docs/first-mail.md", "docs/webhooks.md")  # A past; a caller's.
        and "corpora/" not in name_of(document)
    }

    assert {
        (document, path)
        for document, path in named
        if not any((ROOT / folder / path).exists() for folder in folders)
    } == set()
