"""The documents as their reader meets them: programs, what runs them, and tables."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

DOCS = Path(__file__).parents[2] / "docs"
_HEADING = re.compile(r"(#+) (.+)")
_SAVED_AS = re.compile(r"saved as `([\w.]+)`:\s*\Z")
_ANSWERS = ("json", "xml")
_SHOWN = "text"
"""The language of what is only shown, or typed where no test can: a setting, another host."""


class Example(NamedTuple):
    """Commands of a document, in the files that it says to save before, and what they print."""

    section: str
    commands: str
    files: dict[str, str]
    answer: str
    """What the document shows as their output; "" if it shows none."""


class Block(NamedTuple):
    """A block of code, with the prose between the heading or the block before and itself."""

    section: str
    before: str
    language: str
    text: str


def blocks(document: Path) -> Iterator[Block]:
    """Yield every block of code in the order of the document."""
    section, before, language, text = "", "", "", None
    for line in document.read_text("utf-8").splitlines(keepends=True):
        if line.startswith("```"):
            if text is None:
                language, text = line.strip("`\n "), ""
            else:
                yield Block(section, before, language, text)
                before, text = "", None
        elif text is not None:
            text += line
        elif heading := _HEADING.match(line):
            section, before = heading[2].strip(), ""
        else:
            before += line


def examples(document: Path) -> list[Example]:
    """Return every example; each block of the document is in one, or only shown (`text`).

    Raises `ValueError` for a block that says neither where it is saved nor what it is.
    """
    found: list[Example] = []
    files: dict[str, str] = {}
    for block in blocks(document):
        if block.language == _SHOWN:
            continue
        if saved := _SAVED_AS.search(block.before):
            files[saved[1]] = block.text
        elif block.language == "sh":
            found.append(Example(block.section, block.text, files, ""))
            files = {}
        elif block.language in _ANSWERS and found and not (files or found[-1].answer):
            found[-1] = found[-1]._replace(answer=block.text.strip())
        else:
            raise ValueError(f"A block of {block.language} in {block.section} is no example.")
    if files:
        raise ValueError(f"Nothing runs {', '.join(files)}.")
    return found


def table(document: Path, *, header: str) -> list[list[str]]:
    """Return the rows of the one table whose first line has `header` as its first cells.

    A cell is as it is written; a `|` in it is escaped there, and not here. Raises `ValueError` if
    there is no such table, or more than one.
    """
    lines = document.read_text("utf-8").splitlines()
    starts = [number for number, line in enumerate(lines) if line.startswith(header)]
    if len(starts) != 1:
        raise ValueError(f"There are {len(starts)} tables that begin with {header!r}.")
    rows = []
    for line in lines[starts[0] + 2 :]:
        if not line.startswith("|"):
            break
        cells = re.split(r"(?<!\\)\|", line.strip())[1:-1]
        rows.append([cell.strip().replace("\\|", "|") for cell in cells])
    return rows


def text_below(document: Path, heading: str) -> str:
    """Return a section with those below it, without its own heading."""
    level = heading.partition(" ")[0]
    text = document.read_text("utf-8").partition(f"\n{heading}\n")[2]
    return re.split(rf"(?m)^#{{1,{len(level)}}} ", text)[0]


def typed_in(text: str) -> list[str]:
    """List what the blocks of `sh` (or of no language) show, each command in one line."""
    fences = re.findall(r"(?ms)^ *```(\w*)\n(.*?)^ *```", text)
    typed = "".join(held for language, held in fences if language in ("", "sh"))
    typed = typed.replace("\\\n", " ")
    lines = (re.sub(r"\s+# .*", "", line).strip() for line in typed.splitlines())
    return [" ".join(line.split()) for line in lines if line]
