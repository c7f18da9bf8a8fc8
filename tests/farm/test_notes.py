"""Whether what a note promises is still there."""

import pytest

from encoders.tasks import Artifact
from farm.notes import is_whole


@pytest.mark.parametrize(
    ("type", "listed", "whole"),
    [
        ("video/mp4", 100, True),
        ("video/mp4", 99, False),
        ("video/mp4", None, False),
        ("text/plain", 40, True),
        ("text/plain", None, False),
    ],
    ids=["there", "cut", "gone", "squeezed by the store", "text that is gone"],
)
def test_an_object_is_whole_as_a_store_lists_it(type: str, listed: int | None, whole: bool) -> None:
    assert is_whole(Artifact("a-0123456789ab", 100, "ab" * 32, type), listed) is whole
