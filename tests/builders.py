"""Repositories for tests in three lines, made by real git; and tokens that exist in no file.

repo = new_repository(tmp_path / "repo")
token = fake_token()
repo.commit({"app.py": f"KEY = '{token}'"})
"""

from __future__ import annotations

import os
import random
import string
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from leakscan.ruleset.compiled import CompiledRules

_CHOICE = random.Random(20240229)
_MINUTES = count()
_EPOCH = 1_704_067_200  # 2024-01-01T00:00:00Z
_DROPPED = ("GIT_", "PAGER", "EDITOR", "VISUAL")


def fake_token(prefix: str = "ghp_", length: int = 36) -> str:
    """A token-shaped string that no file and no earlier call holds."""
    return prefix + "".join(_CHOICE.choices(string.ascii_letters + string.digits, k=length))


@dataclass
class Repo:
    """A repository under construction; every commit is a minute younger than the one before."""

    path: Path
    author: str = "Ada Example"
    config: tuple[str, ...] = ()
    _environment: dict[str, str] = field(default_factory=dict)

    def git(self, *args: str, stdin: str | bytes | None = None, check: bool = True) -> str:
        """Run git here as a developer would, and return its output."""
        settings = [part for setting in self.config for part in ("-c", setting)]
        done = subprocess.run(
            ["git", *settings, *args],
            cwd=self.path,
            env=self._env(),
            input=stdin.encode() if isinstance(stdin, str) else stdin or b"",
            capture_output=True,
            check=False,
        )
        if check and done.returncode:
            raise AssertionError(f"git {' '.join(args)}: {done.stderr.decode(errors='replace')}")
        return done.stdout.decode(errors="replace").strip()

    def write(self, name: str, content: str | bytes) -> Path:
        """A file in the working tree, with the folders above it."""
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def add(self, files: Mapping[str, str | bytes]) -> None:
        """Write these files and stage them."""
        for name, content in files.items():
            self.write(name, content)
            self.git("add", "--force", "--", name)

    def commit(self, files: Mapping[str, str | bytes] | None = None, message: str = "change") -> str:
        """Write these files, commit everything that is staged, and return the commit's id."""
        self.add(files or {})
        self.git("commit", "--quiet", "--allow-empty", "--cleanup=verbatim", "-m", message)
        return self.oid("HEAD")

    def remove(self, *names: str, message: str = "remove") -> str:
        """Commit the deletion of these files."""
        self.git("rm", "--quiet", "--", *names)
        return self.commit(message=message)

    def oid(self, revision: str) -> str:
        return self.git("rev-parse", "--verify", revision)

    def blob(self, content: str | bytes) -> str:
        """Store a blob that nothing points at."""
        return self.git("hash-object", "-w", "--stdin", stdin=content)

    def object_file(self, oid: str) -> Path:
        """Where a loose object lies."""
        return self.path / self.git("rev-parse", "--git-path", f"objects/{oid[:2]}/{oid[2:]}")

    def lose(self, oid: str) -> None:
        """Delete a loose object."""
        self.object_file(oid).unlink()

    def damage(self, oid: str) -> None:
        """Overwrite a loose object with what is none."""
        file = self.object_file(oid)
        file.chmod(0o644)
        file.write_bytes(b"this was an object")

    def _env(self) -> dict[str, str]:
        when = f"{_EPOCH + 60 * next(_MINUTES)} +0800"
        kept = {name: value for name, value in os.environ.items() if not name.startswith(_DROPPED)}
        return {
            **kept,
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_AUTHOR_NAME": self.author,
            "GIT_AUTHOR_EMAIL": "ada@example.com",
            "GIT_AUTHOR_DATE": when,
            "GIT_COMMITTER_NAME": self.author,
            "GIT_COMMITTER_EMAIL": "ada@example.com",
            "GIT_COMMITTER_DATE": when,
            "GIT_MERGE_AUTOEDIT": "no",
            **self._environment,
        }


def new_repository(path: Path, *, bare: bool = False, object_format: str = "sha1") -> Repo:
    """An empty repository on branch main."""
    path.mkdir(parents=True, exist_ok=True)
    repo = Repo(path)
    kind = ["--bare"] if bare else []
    repo.git("init", "--quiet", "--initial-branch=main", f"--object-format={object_format}", *kind, ".")
    return repo


def clone(source: Repo, path: Path, *options: str) -> Repo:
    """A clone through the file protocol, which knows shallow and partial ones."""
    source.git("config", "uploadpack.allowFilter", "true")
    source.git("clone", "--quiet", *options, f"file://{source.path}", str(path))
    return Repo(path)


def evil_merge(repo: Repo, files: Mapping[str, str | bytes]) -> str:
    """A merge commit that holds content which neither of its parents has."""
    repo.commit({"trunk.txt": "before the merge"})
    repo.git("switch", "--quiet", "-c", "side")
    repo.commit({"side.txt": "side"})
    repo.git("switch", "--quiet", "main")
    repo.commit({"main.txt": "main"})
    repo.git("merge", "--quiet", "--no-commit", "--no-ff", "side")
    return repo.commit(files, message="merge side")


def multiplied(repo: Repo, content: str) -> tuple[str, str]:
    """A blob, and a tree of ten levels, each ten times in the one above: ten thousand million paths."""
    blob = repo.blob(content)
    tree = repo.git("mktree", stdin="".join(f"100644 blob {blob}\tfile{n}\n" for n in range(10)))
    for _ in range(9):
        tree = repo.git("mktree", stdin="".join(f"040000 tree {tree}\t{n}\n" for n in range(10)))
    return blob, tree


def rules_with_examples() -> CompiledRules:
    """The built-in rules with their examples, which the cache leaves out; compiled only where it has none."""
    from leakscan.ruleset.compiled import compile_rules, compiled_rules
    from leakscan.ruleset.load import load_rules
    from leakscan.ruleset.ruleset import RuleSet

    kept = compiled_rules()
    return compile_rules(RuleSet(load_rules().rules, builtin=kept.rules), builtin=kept)
