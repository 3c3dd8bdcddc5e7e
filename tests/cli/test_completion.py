"""``leakscan completion``: what the Tab key does in real shells."""

from __future__ import annotations

import os
import pty
import select
import shutil
import subprocess
import time
from pathlib import Path

import pytest

from tests.cli.test_scan import leakscan


def script(shell: str, file: Path) -> Path:
    done = leakscan("completion", shell)
    assert done.returncode == 0, done.stderr
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(done.stdout)
    return file


def typed(shell: list[str], prepared: str, keys: str, wanted: str) -> str:
    """What the terminal of an interactive shell shows after these keys; waits until ``wanted`` is there."""
    process, terminal = pty.fork()
    if process == 0:
        os.environ.update(TERM="dumb", PS1="> ", HISTFILE="")
        os.execvp(shell[0], shell)
    shown = ""
    try:
        for sent, until in ((f"{prepared}; echo rea''dy\n", "ready"), (keys, wanted)):
            os.write(terminal, sent.encode())
            shown, end = "", time.monotonic() + 20
            while until not in shown and time.monotonic() < end:
                if select.select([terminal], [], [], 0.1)[0]:
                    shown += os.read(terminal, 65536).decode(errors="replace")
    finally:
        os.close(terminal)
        os.waitpid(process, 0)
    return shown


COMPLETED = [
    ("leakscan bas\t", "baseline"),
    ("leakscan purge\t", "purge-plan"),
    ("leakscan baseline upd\t", "update"),
    ("leakscan rules conv\t", "convert"),
    ("leakscan scan --since-l\t", "--since-last"),
    ("leakscan scan --format sar\t", "sarif"),
    ("leakscan scan --severity crit\t", "critical"),
    ("leakscan scan --rules my-ru\t", "my-rules.yaml"),
    ("leakscan report lea\t", "leaks.json"),
]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "my-rules.yaml").touch()
    (tmp_path / "leaks.json").touch()
    return tmp_path


@pytest.mark.skipif(not shutil.which("bash"), reason="no bash here")
@pytest.mark.parametrize(("keys", "wanted"), COMPLETED)
def test_bash_completes(keys: str, wanted: str, folder: Path) -> None:
    file = script("bash", folder / "completions" / "leakscan")
    assert wanted in typed(["bash", "--norc", "--noprofile", "-i"], f"source {file}", keys, wanted)


@pytest.mark.skipif(not shutil.which("zsh"), reason="no zsh here")
@pytest.mark.parametrize(("keys", "wanted"), COMPLETED)
def test_zsh_completes(keys: str, wanted: str, folder: Path) -> None:
    file = script("zsh", folder / "zfunc" / "_leakscan")
    prepared = f"fpath+={file.parent}; autoload -U compinit; compinit -D -u"
    assert wanted in typed(["zsh", "-f", "-i"], prepared, keys, wanted)


@pytest.mark.skipif(not shutil.which("fish"), reason="no fish here")
@pytest.mark.parametrize(("keys", "wanted"), COMPLETED)
def test_fish_completes(keys: str, wanted: str, folder: Path) -> None:
    file = script("fish", folder / "leakscan.fish")
    command = f'source {file}; complete -C "{keys[:-1]}"'
    done = subprocess.run(["fish", "--no-config", "-c", command], capture_output=True, text=True, check=True)
    assert wanted in done.stdout


def test_other_shells_are_an_error_that_names_those_there_are() -> None:
    done = leakscan("completion", "cmd.exe")
    assert done.returncode == 2
    assert "'bash', 'zsh', 'fish'" in done.stderr
