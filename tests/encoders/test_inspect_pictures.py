"""What a few pictures of a recording tell of it."""

from fractions import Fraction
from pathlib import Path

import pytest

from tests.encoders.chunking import anamorphic
from tests.encoders.inspection import codes, inspected, named, video_of


@pytest.mark.parametrize("codec", ["mpeg2video", "libx264"])
def test_a_change_of_shape_at_one_coded_size_is_told(codec: str, tmp_path: Path) -> None:
    facts = inspected(anamorphic(tmp_path, codec, "1", "3/4", "1"))
    assert video_of(facts).sample_aspect == 1
    changes = named(facts, "size-changes")
    assert [round(change.start or 0, 1) for change in changes] == [1, 2]
    assert ["144x108" in change.message for change in changes] == [True, False]


def test_pictures_of_one_shape_do_not_change_size(tmp_path: Path) -> None:
    facts = inspected(anamorphic(tmp_path, "mpeg2video", "3/4", "3/4"))
    assert video_of(facts).sample_aspect == Fraction(3, 4)
    assert "size-changes" not in codes(facts)
