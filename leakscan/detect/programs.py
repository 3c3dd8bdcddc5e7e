"""Patterns as the ``regex`` module compiles them, kept from one hook or scan to the next.

A hook would wait 9 ms for that module's compiler to be imported, and 2 ms for each pattern that has hit. But
the half of the module that runs what was compiled is in C and loads in 1 ms, and what it takes is what a
pattern is pickled as.
"""

from __future__ import annotations

import importlib
import json
import sys
from binascii import a2b_base64, b2a_base64
from collections.abc import Mapping
from functools import cache, cached_property
from importlib.machinery import PathFinder
from pathlib import Path
from typing import Any

from leakscan.ruleset import cache as cached

_MOST = 512  # programs that are kept; of what rules and regex's versions leave behind, the oldest go
_COMPILER = ("_main.py", "_regex_core.py")

Program = list[Any]
"""What JSON can hold of a compiled pattern: flags, code, groups and what the match must contain."""


class Programs:
    """Compiled patterns by their text; the user's cache is read when the first one is asked for."""

    def __init__(self) -> None:
        self._new: dict[str, Any] = {}
        self._others: dict[str, Program] = {}

    def expression(self, text: str) -> Any:
        """The pattern for the ``regex`` module."""
        program = self._kept.get(text)
        if program is not None:
            return _loaded(text, program)
        import regex

        self._new[text] = found = regex.compile(text.encode(), regex.MULTILINE)
        return found

    def new(self) -> dict[str, Program]:
        """What had to be compiled since this was asked last, for the process that keeps it."""
        programs = {text: _program(found) for text, found in self._new.items()}
        self._new.clear()
        return {text: program for text, program in programs.items() if program is not None}

    def add(self, programs: Mapping[str, Program]) -> None:
        """Takes over what was new in another process."""
        self._others.update(programs)

    def keep(self) -> None:
        """Writes down what had to be compiled: scans run again and again over the same code."""
        new = self._others | self.new()
        if new and (name := _name()):
            kept = dict([*self._kept.items(), *new.items()][-_MOST:])
            cached.keep(name, json.dumps(kept, separators=(",", ":")).encode())
        self._others.clear()

    @cached_property
    def _kept(self) -> Mapping[str, Program]:
        """Those of earlier runs; none where nothing is kept, or it is damaged."""
        name = _name()
        content = cached.kept(name) if name else None
        programs: dict[str, Program] = json.loads(content) if content else {}
        return programs


def _name() -> str:
    """What the file is called: another for another version or machine; empty where that cannot be told."""
    folder = _folder()
    if folder is None:
        return ""
    machine = f"{sys.byteorder} {sys.maxsize}".encode()  # codes are numbers as it has them
    try:
        return cached.named("programs", [machine, *((folder / file).read_bytes() for file in _COMPILER)])
    except OSError:
        return ""


def _folder() -> Path | None:
    """Where the ``regex`` module lies; it is not imported for that."""
    spec = PathFinder.find_spec("regex")
    folders = spec.submodule_search_locations if spec else None
    return Path(folders[0]) if folders else None


@cache
def _engine() -> Any:
    """The half of the ``regex`` module that is in C, without the other if nobody has imported that yet."""
    name = "regex._regex"
    if name in sys.modules:
        return sys.modules[name]
    spec = PathFinder.find_spec(name, [str(_folder())])
    module = spec.loader.create_module(spec) if spec and spec.loader else None
    if spec is None or spec.loader is None or module is None:
        return importlib.import_module(name)
    spec.loader.exec_module(module)
    return module


def _program(expression: Any) -> Program | None:
    """None for what is no pattern of the usual shape."""
    import copyreg

    pickled: Any = copyreg.dispatch_table.get(type(expression))
    if pickled is None:
        return None
    try:
        _, arguments = pickled(expression)
        _, flags, code, groups, _, lists, list_indexes, offset, literal, literal_flags, count = arguments
        if lists or list_indexes:
            return None
        return [
            flags,
            b2a_base64(code, newline=False).decode(),
            groups,
            offset,
            list(literal),
            literal_flags,
            count,
        ]
    except (TypeError, ValueError):  # a version of regex that pickles otherwise
        return None


def _loaded(text: str, program: Program) -> Any:
    flags, code, groups, offset, literal, literal_flags, count = program
    names = {number: name for name, number in groups.items()}
    return _engine().compile(
        text.encode(),
        flags,
        a2b_base64(code),
        groups,
        names,
        {},
        [],
        offset,
        tuple(literal),
        literal_flags,
        count,
    )


PROGRAMS = Programs()
"""Those of this process."""
