"""``leakscan hook`` and ``leakscan install-hook``, run by real git and real pre-commit."""

from __future__ import annotations

import base64
import gzip
import os
import random
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from tests.builders import Repo, new_repository
from tests.cli.test_scan import WORDS, leak, random_word
from tests.source.archives import zipped

ROOT = Path(__file__).parent.parent.parent
PROGRAM = Path(sys.executable).with_name("leakscan")

pytestmark = pytest.mark.skipif(not PROGRAM.is_file(), reason="leakscan is not installed beside Python")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home of one's own, in which the compiled rules are still found."""
    from leakscan.ruleset.cache import cache_folder

    monkeypatch.setenv("LEAKSCAN_CACHE_DIR", str(cache_folder()))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    (tmp_path / "home").mkdir()
    return tmp_path / "home"


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    return new_repository(tmp_path / "repo")


def install(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    command = [str(PROGRAM), "install-hook", *options]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def hook(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    command = [str(PROGRAM), "hook", *options]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def refused(repo: Repo, *commit: str) -> str:
    """What git says of a commit that must fail."""
    with pytest.raises(AssertionError) as failed:
        repo.git("commit", "-m", "leak", *commit)
    return str(failed.value)


def test_a_finding_says_what_where_how_sure_and_what_to_do_and_not_the_secret(repo: Repo) -> None:
    line, token = leak()
    repo.add({"src/app.py": "import os\n" + line})
    done = hook(repo.path)
    assert done.returncode == 1
    assert "GitLab personal" in done.stdout
    assert "src/app.py:2:10" in done.stdout
    assert "almost certain (rule gitlab-personal-access-token)" in done.stdout
    assert "leakscan:ignore[gitlab-personal-access-token]" in done.stdout
    assert token not in done.stdout + done.stderr
    assert len(done.stdout.splitlines()) < 10


def test_a_mark_without_a_reason_is_told_and_json_has_another_way(repo: Repo) -> None:
    line, _ = leak()
    repo.add({"app.py": f"{line.rstrip()}  # leakscan" + ":ignore\n"})
    done = hook(repo.path)
    assert (done.returncode, done.stdout.splitlines()) == (
        0,
        ["leakscan: the mark at app.py:1 gives no reason: write one behind leakscan" + ":ignore"],
    )
    repo.add({"app.json": f'{{"token": "{leak()[1]}"}}\n'})
    assert "leakscan baseline update" in hook(repo.path).stdout


def test_a_clean_commit_is_silent(repo: Repo) -> None:
    repo.add({"app.py": "x = 1\n"})
    done = hook(repo.path)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize("commit", [["-a"], ["app.py"], []])
def test_the_first_and_later_commits_are_scanned_in_each_way_of_committing(
    repo: Repo, commit: list[str]
) -> None:
    assert install(repo.path).returncode == 0
    line, token = leak()
    repo.add({"app.py": line})
    assert token not in refused(repo, *commit)
    repo.add({"app.py": "x = 1\n"})
    repo.git("commit", "-m", "first", *commit)
    repo.write("app.py", "x = 1\n" + line)
    if not commit:
        repo.git("add", "app.py")
    assert "1 secret in what is staged" in refused(repo, *commit)


def test_only_what_is_staged_of_a_file_counts(repo: Repo) -> None:
    repo.commit({"app.py": "x = 1\n"})
    install(repo.path)
    line, _ = leak()
    repo.add({"app.py": "x = 2\n"})
    repo.write("app.py", "x = 2\n" + line)
    repo.git("commit", "-m", "without the leak")
    repo.git("add", "app.py")
    repo.write("app.py", "x = 2\n")
    assert "1 secret" in refused(repo)


def test_what_was_there_before_stops_no_commit(repo: Repo) -> None:
    (old, _), (moved, _) = leak(), leak()
    repo.commit({"app.py": "x = 1\n" + old, "moved.py": moved, "gone.py": leak()[0]})
    install(repo.path)
    repo.write("app.py", "x = 2\n" + old + "y = 3\n")
    repo.git("mv", "moved.py", "new.py")
    repo.git("rm", "--quiet", "gone.py")
    repo.git("commit", "-a", "-m", "change, move, delete")


def test_a_pair_whose_other_half_was_there_before_is_found(repo: Repo) -> None:
    identifier = "LTA" + "I5t" + random_word(18)
    text = "# settings\n" * 900 + f'access_key_id = "{identifier}"\n'
    repo.commit({"app.conf": text})
    repo.add({"app.conf": text + f'access_key_secret = "{random_word(30)}"\n' + "# end\n" * 900})
    done = hook(repo.path)
    assert done.returncode == 1
    assert "alibaba-access-key-pair" in done.stdout


def test_encoded_text_and_archives_are_searched_for_what_is_new(repo: Repo) -> None:
    def encoded(*lines: str) -> str:
        noise = random.Random(1).choices(WORDS, k=20_000)  # nothing to compress: lines and lines of it
        packed = gzip.compress("".join([*noise, "\n", *lines]).encode(), mtime=0)
        return "data: |\n" + textwrap.indent(base64.encodebytes(packed).decode(), "  ")

    (old, _), (new, token) = leak(), leak()
    repo.commit({"secret.yaml": encoded(old), "app.zip": ""})
    (repo.path / "app.zip").write_bytes(zipped({"app.env": old.encode()}))
    repo.git("commit", "-a", "-m", "an archive")
    repo.add({"secret.yaml": encoded(old) + "# end\n"})
    done = hook(repo.path)
    assert (done.returncode, done.stdout) == (0, "")
    repo.add({"secret.yaml": encoded(old, new)})
    (repo.path / "app.zip").write_bytes(zipped({"app.env": old.encode(), "new.env": new.encode()}))
    repo.git("add", "app.zip")
    done = hook(repo.path)
    assert done.returncode == 1
    assert "1 secret" in done.stdout
    assert "app.zip!new.env:1:10" in done.stdout
    assert "secret.yaml" in done.stdout
    assert token not in done.stdout


def test_a_merge_is_scanned_for_what_it_brings(repo: Repo) -> None:
    repo.commit({"app.py": "x = 1\n"})
    repo.git("switch", "--quiet", "-c", "side")
    repo.commit({"app.py": "x = 2\n"})
    repo.git("switch", "--quiet", "main")
    repo.commit({"app.py": "x = 3\n"})
    install(repo.path)
    repo.git("merge", "side", check=False)
    repo.add({"app.py": "x = 4\n" + leak()[0]})
    assert "1 secret" in refused(repo)
    repo.add({"app.py": "x = 4\n"})
    repo.git("commit", "-m", "merged")


def test_submodules_and_linked_working_trees_have_the_hook(repo: Repo, tmp_path: Path) -> None:
    inner = new_repository(tmp_path / "inner")
    inner.commit({"a.txt": "a\n"})
    repo.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(inner.path), "sub")
    install(repo.path)
    repo.git("commit", "-m", "with a submodule")
    repo.git("worktree", "add", "--quiet", "../linked")
    linked, sub = Repo(tmp_path / "linked"), Repo(repo.path / "sub")
    install(sub.path)
    for one in (linked, sub):
        one.add({"app.py": leak()[0]})
        assert "1 secret" in refused(one)


def test_nothing_that_the_configuration_names_is_run(repo: Repo, tmp_path: Path) -> None:
    repo.commit({"app.py": "x = 1\n"})
    ran = tmp_path / "ran"
    evil = tmp_path / "evil.sh"
    evil.write_text(f"#!/bin/sh\ntouch '{ran}'\ncat\n")
    evil.chmod(0o755)
    repo.add({".gitattributes": "*.py -diff filter=evil diff=evil\n", "app.py": leak()[0]})
    for name in ("core.fsmonitor", "diff.external", "diff.evil.textconv", "filter.evil.clean", "core.pager"):
        repo.git("config", name, str(evil))
    repo.git("config", "core.bigFileThreshold", "1")
    ran.unlink(missing_ok=True)
    done = hook(repo.path)
    assert (done.returncode, ran.exists()) == (1, False)


def test_a_configuration_that_git_dies_at_is_an_error(repo: Repo) -> None:
    repo.add({"app.py": "x = 1\n"})
    with (repo.path / ".git/config").open("a") as config:
        config.write("[diff]\n\trenameLimit = many\n")
    done = hook(repo.path)
    assert done.returncode == 2
    assert "correct or remove that line of its configuration" in done.stderr


def test_a_staged_object_that_is_lost_is_named_and_no_clean_commit(repo: Repo) -> None:
    repo.commit({"a.txt": "a\n"})
    repo.add({"app.py": "x = 1\n"})
    oid = repo.oid(":app.py")
    repo.lose(oid)
    done = hook(repo.path)
    assert done.returncode == 3
    assert oid in done.stdout


def test_an_old_version_that_is_lost_is_no_gap(repo: Repo) -> None:
    repo.commit({"app.py": "x = 1\n"})
    old = repo.oid(":app.py")
    repo.add({"app.py": "x = 1\n" + leak()[0]})
    repo.lose(old)
    done = hook(repo.path)
    assert done.returncode == 1
    assert "1 secret" in done.stdout


def test_a_hook_that_was_there_is_run_first_and_comes_back(repo: Repo) -> None:
    own = repo.path / ".git/hooks/pre-commit"
    own.parent.mkdir(exist_ok=True)
    own.write_text("#!/bin/sh\necho ours >> ran\ntest ! -e stop\n")
    own.chmod(0o755)
    before = own.read_bytes()
    for _ in range(2):
        assert install(repo.path).returncode == 0
    repo.commit({"app.py": "x = 1\n"})
    assert (repo.path / "ran").read_text() == "ours\n"
    repo.add({"app.py": leak()[0]})
    assert "1 secret" in refused(repo)
    repo.write("stop", "")
    assert "1 secret" not in refused(repo)
    assert install(repo.path, "--uninstall").returncode == 0
    assert (own.read_bytes(), own.stat().st_mode & 0o777) == (before, 0o755)
    assert not list(own.parent.glob("*leakscan*"))
    again = install(repo.path, "--uninstall")
    assert again.returncode == 2
    assert "no hook of leakscan" in again.stderr


def test_core_hookspath_is_honoured(repo: Repo) -> None:
    repo.git("config", "core.hooksPath", ".githooks")
    install(repo.path)
    assert (repo.path / ".githooks/pre-commit").is_file()
    repo.add({"app.py": leak()[0]})
    assert "1 secret" in refused(repo)
    install(repo.path, "--uninstall")
    repo.git("commit", "-m", "unscanned")


def test_a_hook_whose_program_is_gone_says_so_and_stops_the_commit(repo: Repo, tmp_path: Path) -> None:
    install(repo.path)
    script = repo.path / ".git/hooks/pre-commit"
    script.write_text(script.read_text().replace(str(PROGRAM), str(tmp_path / "gone/bin/leakscan")))
    repo.add({"app.py": "x = 1\n"})
    said = refused(repo)
    assert "does not work any more" in said
    assert "leakscan install-hook" in said


def test_a_hook_for_all_repositories_runs_their_own_too(repo: Repo, home: Path) -> None:
    def commit() -> subprocess.CompletedProcess[str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
        who = ["-c", "user.name=Ada", "-c", "user.email=ada@example.com"]
        return subprocess.run(
            ["git", *who, "commit", "-m", "x"],
            cwd=repo.path,
            env=kept,
            capture_output=True,
            text=True,
            check=False,
        )

    for name in ("pre-commit", "commit-msg"):
        own = repo.path / ".git/hooks" / name
        own.parent.mkdir(exist_ok=True)
        own.write_text(f"#!/bin/sh\necho {name} >> ran\n")
        own.chmod(0o755)
    assert install(home, "--global").returncode == 0
    repo.add({"app.py": leak()[0]})
    assert "1 secret" in commit().stderr
    repo.add({"app.py": "x = 1\n"})
    assert commit().returncode == 0
    assert (repo.path / "ran").read_text().split() == ["pre-commit", "pre-commit", "commit-msg"]
    assert install(home, "--global", "--uninstall").returncode == 0
    assert "hooksPath" not in (home / ".gitconfig").read_text()
    repo.add({"app.py": leak()[0]})
    assert commit().returncode == 0


@pytest.mark.parametrize("runner", ["pre-commit", "prek"])
def test_the_pre_commit_framework_runs_it(repo: Repo, runner: str, home: Path) -> None:
    program = Path(sys.executable).with_name(runner)
    if not program.is_file():
        pytest.skip(f"{runner} is not installed")
    # Its own installation would ask a package index: the hook as published, but from this environment.
    published = (ROOT / ".pre-commit-hooks.yaml").read_text().replace("language: python", "language: system")
    published = published.replace("entry: leakscan", f"entry: {PROGRAM}").replace("\n", "\n      ")
    repo.add({".pre-commit-config.yaml": f"repos:\n  - repo: local\n    hooks:\n      {published.strip()}\n"})
    done = subprocess.run(
        [str(program), "install"], cwd=repo.path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    repo.commit({"app.py": "x = 1\n"})
    line, token = leak()
    repo.add({"app.py": line})
    said = refused(repo)
    assert "1 secret in what is staged" in said
    assert token not in said
    repo.git("rm", "--quiet", "--cached", "app.py")
    repo.git("commit", "-m", "only a deletion")


def test_the_hook_waits_for_no_module_that_it_does_without(repo: Repo) -> None:
    repo.add({"app.py": "x = 1\n"})
    slow = {
        "argparse",
        "rich",
        "yaml",
        "numpy",
        "isal",
        "git",
        "regex",
        "email",
        "hashlib",
        "ssl",
        "tempfile",
        "zipfile",
        "sqlite3",
        "pypdfium2",
        "zstandard",
        "leakscan.detect.decode",
        "leakscan.source.unpack",
    }
    slow |= {
        "shutil",
        "importlib.metadata",
        "importlib.resources",
        "platformdirs",
        "multiprocessing",
        "datetime",
    }
    program = (
        "import os, sys\n"
        "from leakscan.cli.main import main\n"
        f"os.chdir({str(repo.path)!r})\n"
        "code = main(['hook'])\n"
        f"print(code, sorted({slow!r} & sys.modules.keys()))"
    )
    done = subprocess.run(
        [sys.executable, "-S", "-c", program],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    # Modules that are compiled look at their sources' digests.
    assert done.stdout in ("0 []\n", "0 ['hashlib']\n"), done.stderr


def test_a_run_that_has_to_compile_the_rules_says_why_it_takes_long(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from leakscan.cli.main import main
    from leakscan.ruleset import cache

    monkeypatch.setenv("LEAKSCAN_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setattr(cache, "INSTALLED", tmp_path / "nothing")
    rules, folder = tmp_path / "own.yaml", tmp_path / "app"
    rules.write_text("rules: [{id: generic-password, severity: low}]\n")
    folder.mkdir()
    said = []
    for _ in range(2):
        main(["scan", "--rules", str(rules), str(folder)])
        said.append(capsys.readouterr().err)
    assert "compiling its rules" in said[0]
    assert said[1] == ""
