"""What the whole suite shares: one recording, one lesson made of it by the real command."""

import signal
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.farm_run import farm_run
from tests.media import lecture, tone
from tests.postgres import Postgres, postgres, programs

# What is started in the background (nohup, a CI's own runner) ignores Ctrl-C, and so does all that
# it starts: tests that press it would wait for ever.
signal.signal(signal.SIGINT, signal.default_int_handler)


@dataclass(frozen=True, slots=True)
class Published:
    """A lesson in a folder store."""

    library: Path
    lesson: str
    recording: Path
    seconds: int
    pictures: int

    @property
    def folder(self) -> Path:
        return self.library / "lessons" / self.lesson

    @property
    def master(self) -> Path:
        return self.folder / "master.m3u8"


@pytest.fixture(scope="session")
def published(tmp_path_factory: pytest.TempPathFactory) -> Published:
    """40 s of slides at 640x360 with sound, through the `hls` profile."""
    folder = tmp_path_factory.mktemp("published")
    recording = lecture(
        folder / "lecture.mp4",
        seconds=40,
        size=(640, 360),
        gop=50,
        b_frames=2,
        sound=tone(level=0.2),
    )
    done = farm_run(
        recording,
        folder / "library",
        *("--title", "温室番茄的滴灌", "--base", "test", "--category", "agriculture"),
        work=folder / "work",
    )
    return Published(
        library=folder / "library",
        lesson=done.published["lesson"],
        recording=recording,
        seconds=40,
        pictures=1000,
    )


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Postgres]:
    """For those who ask for it; a test makes databases of its own in it."""
    if programs() is None:
        pytest.skip("no PostgreSQL server: install Debian's postgresql")
    with postgres() as server:
        yield server
