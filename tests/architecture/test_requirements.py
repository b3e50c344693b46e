"""Nothing is installed whose bytes are not known: every version locked, every file by its hash."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
NAMES = [
    f"requirements/{name}" for name in ("bench", "dev", "lint", "local", "mutants", "sam", "uv")
]
NAMES += [f"benchmarks/subjects/{name}/requirements" for name in ("floor", "typical")]
LOCKS = {ROOT / f"{name}.in": ROOT / f"{name}.txt" for name in NAMES} | {
    ROOT / "requirements/runtime.in": ROOT / "src/requirements.txt"
}
NAME = re.compile(r"[A-Za-z0-9._-]+")


def lines(path):
    """Return the lines of a lock that ask for something, each with its hashes."""
    text = re.sub(r"(?m)^\s*#.*\n?", "", path.read_text())
    return [line for line in text.replace("\\\n", " ").splitlines() if line.strip()]


def normal(name):
    return re.sub(r"[._-]+", "-", name).lower()


def test_every_list_of_requirements_has_its_lock():
    found = {*(ROOT / "requirements").glob("*"), *ROOT.glob("src/*.txt")}

    assert found <= {*LOCKS, *LOCKS.values()}


@pytest.mark.parametrize("lock", LOCKS.values(), ids=lambda path: str(path.relative_to(ROOT)))
def test_every_requirement_has_one_version_and_its_hashes(lock):
    assert lines(lock)
    for line in lines(lock):
        assert re.match(r"[a-z0-9._-]+(\[[a-z,-]+\])?==[^\s;]+( ;[^\\]*?)? +--hash=", line), line
        assert set(re.findall(r"--\w+", line)) == {"--hash"}, line
        hashes = re.findall(r"--hash=(\S+)", line)
        assert all(re.fullmatch(r"sha256:[0-9a-f]{64}", each) for each in hashes), line


@pytest.mark.parametrize("wish", LOCKS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_wish_is_in_its_lock(wish):
    wished = [line for line in lines(wish) if not line.startswith("-")]
    locked = {normal(NAME.match(line)[0]) for line in lines(LOCKS[wish])}

    assert {normal(NAME.match(line)[0]) for line in wished} <= locked


def test_nothing_is_installed_without_looking_at_hashes():
    files = [ROOT / "Makefile", *ROOT.glob("build/*.py"), *ROOT.glob("benchmarks/**/*.py")]
    installs = re.compile(r"\bpip['\", ]+(install|sync)\b.*(?:\n.*){0,3}?--require-hashes")
    for path in files:
        text = path.read_text()
        started = re.findall(r"\bpip['\", ]+(install|sync)\b", text)

        assert len(installs.findall(text)) == len(started), path
