"""Many stations at once, from a bucket anybody may read."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from farm.station import Options, sync
from farm.store.s3 import S3Store
from tests.farm.conftest import use
from tests.farm.station.libraries import NOW, Library, titles, whole
from tests.seaweed import Seaweed

STATIONS = 40


@pytest.fixture
def public(s3_server: Seaweed, monkeypatch: pytest.MonkeyPatch) -> Library:
    """A library in the bucket: two small lessons."""
    use(monkeypatch, s3_server.endpoint)
    made = Library(S3Store(s3_server.url))
    for number in range(2):
        made.publish(number, f"第 {number} 课", size=400, disc=False)
    made.release()
    return made


def test_forty_stations_sync_from_a_public_bucket(
    public: Library, s3_server: Seaweed, tmp_path: Path
) -> None:
    def one(number: int) -> Options:
        folder = tmp_path / f"station-{number}"
        return public.options(folder, s3_server.public, connections=1, tries=8)

    options = [one(number) for number in range(STATIONS)]
    with ThreadPoolExecutor(STATIONS) as stations:
        first = list(stations.map(lambda each: sync(each, now=lambda: NOW), options))
    assert {one.brought for one in first} == {2}
    assert len({tuple(titles(each.folder).items()) for each in options}) == 1
    assert whole(options[0].folder) == set(public.lessons)
    with ThreadPoolExecutor(STATIONS) as stations:
        again = list(stations.map(lambda each: sync(each, now=lambda: NOW), options))
    assert {(one.changed, one.requests) for one in again} == {(False, 1)}
    assert sum(one.fetched for one in again) == 0
