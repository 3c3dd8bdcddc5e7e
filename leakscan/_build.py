"""Compiles the hot modules and the rules when leakscan is installed.

Where that is not possible, the modules stay interpreted, and the first run compiles the rules.

This is hatchling's custom build hook, and no part of what is installed. LEAKSCAN_COMPILE=0 skips it;
LEAKSCAN_COMPILE=1 makes it an error if something cannot be compiled.
"""

from __future__ import annotations

import os
import platform
import shlex
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

ROOT = Path(__file__).parent.parent

FOR_MODULES = ("mypy[mypyc]>=2",)
FOR_RULES = ("hyperscan>=0.7.8", "pyyaml>=6.0")

# Where Hyperscan is to be had compiled. Elsewhere it would be compiled here once more, if it can be at all.
WITH_HYPERSCAN = {"x86_64", "amd64", "aarch64", "arm64"}

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

# Where leakscan looks for what is compiled (leakscan.ruleset.cache.INSTALLED).
COMPILED = "leakscan/compiled"

# What an earlier installation left in a checkout does not count.
FILL_CACHE = """\
import sys
sys.path.insert(0, {root!r})
from leakscan.ruleset import cache
cache.INSTALLED = cache.cache_folder()
from leakscan.advise.advice import built_in_advice
from leakscan.ruleset.compiled import compiled_rules
compiled_rules()
built_in_advice()
"""


class CannotCompile(Exception):
    """Why something is not compiled."""


class CompileHook(BuildHookInterface):
    """Adds what is compiled to a wheel, or in a checkout puts it beside the sources."""

    def dependencies(self) -> list[str]:
        """What compiles, only where it will be used: it is large, and on some systems compiled itself."""
        needed: list[str] = []
        for check, packages in ((check_compiler, FOR_MODULES), (check_machine, FOR_RULES)):
            try:
                check()
                needed += packages
            except CannotCompile:
                continue
        return needed

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version == "editable":
            remove_compiled()
        self._folder = tempfile.TemporaryDirectory(prefix="leakscan-")
        folder = Path(self._folder.name)
        with ThreadPoolExecutor() as pool:  # each waits for a process of its own
            modules, rules = pool.submit(compile_hot, folder), pool.submit(compile_rules, folder)
        built: dict[str, Path] = {}
        for compiled, otherwise in (
            (modules, "The hot modules of leakscan stay interpreted"),
            (rules, "The first run of leakscan will compile its rules"),
        ):
            try:
                built |= compiled.result()
            except CannotCompile as error:
                if os.environ.get("LEAKSCAN_COMPILE") == "1":
                    raise
                self.app.display_warning(f"{otherwise}: {error}")
        if version == "editable":
            put_into_checkout(built)
        else:
            build_data["force_include"].update({str(file): path for path, file in built.items()})
            if not modules.exception():
                build_data["pure_python"] = False
                build_data["infer_tag"] = True

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        self._folder.cleanup()


def check_wish() -> None:
    """Raises CannotCompile where nothing is to be compiled."""
    if os.environ.get("LEAKSCAN_COMPILE") == "0":
        raise CannotCompile("LEAKSCAN_COMPILE=0")


def check_compiler() -> None:
    """Raises CannotCompile where there is no need to try to compile modules."""
    check_wish()
    if sys.implementation.name != "cpython":
        raise CannotCompile("mypyc is made for CPython")
    command = shlex.split(os.environ.get("CC") or sysconfig.get_config_var("CC") or "cc")
    if not shutil.which(command[0]):
        raise CannotCompile(f"there is no C compiler ({command[0]})")
    header = Path(sysconfig.get_path("include"), "Python.h")
    if not header.is_file():
        raise CannotCompile(f"Python's C headers are not installed ({header})")


def check_machine() -> None:
    """Raises CannotCompile where it is not worth the while to install what compiles rules."""
    check_wish()
    if sys.implementation.name != "cpython" or platform.machine().lower() not in WITH_HYPERSCAN:
        raise CannotCompile(f"Hyperscan is not to be had compiled for {platform.machine()}")


def compile_rules(folder: Path) -> dict[str, Path]:
    """What a first run would leave in the user's cache; as :func:`compile_hot`. Raises CannotCompile."""
    check_wish()
    if absent := [module for module in ("hyperscan", "yaml") if find_spec(module) is None]:
        raise CannotCompile(f"{absent[0]} is not installed where the build runs")
    compiled = folder / "rules"
    _run(["-c", FILL_CACHE.format(root=str(ROOT))], folder, {"LEAKSCAN_CACHE_DIR": str(compiled)})
    files = sorted(compiled.glob("*-*"))
    if not files:
        raise CannotCompile(f"{compiled} cannot be written")
    return {f"{COMPILED}/{file.name}": file for file in files}


def compile_hot(folder: Path) -> dict[str, Path]:
    """The compiled modules, made in a folder: where each belongs below the root, and where it is.

    Raises CannotCompile.
    """
    check_compiler()
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


def remove_compiled() -> None:
    """Removes from the checkout what an earlier installation compiled for this Python."""
    for old in ROOT.glob(f"leakscan/**/*{suffix()}"):
        old.unlink()
    shutil.rmtree(ROOT / COMPILED, ignore_errors=True)


def put_into_checkout(built: Mapping[str, Path]) -> None:
    """Moves what is compiled to where it is looked for, readable for whoever may read the checkout."""
    for path, file in built.items():
        (ROOT / path).parent.mkdir(exist_ok=True)
        shutil.copyfile(file, ROOT / path)


def _hot() -> ModuleType:
    """leakscan.hot of this checkout, not of an installed leakscan."""
    sys.path.insert(0, str(ROOT))
    try:
        from leakscan import hot

        return hot
    finally:
        sys.path.remove(str(ROOT))


def _run(arguments: list[str], folder: Path, variables: Mapping[str, str] | None = None) -> str:
    ran = subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env={**os.environ, **(variables or {})},
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
