"""What is deployed: everything that the code calls, in bytecode, the same from the same input."""

import ast
import hashlib
import shutil
import subprocess
import sys
from importlib.util import MAGIC_NUMBER
from pathlib import Path

import pytest
from botocore import xform_name

from build import package, trim

CORE = Path(__file__).parents[2] / "src/core"
CLIENTS = {"dynamodb": "dynamodb", "s3": "s3", "ses": "sesv2", "sqs": "sqs"}
"""What the services call their clients, and the services that these are for."""
UNCHECKED_HASH = (1).to_bytes(4, "little")
"""What stands behind a .pyc file's magic number if its source is never looked at (PEP 552)."""


@pytest.fixture(scope="module")
def built() -> Path:
    package.build(lambda _: None)
    return package.FOLDER


def called() -> set[tuple[str, str]]:
    """Find each `client.operation(` of ours, and each `client.get_paginator("operation")`.

    A link is signed for an operation, too: `client.generate_presigned_url("operation")`.
    """
    found = set()
    for path in CORE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                client = node.func.value
                if isinstance(client, ast.Call):  # One that is asked for when it is needed.
                    client = client.func
                name = getattr(client, "attr", getattr(client, "id", ""))
                if name in CLIENTS:
                    method = node.func.attr
                    if method in ("get_paginator", "generate_presigned_url"):
                        method = ast.literal_eval(node.args[0])
                    found.add((CLIENTS[name], method))
    return found


def test_botocores_descriptions_are_kept_of_what_is_called_and_of_nothing_else():
    described = {
        (service, xform_name(operation))
        for service, operations in trim.OPERATIONS.items()
        for operation in operations
    }

    assert called() == described


@pytest.mark.slow
def test_every_module_has_bytecode_that_is_trusted(built: Path):
    for source in built.rglob("*.py"):
        compiled = source.parent / f"__pycache__/{source.stem}.cpython-313.pyc"
        assert compiled.read_bytes()[:8] == MAGIC_NUMBER + UNCHECKED_HASH, source


@pytest.mark.slow
def test_every_handler_starts_from_bytecode_alone(built: Path, tmp_path: Path):
    """Every source says that it was read; none is."""
    copy = tmp_path / "package"
    shutil.copytree(built, copy)
    for source in copy.rglob("*.py"):
        source.write_text("raise ImportError(f'{__file__} was read')")
    handlers = [path.stem for path in (copy / "handlers").glob("*.py") if path.stem != "__init__"]
    program = "import sys; sys.path.insert(0, sys.argv.pop()); import {}; print(*sys.modules)"
    imports = ", ".join(f"handlers.{handler}" for handler in handlers)

    run = subprocess.run(
        [sys.executable, "-S", "-c", program.format(imports), str(copy)],
        check=False,
        capture_output=True,
        text=True,
    )

    assert run.returncode == 0, run.stderr
    assert {"botocore.session", "pydantic", "core.sending"} <= set(run.stdout.split())


@pytest.mark.slow
def test_the_package_is_small(built: Path):
    """Lambda unzips it at every cold start: 30 MB, with bytecode and for both processors."""
    assert sum(file.stat().st_size for file in built.rglob("*") if file.is_file()) <= 30_000_000


@pytest.mark.slow
def test_there_is_native_code_for_both_processors(built: Path):
    native = {path.name.split(".")[1] for path in built.rglob("*.so")}

    assert native >= {"cpython-313-aarch64-linux-gnu", "cpython-313-x86_64-linux-gnu"}


@pytest.mark.slow
def test_the_same_input_gives_the_same_package(monkeypatch: pytest.MonkeyPatch):
    digests = [hashlib.sha256(package.build(lambda _: None).read_bytes()).hexdigest()]
    again = package.BUILD / "again"
    monkeypatch.setattr(package, "BUILD", again)
    monkeypatch.setattr(package, "FOLDER", again / "package")
    shutil.rmtree(again, ignore_errors=True)

    digests.append(hashlib.sha256(package.build(lambda _: None).read_bytes()).hexdigest())

    assert digests[0] == digests[1]
    shutil.rmtree(again)
