"""The main job into a real S3 server, over good and bad networks."""

import gzip
import hashlib
import json
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from farm.store import open_store
from tests.farm_run import SMALL_PROFILE, farm_run, hashes
from tests.faulty_proxy import faulty_proxy, sometimes
from tests.media import lecture, tone
from tests.seaweed import Seaweed, environment, seaweed

SMALL = ("--profile-dir", str(SMALL_PROFILE), "--profile", "small", "--workers", "2")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Seaweed]:
    with seaweed(tmp_path_factory.mktemp("seaweed")) as running:
        yield running


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("recording") / "lecture.mp4"
    return lecture(path, seconds=40, gop=50, sound=tone())


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory, recording: Path) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("folder")
    assert farm_run(recording, folder / "library", *SMALL, work=folder / "work").published
    return hashes(folder / "library")


def objects_of(server: Seaweed, prefix: str, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Hashes, as fetched, of all that a folder store would show."""
    for key, value in server.environment.items():
        monkeypatch.setenv(key, value)
    store = open_store(f"{server.url}/{prefix}")
    return {
        info.name.removeprefix("lessons/"): hashlib.sha256(store.get(info.name).data).hexdigest()
        for info in store.list("lessons/")
        if info.name.rsplit("/", 1)[1] not in ("lease.json", "lesson.json")
    }


def test_s3_holds_what_a_folder_holds(
    tmp_path: Path,
    server: Seaweed,
    recording: Path,
    expected: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    url = f"{server.url}/same"
    done = farm_run(recording, url, *SMALL, work=tmp_path / "work", env=server.environment)
    assert done.published["store"] == url
    assert objects_of(server, "same", monkeypatch) == expected
    again = farm_run(recording, url, *SMALL, work=tmp_path / "work", env=server.environment)
    assert again.only("planned")["tasks"] == 0
    assert not again.published["changed"]


def test_anybody_reads_what_players_need(tmp_path: Path, server: Seaweed, recording: Path) -> None:
    done = farm_run(recording, server.url, *SMALL, work=tmp_path / "work", env=server.environment)
    with urllib.request.urlopen(f"{server.public}/{done.published['master']}") as answer:
        assert answer.headers["Content-Type"] == "application/vnd.apple.mpegurl"
        assert answer.headers["Content-Encoding"] == "gzip"
        assert answer.headers["Cache-Control"] == "no-cache"
    with urllib.request.urlopen(f"{server.public}/catalog/catalog.json") as answer:
        pointer = json.loads(gzip.decompress(answer.read()))
    with urllib.request.urlopen(f"{server.public}/catalog/{pointer['path']}") as answer:
        lessons = json.loads(gzip.decompress(answer.read()))["lessons"]
    assert [lesson["lesson"] for lesson in lessons] == [done.published["lesson"]]


@pytest.mark.parametrize("seed", [1, 2])
def test_a_bad_network_changes_nothing(
    tmp_path: Path,
    server: Seaweed,
    recording: Path,
    expected: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
    seed: int,
) -> None:
    """One request of ten fails: 500, 503, dropped before and after it was done."""
    url = f"{server.url}/bad-{seed}"
    with faulty_proxy(server.endpoint) as proxy:
        proxy.pick = sometimes(seed=seed, share=0.1)
        done = farm_run(recording, url, *SMALL, work=tmp_path / "work", env=environment(proxy.url))
        assert done.published
        assert sum(count for fault, count in proxy.counts.items() if fault) > 5
    assert objects_of(server, f"bad-{seed}", monkeypatch) == expected


def test_a_store_that_is_gone_ends_in_one_sentence(
    tmp_path: Path, server: Seaweed, recording: Path
) -> None:
    gone = {**server.environment, "AWS_ENDPOINT_URL": "http://127.0.0.1:9"}
    done = farm_run(recording, server.url, *SMALL, work=tmp_path / "work", env=gone)
    assert done.status == 5
    assert len(done.errors.strip().splitlines()) == 1


def test_a_wrong_secret_ends_in_one_sentence(
    tmp_path: Path, server: Seaweed, recording: Path
) -> None:
    wrong = {**server.environment, "AWS_SECRET_ACCESS_KEY": "wrong"}
    done = farm_run(recording, server.url, *SMALL, work=tmp_path / "work", env=wrong)
    assert done.status == 5
    assert len(done.errors.strip().splitlines()) == 1
