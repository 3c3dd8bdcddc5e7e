"""Both readers of the history find the same: the fast one from packs, and the reference, object by object."""

from __future__ import annotations

import random
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Literal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from leakscan import Options, scan_targets
from leakscan.detect.detect import Detector
from leakscan.finding import Candidate
from leakscan.git.repository import require_repository
from leakscan.harvest import ShareWork, harvests
from leakscan.ruleset.compiled import CompiledRules, compiled_rules
from leakscan.source.archive import Unpacker, searched
from leakscan.source.history import HistorySource
from leakscan.source.packs import PackReader, ShareSource
from tests.builders import Repo, clone, evil_merge, new_repository
from tests.source.histories import edited, encoded, filler, folder, grown, secret_lines

Found = set[tuple[object, ...]]


@pytest.fixture(scope="module")
def compiled() -> CompiledRules:
    return compiled_rules()


def described(candidates: Iterator[Candidate]) -> Found:
    return {
        (
            c.rule,
            c.secret.raw,
            c.origin.blob,
            c.origin.commit,
            c.origin.member,
            c.start,
            c.encoding,
            tuple(sorted((name, part.raw) for name, part in c.parts.items())),
            c.pair_distance,
        )
        for c in candidates
    }


def by_both(path: Path, compiled: CompiledRules, processes: int = 1) -> tuple[Found, Found]:
    """What the fast reader finds, and what the reference finds."""
    repository = require_repository(path, "a test")
    parts = harvests(ShareWork(repository, Detector(compiled), 1 << 29), processes)
    fast = described(candidate for part in parts for candidate in part.candidates)
    source = HistorySource(repository)
    found = searched(Detector(compiled).detect, source.blobs(), Unpacker([], []))
    return fast, described(found)


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(seed=st.integers(0, 2**32))
def test_both_readers_find_the_same_in_any_history(compiled: CompiledRules, seed: int) -> None:
    with folder() as path:
        repo = new_repository(path / "repo")
        grown(repo, seed)
        fast, reference = by_both(repo.path, compiled)
        assert fast == reference


def history(path: Path) -> Repo:
    """Versions of files with secrets in them, some gone again, some only in messages."""
    repo = new_repository(path)
    grown(repo, 7)
    return repo


def several_packs(repo: Repo) -> Path:
    for number in range(3):
        repo.commit({f"new{number}.txt": encoded(secret_lines(random.Random(number)), random.Random(1))})
        repo.git("repack", "-dq")
    return repo.path


def an_object_in_two_packs(repo: Repo) -> Path:
    repo.git("repack", "-aq")
    several_packs(repo)
    repo.git("repack", "-aq")
    return repo.path


def loose_only(repo: Repo) -> Path:
    packs = repo.path / ".git/objects/pack"
    moved = repo.path / "packs"
    packs.rename(moved)
    for pack in moved.glob("*.pack"):
        repo.git("unpack-objects", "-q", stdin=pack.read_bytes())
    shutil.rmtree(moved)
    return repo.path


def multi_pack_index(repo: Repo) -> Path:
    several_packs(repo)
    repo.git("multi-pack-index", "write")
    return repo.path


def borrowed(repo: Repo) -> Path:
    other = clone(repo, repo.path.parent / "borrower", "--shared")
    other.commit({"own.txt": encoded(secret_lines(random.Random(5)), random.Random(1))})
    return other.path


def mirrored(repo: Repo) -> Path:
    return clone(repo, repo.path.parent / "mirror.git", "--mirror").path


def deep(repo: Repo) -> Path:
    repo.git("repack", "-adfq", "--depth=4095", "--window=100")
    return repo.path


def linked_working_tree(repo: Repo) -> Path:
    repo.git("worktree", "add", "-q", "../linked")
    return repo.path.parent / "linked"


def submodule(repo: Repo) -> Path:
    outer = new_repository(repo.path.parent / "outer")
    outer.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(repo.path), "sub")
    return outer.path / "sub"


@pytest.mark.parametrize(
    "store",
    [
        several_packs,
        an_object_in_two_packs,
        loose_only,
        multi_pack_index,
        borrowed,
        mirrored,
        deep,
        linked_working_tree,
        submodule,
    ],
)
def test_both_readers_agree_about_every_store_that_git_makes(
    tmp_path: Path, compiled: CompiledRules, store: Callable[[Repo], Path]
) -> None:
    fast, reference = by_both(store(history(tmp_path / "repo")), compiled)
    assert fast == reference
    assert fast


def test_several_processes_find_what_one_finds(
    tmp_path: Path, compiled: CompiledRules, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("leakscan.source.packs._LEAST_SHARE", 1)
    repo = history(tmp_path / "repo")
    fast, reference = by_both(several_packs(repo), compiled, processes=3)
    assert fast == reference


def test_shares_whose_processes_died_are_read_through_git_with_nothing_lost(tmp_path: Path) -> None:
    repo = history(tmp_path / "repo")
    repo.blob("loose, and so git is asked for it anyway")
    reader = PackReader(require_repository(repo.path, "a test"))

    def read(one_by_one: bool) -> set[bytes]:
        shares = [reader.one_by_one(share) if one_by_one else share for share in reader.shares(1)]
        return {blob.content for share in shares for blob in ShareSource(reader, share).blobs()}

    assert read(one_by_one=True) == read(one_by_one=False)


SHRINKING = """
import os, sys
from leakscan import Options, scan_targets
pack, jobs = sys.argv[2], int(sys.argv[3])
def shrink(counts, share):
    if counts.commits and os.path.getsize(pack) > 4096:
        os.chmod(pack, 0o644)
        os.truncate(pack, 4096)
result = scan_targets([sys.argv[1]], Options(jobs=jobs), progress=shrink)
print(result.complete, os.path.getsize(pack))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere few shares are read by the scan itself")
@pytest.mark.parametrize("jobs", [1, 2])
def test_a_pack_that_shrinks_while_it_is_read_is_a_gap_and_no_crash(tmp_path: Path, jobs: int) -> None:
    repo = new_repository(tmp_path / "repo")
    for number in range(3):
        repo.commit({f"{number}.bin": random.Random(number).randbytes(1 << 16)})
    repo.git("repack", "-adq")
    (pack,) = (repo.path / ".git/objects/pack").glob("*.pack")
    arguments = [sys.executable, "-c", SHRINKING, str(repo.path), str(pack), str(jobs)]
    done = subprocess.run(arguments, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "False 4096\n"), done.stderr


def report(path: Path, engine: Literal["packs", "reference"]) -> dict[str, object]:
    """What a user is told: findings with all their places, and what is missing."""
    result = scan_targets([str(path)], Options(engine=engine, min_confidence=0.1))
    return {
        "findings": {(f.id, f.in_head, f.first_seen, f.locations) for f in result.findings},
        # Where trees are missing, git cannot list changes, and says so once more.
        "incomplete": {gap.what for gap in result.incomplete if not gap.what.startswith("changes of commit")},
        "counts": result.counts,
    }


@pytest.mark.parametrize("seed", range(8))
def test_reports_are_the_same_to_the_last_place(tmp_path: Path, seed: int) -> None:
    repo = new_repository(tmp_path / "repo")
    grown(repo, seed)
    evil_merge(repo, {"merged.txt": encoded(secret_lines(random.Random(seed)), random.Random(0))})
    repo.git("mv", "merged.txt", "moved again.txt")
    repo.commit(message="move")
    lost = repo.blob(encoded(secret_lines(random.Random(seed + 1)), random.Random(0)))
    if seed % 2:
        repo.git("repack", "-adfq")
    assert report(repo.path, "packs") == report(repo.path, "reference")
    assert lost


@pytest.mark.parametrize(
    "options", [["--depth=2"], ["--filter=blob:none", "--no-checkout"], ["--filter=tree:1"]]
)
def test_what_a_clone_lacks_is_named_by_both(tmp_path: Path, options: list[str]) -> None:
    made = clone(history(tmp_path / "repo"), tmp_path / "clone", *options)
    fast, reference = report(made.path, "packs"), report(made.path, "reference")
    assert fast == reference
    assert fast["incomplete"]


def test_a_missing_object_is_named_where_it_is_needed_and_not_where_it_dangles(tmp_path: Path) -> None:
    repo = history(tmp_path / "repo")
    repo.commit({"x/y.txt": "needed"})
    needed = repo.oid("HEAD:x/y.txt")
    folder = repo.oid("HEAD:x")
    dangling = repo.git("mktree", "--missing", stdin=f"100644 blob {'1' * 40}\tlost\n")
    repo.lose(needed)
    assert report(repo.path, "packs")["incomplete"] == {f"object {needed}"}
    repo.lose(folder)
    repo.git("read-tree", "--empty")  # the index needs the file, too
    assert report(repo.path, "packs")["incomplete"] == {f"object {folder}"}
    assert dangling


@pytest.mark.parametrize("seed", range(30))
def test_a_damaged_pack_is_never_a_clean_scan(tmp_path: Path, compiled: CompiledRules, seed: int) -> None:
    repo = new_repository(tmp_path / "repo")
    choice = random.Random(seed)
    lines = [filler(choice) for _ in range(80)]
    for _ in range(6):
        lines = edited([*lines, *secret_lines(choice)], choice)
        repo.commit({"a.txt": encoded(lines, choice), "b/c.txt": str(choice.random())})
    repo.git("repack", "-adfq")
    before, _ = by_both(repo.path, compiled)
    (pack,) = (repo.path / ".git/objects/pack").glob("*.pack")
    content = bytearray(pack.read_bytes())
    at = choice.randrange(12, len(content) - 20)
    content[at] ^= 1 << choice.randrange(8)
    pack.chmod(0o644)
    pack.write_bytes(content)
    result = scan_targets([str(repo.path)], Options(history=True))
    parts = list(harvests(ShareWork(require_repository(repo.path, "a test"), Detector(compiled), 1 << 29), 1))
    after = described(candidate for part in parts for candidate in part.candidates)
    assert after >= before or not result.complete


def test_objects_of_a_kind_that_git_does_not_know_hide_no_others(tmp_path: Path) -> None:
    repo = new_repository(tmp_path / "repo")
    repo.commit({"a.txt": "nothing"})
    odd = [
        repo.git("hash-object", "-w", "-t", "weird", "--stdin", "--literally", stdin=str(number))
        for number in range(8)
    ]
    secret = secret_lines(random.Random(1))
    repo.blob(encoded(secret, random.Random(1)))
    repo.remove("a.txt")
    told = report(repo.path, "packs")
    assert told["findings"]
    assert {f"object {oid}" for oid in odd} <= set(map(str, told["incomplete"]))


def test_a_bit_that_makes_a_file_a_folder_is_damage(tmp_path: Path, compiled: CompiledRules) -> None:
    repo = new_repository(tmp_path / "repo")
    repo.commit({"a.txt": encoded(secret_lines(random.Random(1)), random.Random(1))})
    repo.git("repack", "-adfq")
    (pack,) = (repo.path / ".git/objects/pack").glob("*.pack")
    content = bytearray(pack.read_bytes())
    listed = repo.git("verify-pack", "-v", str(pack.with_suffix(".idx"))).split("\n")
    (offset,) = (int(line.split()[4]) for line in listed if " blob " in line)
    content[offset] ^= 0x10
    pack.chmod(0o644)
    pack.write_bytes(content)
    assert not scan_targets([str(repo.path)], Options()).complete


def oddly_named_packs(repo: Repo) -> Path:
    several_packs(repo)
    for file in list((repo.path / ".git/objects/pack").glob("pack-*")):
        file.rename(file.with_name(file.name.replace("pack-", "odd")))
    return clone(repo, repo.path.parent / "borrower", "--shared").path


def relative_loan_behind_a_link(repo: Repo) -> Path:
    """git looks for what a store borrows from where the store really is."""
    borrower = clone(repo, repo.path.parent / "borrower", "--shared").path
    elsewhere = repo.path.parent / "elsewhere/deep"
    elsewhere.mkdir(parents=True)
    shutil.copytree(repo.path / ".git/objects", elsewhere.parent / "store")
    (borrower / ".git/objects").rename(elsewhere / "objects")
    (borrower / ".git/objects").symlink_to(elsewhere / "objects")
    (elsewhere / "objects/info/alternates").write_text("../../store\n")
    (borrower / "store").mkdir()
    return borrower


@pytest.mark.parametrize("store", [oddly_named_packs, relative_loan_behind_a_link])
def test_stores_that_git_reads_are_read(
    tmp_path: Path, compiled: CompiledRules, store: Callable[[Repo], Path]
) -> None:
    repo = history(tmp_path / "repo")
    repo.git("repack", "-adfq")
    fast, reference = by_both(store(repo), compiled)
    assert fast == reference
    assert fast


def test_an_index_whose_pack_is_gone_is_named(tmp_path: Path) -> None:
    repo = history(tmp_path / "repo")
    several_packs(repo)
    pack = max((repo.path / ".git/objects/pack").glob("*.pack"), key=lambda path: path.stat().st_size)
    pack.unlink()
    result = scan_targets([str(repo.path)], Options())
    assert any(pack.name in gap.what for gap in result.incomplete)
