"""Objects of the store through the web: in ranges, for those alone whose they are."""

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from farm.store.s3 import S3Store
from farm.web import media
from tests.seaweed import environment, seaweed
from tests.web.house import House, Server, house, serving

LESSON = "changsha-0123456789ab"
SEGMENT = f"lessons/{LESSON}/media/480p-0-0123456789ab.m4s"
PLAYLIST = f"lessons/{LESSON}/master.m3u8"
LARGE = f"lessons/{LESSON}/media/dvd-0123456789ab.iso"
DATA = os.urandom(5000)


@pytest.fixture(scope="module", params=["folder", "s3"])
def served(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    """A web over a folder, and one over S3, with two objects of a lesson."""
    folder = tmp_path_factory.mktemp("media")
    with house(folder) as home:
        if request.param == "folder":
            yield from _with(home)
            return
        with seaweed(folder) as s3, pytest.MonkeyPatch.context() as patch:
            for name, value in environment(s3.endpoint).items():
                patch.setenv(name, value)
            yield from _with(replace(home, store=S3Store(f"{s3.url}/library")))


def _with(home: House) -> Iterator[Server]:
    home.store.put(SEGMENT, DATA, type="video/iso.segment")
    home.store.put(PLAYLIST, b"#EXTM3U\n" * 200, type="application/vnd.apple.mpegurl")
    with serving(home) as server:
        yield server


def test_whole_and_in_ranges(served: Server) -> None:
    with served.client("changsha") as client:
        whole = client.get(f"/store/{SEGMENT}")
        assert whole.content == DATA
        assert whole.headers["Accept-Ranges"] == "bytes"
        for asked, start, stop in (
            ("bytes=0-99", 0, 100),
            ("bytes=4900-", 4900, 5000),
            ("bytes=-10", 4990, 5000),
            ("bytes=4990-9999", 4990, 5000),
        ):
            part = client.get(f"/store/{SEGMENT}", headers={"Range": asked})
            assert part.status_code == 206
            assert part.content == DATA[start:stop]
            assert part.headers["Content-Range"] == f"bytes {start}-{stop - 1}/5000"
        beyond = client.get(f"/store/{SEGMENT}", headers={"Range": "bytes=5000-"})
        assert beyond.status_code == 416


def test_types_and_how_long_it_is_kept(served: Server) -> None:
    with served.client("changsha") as client:
        segment = client.get(f"/store/{SEGMENT}")
        playlist = client.get(f"/store/{PLAYLIST}")
    assert segment.headers["Content-Type"] == "video/iso.segment"
    assert "immutable" in segment.headers["Cache-Control"]
    assert playlist.text.startswith("#EXTM3U")
    assert playlist.headers["Content-Type"].startswith("application/vnd.apple.mpegurl")
    for answer in (segment, playlist):
        assert "public" not in answer.headers["Cache-Control"], "whose it is is asked every time"
    assert playlist.headers["Cache-Control"] == "private, no-cache"


def test_nothing_of_a_lesson_runs_here(served: Server) -> None:
    with served.client("changsha") as client:
        policy = client.get(f"/store/{PLAYLIST}").headers["Content-Security-Policy"]
    assert "sandbox" in policy
    assert "default-src 'none'" in policy


def test_saved_under_a_name_people_know(served: Server) -> None:
    with served.client("changsha") as client:
        answer = client.get(f"/store/{SEGMENT}", params={"as": "滴灌\r\nX: y.mp4"})
    found = answer.headers["Content-Disposition"]
    assert found.startswith("attachment; filename*=UTF-8''%E6%BB%B4%E7%81%8C")
    assert "X" not in answer.headers


@pytest.mark.parametrize(
    ("key", "path", "status"),
    [
        ("changsha", f"lessons/{LESSON}/media/none-0123456789ab.m4s", 404),
        ("changsha", f"lessons/{LESSON}", 403),
        ("changsha", f"lessons/{LESSON}/%2e%2e/hengyang-0123456789ab/lesson.json", 403),
        ("changsha", "lessons/changsha-x-0123456789ab/lesson.json", 403),
        ("changsha", "cache/sources/0", 403),
        ("hengyang", SEGMENT, 403),
        ("operator", SEGMENT, 403),
        ("office", SEGMENT, 200),
        ("office", "cache/sources/0", 403),
        ("office", ".store/locks/0", 403),
        ("office", "lessons/../.store/locks/0", 403),
        ("office", "lessons/%2e%2e/.store/locks/0", 404),
    ],
)
def test_for_whom_it_is(served: Server, key: str, path: str, status: int) -> None:
    with served.client(key) as client:
        assert client.get(f"/store/{path}").status_code == status


def test_large_objects_of_a_bucket_come_from_the_bucket(
    served: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Over a folder they are sent from here."""
    monkeypatch.setattr(media, "THROUGH", 1000)
    served.house.store.put(LARGE, DATA, type="application/octet-stream")
    with served.client("changsha") as client:
        answer = client.get(f"/store/{LARGE}", params={"as": "光盘.iso"})
    if answer.status_code == 200:
        assert answer.content == DATA
        return
    assert answer.status_code == 307
    # Without any key of ours:
    found = httpx.get(answer.headers["Location"])
    assert found.content == DATA
    assert "%E5%85%89%E7%9B%98.iso" in found.headers["Content-Disposition"]


def test_a_link_out_of_the_library_leads_nowhere(tmp_path: Path) -> None:
    with house(tmp_path) as home:
        folder = Path(home.store.url, "lessons", LESSON)
        folder.mkdir(parents=True)
        tmp_path.joinpath("secret").write_text("secret")
        folder.joinpath("lesson.json").symlink_to(tmp_path / "secret")
        with serving(home) as server, server.client("changsha") as client:
            assert client.get(f"/store/lessons/{LESSON}/lesson.json").status_code == 404
