"""Whatever somebody types stays inside its text, in each of the languages."""

import ast
import json
import random
import re
import subprocess
import unicodedata

import pytest
from support.programs import require

from core.metadata import assets

UNSEEN = "".join(
    chr(point)
    for point in range(0x110000)
    if unicodedata.category(chr(point)) in ("Cc", "Cf", "Cs")
)
"""Control and format characters, and lone surrogates."""
ENDINGS = "\"'`\\$\n\r\t\u0085\u2028\u2029{}()<>%#@;&|*/!~=: ux0Uü你😀"
"""What ends a text, a line or a comment, or begins an escape, in one of the languages."""
SHUFFLED = random.Random(16)
TEXTS = [
    *(f"a{each}b" for each in UNSEEN + ENDINGS),
    *("".join(SHUFFLED.choices(ENDINGS, k=SHUFFLED.randrange(30))) for _ in range(500)),
    "\\",
    'x"; import os; "',
    "'; exit 1; '",
    "\u202egnp.exe",
    "{MessageId}",
]
_CSHARP = re.compile(r'\\(?:u([0-9a-f]{4})|U([0-9a-f]{8})|([nrt"\\]))')
"""The escapes of C# that are written (ECMA-334, 6.4.5.6): none of a variable length."""

WRITE = """
const texts = JSON.parse(require("fs").readFileSync(0, "utf8"));
console.log(JSON.stringify(texts.map(text => ({
  units: quoted(text, units), points: quoted(text, points),
  shell: inShell(text), here: inHereDocument(quoted(text, units)),
}))));
"""


@pytest.fixture(scope="module")
def written():
    """Each text as it is written in each language."""
    require(("node",))
    source = (assets.FOLDER / "tryit/programs.js").read_text("utf-8")
    run = subprocess.run(
        ["node", "-e", f'"use strict";\n{source}\n{WRITE}'],
        input=json.dumps(TEXTS),
        capture_output=True,
        text=True,
        check=True,
    )
    return list(zip(TEXTS, json.loads(run.stdout), strict=True))


def test_json_and_typescript_read_the_text(written):
    for text, forms in written:
        assert json.loads(forms["units"]) == text.encode("utf-16", "surrogatepass").decode(
            "utf-16", "surrogatepass"
        )


def test_python_reads_the_text(written):
    for text, forms in written:
        assert ast.literal_eval(forms["points"]) == text


def test_csharp_reads_the_text(written):
    def read(escape):
        unit, point, short = escape.groups()
        if short:
            return {"n": "\n", "r": "\r", "t": "\t"}.get(short, short)
        return chr(int(unit or point, 16))

    for text, forms in written:
        inside = forms["points"][1:-1]
        without = _CSHARP.sub("", inside)
        assert not set(without) & set('"\\\n\r\u0085\u2028\u2029')
        assert _CSHARP.sub(read, inside) == text


def test_nothing_unseen_is_in_a_program(written):
    for _, forms in written:
        for form in (forms["units"], forms["points"]):
            assert not set(form) & set(UNSEEN)


def test_a_shell_reads_the_text(written):
    """A shell's own texts hold names of files and header values: no NUL, and whole characters."""
    fit = [(text, forms) for text, forms in written if _is_fit_for_shell(text)]
    lines = [f"printf '%s\\0' {forms['shell']}" for _, forms in fit]
    lines += [f"cat <<JSON\n{forms['here']}\nJSON\nprintf '\\0'" for _, forms in fit]

    run = subprocess.run(
        ["sh", "-eu"], input="\n".join(lines).encode(), capture_output=True, check=True
    )

    told = run.stdout.decode().split("\0")[:-1]
    assert told[: len(fit)] == [text for text, _ in fit]
    assert told[len(fit) :] == [f"{forms['units']}\n" for _, forms in fit]


def _is_fit_for_shell(text):
    return "\0" not in text and not re.search("[\ud800-\udfff]", text)
