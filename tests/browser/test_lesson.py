"""The published lesson in a real browser, through three engines, from a folder and from S3."""

from collections.abc import Iterator

import pytest

from tests.browser.player import ENGINES, Chromium, Engine
from tests.conftest import Published
from tests.farm_run import farm_run
from tests.seaweed import seaweed
from tests.tools.web import serve


@pytest.fixture(scope="module", params=["folder", "s3"])
def master(
    request: pytest.FixtureRequest,
    published: Published,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[str]:
    """Address of the multivariant playlist, on another origin than the player's page."""
    if request.param == "folder":
        with serve(published.library) as address:
            yield f"{address}/lessons/{published.lesson}/master.m3u8"
        return
    folder = tmp_path_factory.mktemp("seaweed")
    with seaweed(folder) as server:
        done = farm_run(
            published.recording, server.url, work=folder / "work", env=server.environment
        )
        yield f"{server.public}/{done.published['master']}"


@pytest.mark.parametrize("engine", ENGINES)
def test_plays_to_the_end_through_every_level(
    chromium: Chromium, published: Published, master: str, engine: Engine
) -> None:
    played = chromium.play(master, engine, visit=True, rate=4)
    assert played.faults == ()
    assert played.ended
    assert played.duration == pytest.approx(published.seconds, abs=0.1)
    assert played.frames >= published.pictures
    assert played.audio_bytes > 100_000
    if engine != "native":
        assert set(played.visited) == {240, 360}
