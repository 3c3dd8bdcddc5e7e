"""Compiles the hot modules when leakscan is installed; where that is not possible, they stay interpreted.

This is hatchling's custom build hook, and no part of what is installed. LEAKSCAN_COMPILE=0 skips it;
LEAKSCAN_COMPILE=1 makes it an error if nothing can be compiled.
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path
from types import ModuleType
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

ROOT = Path(__file__).parent.parent

# What mypyc makes of modules in packages is one library with all code, and a small extension a module that
# hands out what is in there.
LIBRARY = "leakscan.hot"

# The user's own settings of mypy are none of this build's business.
SETUP = """\
from mypyc.build import mypycify
from setuptools import setup

options = ["--config-file=", "--ignore-missing-imports"]
extensions = mypycify(options + {sources!r}, opt_level="3", debug_level="0", group_name={library!r})
setup(name="leakscan", packages=[], ext_modules=extensions)
"""

SEAL = """

import leakscan.hot

leakscan.hot.confirm({digests!r})
"""

TRIAL = "import sys; sys.path.insert(0, '.'); from leakscan import hot; print(hot.state())"


class CannotCompile(Exception):
    """Why the modules stay interpreted."""


class CompileHook(BuildHookInterface):
    """Adds the compiled modules to a wheel, or in a checkout puts them beside their sources."""

    def dependencies(self) -> list[str]:
        """What compiles, only where it will be used: it is large, and on some systems compiled itself."""
        try:
            check()
        except CannotCompile:
            return []
        return ["mypy[mypyc]>=2"]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version == "editable":
            for old in ROOT.glob(f"leakscan/**/*{suffix()}"):
                old.unlink()
        self._folder = tempfile.TemporaryDirectory(prefix="leakscan-")
        try:
            check()
            built = compile_hot(Path(self._folder.name))
        except CannotCompile as error:
            if os.environ.get("LEAKSCAN_COMPILE") == "1":
                raise
            self.app.display_warning(f"The hot modules of leakscan stay interpreted: {error}")
            return
        if version == "editable":
            for path, file in built.items():
                shutil.move(file, ROOT / path)
        else:
            build_data["force_include"].update({str(file): path for path, file in built.items()})
            build_data["pure_python"] = False
            build_data["infer_tag"] = True

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        self._folder.cleanup()


def check() -> None:
    """Raises CannotCompile where there is no need to try."""
    if os.environ.get("LEAKSCAN_COMPILE") == "0":
        raise CannotCompile("LEAKSCAN_COMPILE=0")
    if sys.implementation.name != "cpython":
        raise CannotCompile("mypyc is made for CPython")
    command = shlex.split(os.environ.get("CC") or sysconfig.get_config_var("CC") or "cc")
    if not shutil.which(command[0]):
        raise CannotCompile(f"there is no C compiler ({command[0]})")
    header = Path(sysconfig.get_path("include"), "Python.h")
    if not header.is_file():
        raise CannotCompile(f"Python's C headers are not installed ({header})")


def compile_hot(folder: Path) -> dict[str, Path]:
    """The compiled modules, made in a folder: where each belongs below the root, and where it is.

    Raises CannotCompile.
    """
    hot = _hot()
    sources = [hot.source_of(module) for module in hot.MODULES]
    digests = tuple(
        (module, hot.digest((ROOT / hot.source_of(module)).read_bytes())) for module in hot.MODULES
    )
    seal = SEAL.format(digests=digests).encode()
    sealed, built = folder / "sealed", folder / "built"
    for path in sources:
        source = (ROOT / path).read_bytes()
        _write(sealed / path, source + seal)
        _write(built / path, source)
        for tree in (sealed, built):
            _write((tree / path).with_name("__init__.py"), b"")
            _write(tree / "leakscan/__init__.py", b"")
    _write(sealed / "setup.py", SETUP.format(sources=sources, library=LIBRARY).encode())
    _run(["setup.py", "--quiet", "build_ext", "--build-lib", str(built)], sealed)

    # What was compiled for another machine, or lies where nothing may be executed, cannot be loaded.
    for path in ("leakscan/errors.py", "leakscan/hot.py"):
        _write(built / path, (ROOT / path).read_bytes())
    state = _run(["-c", TRIAL], built)
    if "compiled" not in state:
        raise CannotCompile(state)
    return {file.relative_to(built).as_posix(): file for file in built.glob(f"leakscan/**/*{suffix()}")}


def suffix() -> str:
    """How the files of compiled modules end for this Python; those for another one end differently."""
    return str(sysconfig.get_config_var("EXT_SUFFIX"))


def _hot() -> ModuleType:
    """leakscan.hot of this checkout, not of an installed leakscan."""
    sys.path.insert(0, str(ROOT))
    try:
        from leakscan import hot

        return hot
    finally:
        sys.path.remove(str(ROOT))


def _run(arguments: list[str], folder: Path) -> str:
    ran = subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    )
    if ran.returncode:
        raise CannotCompile(ran.stdout.strip())
    return ran.stdout.strip()


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
