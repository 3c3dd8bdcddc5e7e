"""A rescan reads only what is new, and reports what a full scan reports."""

from __future__ import annotations

import random
import sys
from pathlib import Path
from unittest import mock

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from isal import isal_zlib

from leakscan import Options, scan_targets
from leakscan.finding import Counts, Finding, Gap, ScanResult
from leakscan.git import seen
from leakscan.state import decoded
from tests.builders import Repo, clone, fake_token, new_repository
from tests.source.histories import edited, encoded, filler, folder, grown, secret_lines

Report = tuple[tuple[Finding, ...], tuple[Gap, ...], tuple[Gap, ...]]


def report(result: ScanResult) -> Report:
    return result.findings, result.incomplete, result.skipped


def full(repo: Repo, options: Options | None = None) -> ScanResult:
    return scan_targets([str(repo.path)], options)


def since(repo: Repo, state: Path, **options: int) -> ScanResult:
    """A scan with a state, that must say what one without says."""
    result = scan_targets([str(repo.path)], Options(state=state, **options))
    assert report(result) == report(full(repo, Options(**options)))
    return result


def leak() -> tuple[str, str]:
    token = fake_token()
    return f"token = '{token}'\n", token


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    """One secret in a file, one in a message, and much without any."""
    repo = new_repository(tmp_path / "repo")
    for number in range(5):
        repo.commit({f"harmless{number}.txt": f"nothing {number}\n"})
    repo.commit({"leak.txt": leak()[0]})
    repo.commit({"leak.txt": "gone\n"}, f"remove it\n\n{leak()[0]}")
    return repo


@pytest.fixture
def state(tmp_path: Path) -> Path:
    return tmp_path / "state"


def commits(repo: Repo, choice: random.Random, *options: str) -> None:
    name = choice.choice(["a.txt", "new.txt", "b/d.txt"])
    file = repo.path / name
    lines = file.read_bytes().decode(errors="replace").split("\n") if file.exists() else [filler(choice)]
    repo.add({name: encoded(edited(lines, choice), choice)})
    message = "\n".join(["next", "", *(secret_lines(choice) if choice.randrange(3) == 0 else [])])
    repo.git("commit", "-q", "--allow-empty", "--cleanup=verbatim", "-m", message, *options)


def branches(repo: Repo, choice: random.Random) -> None:
    name = f"side{choice.randrange(3)}"
    if name in repo.git("branch", "--list", name):
        repo.git("branch", "-D", name)
        return
    repo.git("checkout", "-q", "-b", name)
    commits(repo, choice)
    repo.git("checkout", "-q", "main")
    if choice.randrange(2):
        repo.git("merge", "-q", "-X", "ours", "--no-ff", name)


def forgets(repo: Repo) -> None:
    repo.git("reflog", "expire", "--expire=now", "--all")
    repo.git("gc", "-q", "--prune=now")


def damages(file: Path, choice: random.Random) -> None:
    content = bytearray(file.read_bytes())
    if choice.randrange(2):
        content[choice.randrange(len(content))] ^= 1 << choice.randrange(8)
    else:
        del content[choice.randrange(len(content)) :]
    file.write_bytes(content)


def goes_on(repo: Repo, choice: random.Random, state: Path) -> None:
    """Something that happens between two scans."""
    what = choice.randrange(9)
    if what <= 2:
        commits(repo, choice)
    elif what == 3:
        commits(repo, choice, "--amend")
    elif what == 4:
        repo.git("repack", "-q", choice.choice(["-d", "-ad", "-adf"]))
    elif what == 5:
        forgets(repo)
    elif what == 6:
        branches(repo, choice)
    elif what == 7:
        damages(state, choice)
    else:
        repo.git("tag", "-f", "-a", "-m", "\n".join(secret_lines(choice)), "release")
        repo.blob("\n".join(secret_lines(choice)))


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(seed=st.integers(0, 2**32), few=st.sampled_from([0, 10, 1000]))
def test_whatever_happens_in_between_a_rescan_reports_what_a_full_scan_reports(seed: int, few: int) -> None:
    choice = random.Random(seed)
    with folder() as path, mock.patch.object(seen, "_FEW", few):
        repo, state, rules = new_repository(path / "repo"), path / "state", path / "rules.yaml"
        grown(repo, seed)
        for severity in ("low", "low", "low", "high", "high", "high"):
            rules.write_text(f"rules: [{{id: generic-password, severity: {severity}}}]")
            options = {"rules": (rules,), "min_confidence": 0.1}
            rescan = scan_targets([str(repo.path)], Options(state=state, **options))  # type: ignore[arg-type]
            assert report(rescan) == report(full(repo, Options(**options)))  # type: ignore[arg-type]
            goes_on(repo, choice, state)


def test_only_what_is_new_is_read_and_what_leaked(repo: Repo, state: Path) -> None:
    everything = since(repo, state).counts
    assert everything == full(repo).counts
    nothing_new = since(repo, state).counts
    assert (nothing_new.objects, nothing_new.commits) == (2, 1)  # the file and the message that leaked
    line, token = leak()
    repo.commit({"new/leak.txt": line, "new/harmless.txt": "nothing\n"})
    result = since(repo, state)
    assert (result.counts.objects, result.counts.commits) == (5, 2)
    assert token in {finding.secret.reveal() for finding in result.findings}
    repo.git("repack", "-adnq")
    assert since(repo, state).counts.objects == 3


def test_what_leaked_is_read_from_its_pack_with_what_it_is_a_delta_of_and_nothing_else(
    repo: Repo, state: Path
) -> None:
    lines = [f"line {number} of many\n" for number in range(400)]
    line, token = leak()
    for number in range(40):
        lines[10 * number] = f"changed {number}\n"
        repo.commit({"long.txt": "".join(lines[:200] + [line] * (15 <= number < 25) + lines[200:])})
    repo.git("repack", "-adfq", "--depth=50")
    everything = since(repo, state).counts
    again = since(repo, state)
    (finding,) = (finding for finding in again.findings if finding.secret.reveal() == token)
    assert again.counts.objects < everything.objects - 10
    assert again.counts.commits == 1  # whose message leaked
    repo.commit({"long.txt": line + "".join(lines)})
    repo.git("repack", "-adfq", "--depth=50")
    later = {finding.secret.reveal(): finding.locations for finding in since(repo, state).findings}
    assert len(later[token]) > len(finding.locations)


def test_the_state_holds_no_part_of_a_secret_and_nothing_of_its_surroundings(repo: Repo, state: Path) -> None:
    line, token = leak()
    repo.commit({"a.txt": f"the words before it\n{line}the words behind it\n"}, f"the message\n\n{line}")
    repo.git("tag", "-a", "-m", f"the tag {line}", "v1")
    since(repo, state)
    raw = state.read_bytes()
    content = isal_zlib.decompress(raw.partition(b"\n")[2][:-32])
    assert len(decoded(content).graph.tags) == 1
    for text in (token, "token =", "the words", "the message", "the tag", "Ada", "example.com"):
        assert text.encode() not in content + raw
    for at in range(len(token) - 7):
        assert token[at : at + 8].encode() not in content + raw


def objects(repo: Repo, options: Options) -> int:
    return scan_targets([str(repo.path)], options).counts.objects


def test_another_limit_or_confidence_or_rule_reads_everything(
    repo: Repo, tmp_path: Path, state: Path
) -> None:
    everything = since(repo, state).counts.objects
    rules = tmp_path / "rules.yaml"
    rules.write_text("rules: [{id: generic-password, severity: low}]")
    for options in (
        Options(state=state, max_bytes=1000),
        Options(state=state, min_confidence=0.4),
        Options(state=state, rules=(rules,)),
    ):
        assert objects(repo, options) == everything
        assert objects(repo, options) < everything


def test_the_state_of_another_repository_is_not_believed(repo: Repo, tmp_path: Path, state: Path) -> None:
    since(repo, state)
    other = clone(repo, tmp_path / "other")
    assert since(other, state).counts.objects == full(other).counts.objects


def test_what_is_gone_makes_the_next_scan_a_full_one(repo: Repo, state: Path) -> None:
    since(repo, state)
    repo.git("reset", "-q", "--hard", "HEAD~2")
    forgets(repo)
    assert since(repo, state).counts.objects == full(repo).counts.objects
    assert since(repo, state).counts.objects == 1  # the list of packs that gc writes


def test_too_much_that_is_new_is_read_from_the_packs(
    repo: Repo, state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(seen, "_FEW", 0)
    since(repo, state)
    for number in range(20):
        repo.commit({f"{number}.txt": str(number)})
        result = since(repo, state)
        if result.counts == full(repo).counts:
            break
    assert 1 < number < 19


def test_several_processes_rescan_as_one_does(
    repo: Repo, state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("leakscan.source.packs._LEAST_ASKED", 3)
    since(repo, state)
    for number in range(6):
        repo.commit({f"{number}/new.txt": leak()[0]})
    assert len(since(repo, state, jobs=3).findings) == 8
    assert report(full(repo, Options(jobs=3))) == report(full(repo, Options(engine="reference")))


def test_what_could_not_be_read_is_tried_again(repo: Repo, state: Path) -> None:
    line, token = leak()
    lost = repo.blob(line)
    good = repo.object_file(lost).read_bytes()
    large = repo.blob("x" * 50_000)
    repo.damage(lost)
    for _ in range(2):
        named = {gap.what for gap in since(repo, state, max_bytes=40_000).incomplete}
        assert {f"object {lost}", f"object {large}"} <= named
    repo.object_file(lost).write_bytes(good)
    result = since(repo, state, max_bytes=40_000)
    assert token in {finding.secret.reveal() for finding in result.findings}
    assert {gap.what for gap in result.incomplete} == {f"object {large}"}


def test_an_object_whose_file_held_anothers_content_is_read_when_it_is_mended(
    repo: Repo, state: Path
) -> None:
    line, token = leak()
    mended = repo.object_file(repo.blob(line))
    good = mended.read_bytes()
    mended.chmod(0o644)
    mended.write_bytes(repo.object_file(repo.blob("harmless\n")).read_bytes())
    assert since(repo, state).incomplete
    mended.write_bytes(good)
    assert token in {finding.secret.reveal() for finding in since(repo, state).findings}


def test_what_a_shallow_clone_lacked_is_found_when_it_is_fetched(
    repo: Repo, tmp_path: Path, state: Path
) -> None:
    shallow = clone(repo, tmp_path / "shallow", "--depth=1")
    assert since(shallow, state).incomplete
    shallow.git("fetch", "-q", "--unshallow")
    result = since(shallow, state)
    assert result.complete
    assert len(result.findings) == 2


def test_what_a_partial_clone_lacked_is_found_when_it_is_fetched(
    repo: Repo, tmp_path: Path, state: Path
) -> None:
    partial = clone(repo, tmp_path / "partial", "--filter=blob:none", "--no-checkout")
    assert since(partial, state).incomplete
    partial.git("checkout", "-q", "HEAD~1")
    result = since(partial, state)
    assert {location.path for finding in result.findings for location in finding.locations} > {"leak.txt"}


@pytest.mark.parametrize("object_format", ["sha1", "sha256"])
def test_a_repository_that_was_empty_is_rescanned_too(
    tmp_path: Path, state: Path, object_format: str
) -> None:
    repo = new_repository(tmp_path / "repo", object_format=object_format)
    assert not since(repo, state).findings
    repo.commit({"leak.txt": leak()[0]})
    repo.git("rm", "-q", "leak.txt")
    assert len(since(repo, state).findings) == 1
    assert since(repo, state).counts.objects == 1


def test_garbled_commits_are_remembered_as_they_are(repo: Repo, state: Path) -> None:
    tree = repo.oid("HEAD^{tree}")
    for text in (
        f"tree {tree[:7]}\n\nshort {leak()[0]}",
        f"tree {tree}\nparent {'1' * 64}\nauthor A <a@b> 1 +0000\ncommitter A <a@b> -5 +0000\n\n{leak()[0]}",
    ):
        oid = repo.git("hash-object", "-t", "commit", "-w", "--literally", "--stdin", stdin=text)
        repo.git("update-ref", "--create-reflog", f"refs/odd/{oid[:7]}", oid, check=False)
    for _ in range(2):
        assert len(since(repo, state).findings) == 4


def test_each_repository_inside_has_a_state_of_its_own(
    repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    states = tmp_path / "states"
    monkeypatch.setenv("LEAKSCAN_STATE_DIR", str(states))
    inner = new_repository(repo.path / "inner")
    inner.commit({"leak.txt": leak()[0]})
    everything = full(repo)
    options = Options(since_last=True)
    assert full(repo, options).counts.objects == everything.counts.objects
    assert len(list(states.iterdir())) == 2
    again = full(repo, options)
    assert report(again) == report(everything)
    assert again.counts.objects == 3
    outer_only = Options(state=tmp_path / "one")
    full(repo, outer_only)
    assert full(repo, outer_only).counts.objects == 4  # both of the inner one's, and two that leaked


def test_an_interrupted_scan_leaves_no_state(repo: Repo, state: Path) -> None:
    def interrupt(_: Counts, done: float | None) -> None:
        if done is not None and done == 1.0:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        scan_targets([str(repo.path)], Options(state=state), interrupt)
    assert not state.exists()


def test_a_state_that_cannot_be_written_is_named_beside_the_report(repo: Repo, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    result = scan_targets([str(repo.path)], Options(state=tmp_path / "file" / "state"))
    assert len(result.findings) == 2
    assert [gap.what for gap in result.skipped] == ["state for the next scan"]
    assert "cannot write" in result.skipped[0].why


@pytest.mark.skipif(sys.platform == "win32", reason="permissions and links are POSIX's")
def test_a_state_that_others_could_have_written_is_not_believed(
    repo: Repo, tmp_path: Path, state: Path
) -> None:
    everything = since(repo, state).counts.objects
    state.chmod(0o666)
    assert since(repo, state).counts.objects == everything
    state.rename(tmp_path / "elsewhere")
    state.symlink_to(tmp_path / "elsewhere")
    assert since(repo, state).counts.objects == everything
    assert not state.is_symlink()
