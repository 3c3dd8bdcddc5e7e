"""A text that copies from another is found to hold the same as if it were searched whole."""

from __future__ import annotations

import random
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leakscan.delta import encoded
from leakscan.detect.batch import batches
from leakscan.detect.detect import Detector
from leakscan.detect.windows import copied_ends, dirty_windows
from leakscan.finding import Blob, Candidate, Copied, Origin
from leakscan.ruleset.compiled import CompiledRules
from leakscan.ruleset.template import expand
from tests.builders import rules_with_examples
from tests.detect.wrapping import wrapped

NOISE = [
    "\n",
    "\r\n",
    " = ",
    "password: ",
    "-----BEGIN ",
    '"',
    "\\n",
    "secret ",
    "x" * 90,
    "密钥 ",
    "\t",
    "ghp_",
]
Runs = list[int]


@pytest.fixture(scope="module")
def compiled() -> CompiledRules:
    return rules_with_examples()


def text(choice: random.Random, compiled: CompiledRules) -> bytes:
    """Examples of random rules, with noise between."""
    pieces: list[str] = []
    for _ in range(choice.randint(0, 8)):
        rule = choice.choice(compiled.rules.rules)
        example = expand(rule, choice.choice(rule.examples))
        pieces += ["\n".join(wrapped(example, choice))] if choice.randrange(3) == 0 else [example]
        pieces += choice.choices(NOISE, k=choice.randint(0, 6))
    return "".join(pieces).encode()


def version(base: bytes, choice: random.Random, compiled: CompiledRules) -> tuple[bytes, Runs]:
    """A text of copies from ``base``, in any order, and of bytes of its own; and its runs."""
    made, runs = b"", []
    at = 0
    for _ in range(choice.randint(0, 6)):
        if base and choice.randrange(5):
            start = at if choice.randrange(4) else choice.randrange(len(base))
            end = min(len(base), start + choice.choice([1, 20, 200, 2000]))
            if start < end:
                runs += [len(made), len(made) + end - start, start]
                made += base[start:end]
                at = min(len(base), end + choice.choice([0, 0, 1, 30]))
        else:
            made += choice.choice([text(choice, compiled)[:300], choice.choice(NOISE).encode(), b"\0"])
    return made, merged(runs)


def merged(runs: Runs) -> Runs:
    """Copies that touch in text and base are one run."""
    found: Runs = []
    for start, end, origin in zip(runs[::3], runs[1::3], runs[2::3], strict=True):
        if found and found[-2] == start and found[-1] + found[-2] - found[-3] == origin:
            found[-2] = end
        else:
            found += [start, end, origin]
    return found


def described(candidates: list[Candidate]) -> set[tuple[object, ...]]:
    return {
        (
            c.origin.blob,
            c.rule,
            c.start,
            c.secret.raw,
            c.lead,
            c.encoding,
            tuple(sorted(c.parts.items(), key=str)),
        )
        for c in candidates
    }


@settings(max_examples=300, deadline=None)
@given(seed=st.integers(0, 2**40))
def test_inheriting_finds_what_searching_the_whole_text_finds(compiled: CompiledRules, seed: int) -> None:
    choice = random.Random(seed)
    blobs = [Blob(text(choice, compiled), Origin("history", blob="0"))]
    for number in range(1, choice.randint(2, 8)):
        above = blobs[-1]
        content, runs = version(above.content, choice, compiled)
        copied = Copied(
            above.origin.blob or "", len(above.content), encoded(len(above.content), content, runs)
        )
        blobs.append(Blob(content, Origin("history", blob=str(number)), copied))
    whole = [Blob(blob.content, blob.origin) for blob in blobs]
    one_by_one = [found for blob in whole for found in Detector(compiled).candidates(blob)]
    assert described(list(Detector(compiled).detect(blobs))) == described(one_by_one)
    assert described(list(Detector(compiled).detect(whole))) == described(one_by_one)


def sparse(choice: random.Random, compiled: CompiledRules, most: int) -> bytes:
    """A few examples of random rules, often of pairs, in lines of nothing."""
    pieces = []
    pairs = [rule for rule in compiled.rules if rule.pair is not None]
    for _ in range(choice.randint(0, most)):
        rule = choice.choice(pairs if choice.randrange(6) == 0 else compiled.rules.rules)
        pieces += [expand(rule, choice.choice(rule.examples)), ".\n" * choice.choice([1, 150, 300, 600])]
    return "\n".join(pieces).encode()


def edited(base: bytes, choice: random.Random, compiled: CompiledRules) -> tuple[bytes, Runs]:
    """A text that differs from its base in one place or two; and its runs."""
    made, runs, at = b"", Runs(), 0
    for cut in sorted(choice.choices(range(len(base) + 1), k=choice.randint(1, 2))):
        if at < cut:
            runs += [len(made), len(made) + cut - at, at]
        new = choice.choice([b"", b"new\n", sparse(choice, compiled, 1)])
        made, at = made + base[at:cut] + new, min(len(base), cut + choice.choice([0, 1, 300]))
    if at < len(base):
        runs += [len(made), len(made) + len(base) - at, at]
    return made + base[at:], merged(runs)


def is_chosen(candidate: Candidate) -> bool:
    """By chance, but always the same for what looks the same."""
    look = candidate.before, candidate.secret.raw, candidate.after, candidate.pair_distance
    return zlib.crc32(repr(look).encode()) % 3 == 0


@settings(max_examples=300, deadline=None)
@given(seed=st.integers(0, 2**40))
def test_so_it_does_where_few_of_them_are_wanted(compiled: CompiledRules, seed: int) -> None:
    choice = random.Random(seed)
    path = [Blob(sparse(choice, compiled, 4), Origin("history", blob="0"))]
    blobs = list(path)
    for number in range(1, choice.randint(2, 12)):
        del path[choice.randint(1, len(path)) :]
        base = path[-1].content
        content, runs = edited(base, choice, compiled)
        copied = Copied(path[-1].origin.blob or "", len(base), encoded(len(base), content, runs))
        path.append(Blob(content, Origin("history", blob=str(number)), copied))
        blobs.append(path[-1])
    whole = [Blob(blob.content, blob.origin) for blob in blobs]
    one_by_one = [found for blob in whole for found in Detector(compiled, keep=is_chosen).candidates(blob)]
    assert described(list(Detector(compiled, keep=is_chosen).detect(blobs))) == described(one_by_one)


def test_only_what_is_new_is_searched(compiled: CompiledRules) -> None:
    base = b"filler\n" * 20_000
    content = base[:70_000] + b"new" + base[70_000:]
    runs = [0, 70_000, 0, 70_003, len(content), 70_000]
    blobs = [
        Blob(base, Origin("history", blob="a")),
        Blob(content, Origin("history", blob="b"), Copied("a", len(base), encoded(len(base), content, runs))),
    ]
    (batch,) = batches(blobs, compiled.rules.hit_reach)
    assert batch.searched < len(base) + 3 * compiled.rules.hit_reach


@given(
    size=st.integers(0, 60),
    data=st.data(),
    reach=st.integers(0, 12),
)
def test_windows_hold_all_that_does_not_lie_deep_inside_a_copy(
    size: int, data: st.DataObject, reach: int
) -> None:
    cuts = sorted(data.draw(st.lists(st.integers(0, size), max_size=6)))
    bounds = list(zip([0, *cuts], [*cuts, size], strict=True))
    runs: Runs = []
    for start, end in bounds:
        if start < end and data.draw(st.booleans()):
            runs += [start, end, data.draw(st.integers(0, 40))]
    base_size = max([100, *(runs[at + 2] + runs[at + 1] - runs[at] for at in range(0, len(runs), 3))])
    runs = merged(runs)
    windows = dirty_windows(encoded(base_size, bytes(size), runs), base_size, size, reach)
    inside = {place for at in range(0, len(windows), 2) for place in range(windows[at], windows[at + 1])}
    deep = set[int]()
    for start, end, origin in zip(runs[::3], runs[1::3], runs[2::3], strict=True):
        first = start if start == origin == 0 else start + reach
        last = end if end == size and origin + end - start == base_size else end - reach
        deep |= set(range(first, last))
    assert inside == set(range(size)) - deep
    assert windows == sorted(set(windows))


@given(ends=st.sets(st.integers(0, 60)), reach=st.integers(1, 9), data=st.data())
def test_hits_are_copied_where_one_run_holds_all_that_decides_on_them(
    ends: set[int], reach: int, data: st.DataObject
) -> None:
    start = data.draw(st.integers(0, 20))
    origin = data.draw(st.integers(0, 60))
    length = data.draw(st.integers(1, 60 - min(origin, 59)))
    base_size, size = 61, start + length + data.draw(st.integers(0, 1))
    found = (
        copied_ends(sorted(ends), [start, start + length, origin], base_size, size, reach, 1) if ends else []
    )
    at_start = start == origin == 0
    at_end = start + length == size and origin + length == base_size
    expected = [
        end - origin + start
        for end in sorted(ends)
        if (at_start or end - reach >= origin)
        and (at_end or end + 1 <= origin + length)
        and origin <= end <= origin + length
    ]
    assert found == expected
