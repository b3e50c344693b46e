"""Loads modules when they are first used, so that rarely needed ones cost no cold start."""

from importlib import import_module
from types import ModuleType
from typing import Any, cast


class _Later:
    """Stands for a module that is loaded when one of its members is first used."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, member: str) -> Any:
        return getattr(import_module(self._name), member)


def lazily(name: str) -> ModuleType:
    """Return what stands for the module `name`, of which nothing is looked for until it is used.

    Not by `importlib.util.LazyLoader`: to find the module's file and make an empty module takes a
    third of a millisecond for each, at every cold start.
    """
    return cast("ModuleType", _Later(name))
