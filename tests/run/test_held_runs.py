"""Recordings made for an office by whoever lends the workers: held, mended, and released."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from encoders.profiles import load
from farm.crew import OwnCrew
from farm.events import Event, Inspected, Planned, Published, Started
from farm.held import release_to
from farm.housekeeping import lessons_of, verify
from farm.pipeline import Extras, Farm
from farm.pointers import read_numbered, take_fence
from farm.request import Asked, Request, request_of
from farm.settings import OfficeStore, make_office
from farm.store.folder import FolderStore
from tests.farm_run import SMALL_PROFILE
from tests.media import lecture
from tests.tools.hls import strict_parse
from workers.model import Pool


class LentCrew:
    """Workers of somebody else's, who sees what is asked of them."""

    def __init__(self) -> None:
        self._own = OwnCrew(1, None)
        self.asked: list[float] = []
        self.closed = False

    @property
    def remote(self) -> bool:
        return False

    def expect(self) -> None:
        """They are there already."""

    def pool(self, weight: float) -> Pool:
        self.asked.append(weight)
        return self._own.pool(0)

    def close(self) -> None:
        self._own.close()
        self.closed = True


@dataclass(frozen=True, slots=True)
class Office:
    store: FolderStore
    work: Path
    recording: Path

    def farm(self, crew: LentCrew, seen: list[Event], *, held: bool = True) -> Farm:
        return Farm(
            store=self.store,
            profiles=load([SMALL_PROFILE]),
            crew=crew,
            work=self.work,
            emit=seen.append,
            held=held,
        )

    def asked(self, **said: str) -> Request:
        return request_of(self.recording, "lecture", Asked(dict(said), profiles=("small",)))


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    store = FolderStore(tmp_path / "library")
    make_office(store)
    path = lecture(tmp_path / "lecture.mp4", seconds=2, size=(320, 180))
    return Office(store, tmp_path / "work", path)


def test_a_lesson_is_held_mended_and_released(office: Office) -> None:
    seen: list[Event] = []
    crew = LentCrew()
    with office.farm(crew, seen) as farm:
        facts = farm.inspect_only(office.asked())
        assert [type(one) for one in seen if isinstance(one, Started | Inspected)] == [
            Started,
            Inspected,
        ]
        assert (facts.refused, crew.asked) == (False, [])
        first = farm.produce(office.asked(title="滴灌"), Extras())
        second = farm.produce(office.asked(speaker="王老师"), Extras())
    assert crew.closed
    assert len(crew.asked) == 1, "what is only mended is not made again"
    assert not list(office.store.list("catalog/releases/"))
    assert lessons_of(office.store) == ()
    assert (first.release, second.release) == (1, 2)
    assert first.master is not None
    strict_parse(Path(office.store.url) / first.master)
    release, _ = read_numbered(office.store, second.lesson, 2)
    assert release.about is not None
    assert (release.about.title, release.about.speaker) == ("滴灌", "王老师")
    release_to(office.store, second.lesson, 2, take_fence(office.store, second.lesson))
    assert lessons_of(office.store) == (second.lesson,)
    assert verify(office.store, second.lesson, deep=True) == ()
    assert [one.release for one in seen if isinstance(one, Published)] == [1, 2]
    assert len([one for one in seen if isinstance(one, Planned)]) == 2


def test_what_cannot_become_a_lesson_is_told_and_not_raised(office: Office) -> None:
    seen: list[Event] = []
    office.recording.write_bytes(b"no media at all" * 100)
    with office.farm(LentCrew(), seen) as farm:
        facts = farm.inspect_only(office.asked())
    assert facts.refused
    (told,) = [one for one in seen if isinstance(one, Inspected)]
    assert told.findings == facts.findings != ()


def test_nobody_publishes_there_past_the_office(office: Office) -> None:
    with pytest.raises(OfficeStore), office.farm(LentCrew(), [], held=False):
        raise AssertionError("it was opened")
    assert not list(office.store.list("lessons/"))
