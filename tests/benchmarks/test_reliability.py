"""The picture that says how far confidence can be believed."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree

from hypothesis import given
from hypothesis import strategies as st

from benchmarks.reliability import bins, diagram, likely_share

JUDGED = st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1)


@given(JUDGED)
def test_every_candidate_is_in_one_bin_and_the_likely_share_is_around_the_one_that_was_seen(
    judged: list[tuple[float, bool]],
) -> None:
    found = bins(judged)
    assert sum(bin.count for bin in found) == len(judged)
    assert sum(bin.true for bin in found) == sum(true for _, true in judged)
    for bin in found:
        assert bin.low - 1e-9 <= bin.mean <= bin.high + 1e-9
        least, most = likely_share(bin)
        assert 0 <= least <= bin.share + 1e-9
        assert bin.share - 1e-9 <= most <= 1


@given(JUDGED)
def test_the_picture_is_svg_with_a_point_for_each_bin(judged: list[tuple[float, bool]]) -> None:
    found = bins(judged)
    picture = ElementTree.fromstring(diagram(found))
    name = "{http://www.w3.org/2000/svg}"
    assert len(list(picture.iter(f"{name}circle"))) == len(found)
    told = [title.text or "" for title in picture.iter(f"{name}title")]
    assert sum("% true" in text for text in told) == len(found)
