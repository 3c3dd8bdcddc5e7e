"""Who brought a blob in, when many are asked for, and what HEAD holds."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest

from leakscan.git import introductions, plumbing
from leakscan.git.attribution import Attribution, Sighting
from leakscan.git.repository import require_repository
from tests.builders import Repo, multiplied, new_repository


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    return new_repository(tmp_path / "repo")


def attribution(repo: Repo) -> Attribution:
    return Attribution(require_repository(repo.path, "a test"))


def apart(blobs: Iterable[str]) -> dict[str, str]:
    """Blobs of which no two hold the same."""
    return {blob: blob for blob in blobs}


def test_git_and_python_filter_alike(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(6):
        repo.commit({f"file{number % 2}": str(number), f"folder/{number}": "same"})
    blobs = {repo.oid(f"HEAD~{5 - number}:file{number % 2}") for number in range(6)}
    blobs.add(repo.oid("HEAD:folder/0"))
    by_git = attribution(repo).sightings(apart(blobs))
    monkeypatch.setattr(introductions, "_MOST_ARGUMENTS", 0)
    assert attribution(repo).sightings(apart(blobs)) == by_git
    assert len(by_git[repo.oid("HEAD:folder/0")]) == 6


def test_several_workers_agree_with_one(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(9):
        repo.commit({"file": str(number), f"copy{number}": "same"})
    blobs = {repo.oid("HEAD:copy0"), repo.oid("HEAD:file")}
    alone = attribution(repo).sightings(apart(blobs))
    monkeypatch.setattr(introductions, "_LEAST_A_WORKER", 1)
    monkeypatch.setattr(introductions.os, "cpu_count", lambda: 4)
    assert attribution(repo).sightings(apart(blobs)) == alone


def test_no_blobs_no_answer(repo: Repo) -> None:
    assert attribution(repo).sightings({}) == {}


def test_a_blob_that_the_store_never_had_is_dangling_and_not_lost(repo: Repo) -> None:
    repo.commit()
    assert attribution(repo).sightings(apart(["3" * 40])) == {"3" * 40: (Sighting("dangling", None, None),)}


def test_heads_blobs_are_given(repo: Repo) -> None:
    repo.commit({"a": "one", "deep/b": "one", "c": "two"})
    repo.commit({"c": "three"})
    assert attribution(repo).in_head() == {repo.oid("HEAD:a"), repo.oid("HEAD:c")}


@pytest.mark.parametrize("kind", ["commit", "tree"])
def test_folders_that_multiply_without_end_are_followed_to_some_of_their_places(
    repo: Repo, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plumbing, "_SILENCE", 1.0)
    blob, tree = multiplied(repo, "in ten thousand million places")
    bomb = repo.git("commit-tree", tree, "-m", "bomb") if kind == "commit" else tree
    repo.git("update-ref", "refs/heads/main" if kind == "commit" else "refs/tags/bomb", bomb)
    history = attribution(repo)
    found = history.sightings(apart([blob]))[blob]
    assert len(found) == 1000
    assert {place.where for place in found} == {"history"}
    assert history.in_head() == ({blob} if kind == "commit" else set())
    assert [gap.what for gap in history.incomplete] == (
        [f"changes of commit {bomb}"] if kind == "commit" else []
    )


def test_an_unborn_head_holds_nothing(repo: Repo) -> None:
    assert attribution(repo).in_head() == set()


def test_heads_blobs_are_given_around_a_missing_tree(repo: Repo) -> None:
    repo.commit({"a": "one", "deep/b": "two"})
    repo.lose(repo.oid("HEAD:deep"))
    assert attribution(repo).in_head() == {repo.oid("HEAD:a")}


def test_commits_and_tags_are_described(repo: Repo) -> None:
    commit = repo.commit(message="the subject\n\nbody")
    repo.git("tag", "-a", "v1", "-m", "the tag")
    tag = repo.oid("refs/tags/v1")
    people = attribution(repo).commits([commit, None, tag, "3" * 40])
    assert {oid: who.subject for oid, who in people.items()} == {commit: "the subject", tag: "the tag"}
    assert people[commit].author == "Ada Example"
    assert people[commit].date.endswith("+08:00")


def test_notes_in_folders_are_named_by_the_whole_id(repo: Repo) -> None:
    commits = [repo.commit({"a": str(number)}) for number in range(3)]
    blob = repo.blob("a note")
    tree = repo.git("mktree", stdin=f"100644 blob {blob}\t{commits[0][2:]}\n")
    top = repo.git("mktree", stdin=f"040000 tree {tree}\t{commits[0][:2]}\n")
    repo.git("update-ref", "refs/notes/deploy", repo.git("commit-tree", top, "-m", "notes"))
    (found,) = attribution(repo).sightings(apart([blob]))[blob]
    assert (found.where, found.path) == ("message", f"refs/notes/deploy:{commits[0]}")


def test_a_commit_whose_clock_was_wrong_does_not_come_before_its_parents(repo: Repo) -> None:
    first = repo.commit({"a": "same"})
    tree = repo.oid("HEAD^{tree}")
    raw = f"tree {tree}\nparent {first}\nauthor A <a@b> 1 +0000\ncommitter A <a@b> 1 +0000\n\nold clock\n"
    later = repo.git("hash-object", "-t", "commit", "-w", "--stdin", stdin=raw)
    repo.git("reset", "--quiet", "--hard", later)
    (found,) = attribution(repo).sightings(apart([repo.oid("HEAD:a")]))[repo.oid("HEAD:a")]
    assert found.commit == first


def test_versions_that_hold_the_same_have_the_place_of_the_first(repo: Repo) -> None:
    held = {repo.blob(f"secret {number}"): "secret" for number in range(3)}
    first, *later = held
    brought = [repo.commit({"a": f"secret {number}"}) for number in range(3)]
    repo.commit({"a": "nothing"})
    again = repo.commit({"a": "secret 1", "b": "secret 2"})
    found = attribution(repo).sightings(held)
    place = Sighting("history", "a", brought[0])
    assert found == {
        first: (place,),
        later[0]: (Sighting("history", "a", again),),
        later[1]: (Sighting("history", "b", again),),
    }
    repo.commit({"a": "secret 0", "b": "nothing"})
    inherited = place._replace(inherited=True)
    assert attribution(repo).sightings({first: "secret", later[1]: "secret"})[first] == (place,)
    repo.commit({"a": "secret 2"})
    assert attribution(repo).sightings(held)[later[1]] == (Sighting("history", "b", again), inherited)


def test_a_version_that_only_a_stash_has_stands_there(repo: Repo) -> None:
    held = {repo.blob(f"secret {number}"): "secret" for number in range(2)}
    first, stashed = held
    commit = repo.commit({"a": "secret 0"})
    repo.add({"a": "secret 1"})
    repo.git("stash")
    found = attribution(repo).sightings(held)
    assert found[first] == (Sighting("history", "a", commit),)
    assert {(place.where, place.path, place.inherited) for place in found[stashed]} == {("stash", "a", False)}
