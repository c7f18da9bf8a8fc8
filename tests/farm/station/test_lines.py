"""Poor lines and plain servers: what came is kept, what did not come is asked for again."""

import os
import shlex
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from farm.errors import StoreError
from farm.station import Choice, sync
from farm.station.model import Progressed
from tests.farm.station.libraries import NOW, Library, library, titles, whole
from tests.farm.station.server import serving

AUDIO = Choice(profiles=("audio",))
LARGE = 400_000
"""Bytes of one file."""


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Library:
    """One lesson, with a file that is worth going on with. Not to be changed."""
    made = library(tmp_path_factory.mktemp("large") / "library")
    made.publish(1, "很长的一课", size=LARGE, disc=False)
    made.release(datetime.now(UTC))
    return made


def test_a_line_that_breaks_again_and_again_sends_nothing_twice(
    large: Library, folder: Path
) -> None:
    with serving(Path(large.store.url)) as (url, server):
        server.cut_after = 30_000
        done = sync(large.options(folder, url, choice=AUDIO))
        assert whole(folder) == set(titles(folder)) == set(large.lessons)
        assert done.fetched < LARGE * 1.05
        assert server.sent < LARGE * 1.05
        assert sum("Range" in one for one in server.headers) > 10
        assert all("If-Range" in one for one in server.headers if "Range" in one)


def test_a_server_without_validators_is_gone_on_with_and_the_hash_decides(
    large: Library, folder: Path
) -> None:
    with serving(Path(large.store.url)) as (url, server):
        server.cut_after, server.tags = 150_000, False
        done = sync(large.options(folder, url, choice=AUDIO))
        assert not [one for one in server.headers if "If-Range" in one]
    assert done.fetched < LARGE * 1.05
    assert whole(folder) == set(large.lessons)


def test_a_server_that_knows_no_parts_is_asked_from_the_start(large: Library, folder: Path) -> None:
    with serving(Path(large.store.url)) as (url, server):
        server.ranges = False
        cuts = [100_000, 200_000, None, None, None, None, None, None]

        def answers(path: str) -> None:
            if path.endswith(".mp3"):
                server.cut_after = cuts.pop(0)

        server.answers = answers
        sync(large.options(folder, url, choice=AUDIO))
    assert whole(folder) == set(large.lessons)


def test_a_part_of_what_was_replaced_meanwhile_is_thrown_away(large: Library, folder: Path) -> None:
    """The server does not know the validator of what came before: it sends the whole."""
    parts = folder / ".station" / "parts"
    with serving(Path(large.store.url)) as (url, server):
        server.cut_after = 100_000
        server.answers = lambda path: (
            (500, {}) if server.asked.count(path) > 1 and path.endswith(".mp3") else None
        )
        options = large.options(folder, url, choice=AUDIO)
        with pytest.raises(StoreError):
            sync(options)
        (part,) = parts.glob("*.part")
        part.write_bytes(b"x" * part.stat().st_size)
        part.with_suffix(".json").write_text('{"validator": "\\"other\\"", "encoding": ""}')
        server.cut_after, server.answers = None, lambda _: None
        sync(options)
    assert whole(folder) == set(large.lessons)
    assert [*parts.iterdir()] == []


def test_a_part_that_was_spoilt_on_the_stations_disk_costs_one_more_transfer(
    large: Library, folder: Path
) -> None:
    with serving(Path(large.store.url)) as (url, server):
        server.cut_after = 100_000
        server.answers = lambda path: (
            (503, {"Retry-After": "0"}) if server.asked.count(path) > 1 and "mp3" in path else None
        )
        options = large.options(folder, url, choice=AUDIO)
        with pytest.raises(StoreError, match="503"):
            sync(options)
        (part,) = (folder / ".station" / "parts").glob("*.part")
        part.write_bytes(b"x" * part.stat().st_size)
        server.cut_after, server.answers = None, lambda _: None
        sync(options)
    assert whole(folder) == set(large.lessons)


@pytest.mark.parametrize("status", [429, 500, 502, 503])
def test_a_busy_server_is_asked_again(office: Library, folder: Path, status: int) -> None:
    with serving(Path(office.store.url)) as (url, server):
        server.answers = lambda path: (status, {}) if server.asked.count(path) < 2 else None
        done = sync(office.options(folder, url), now=lambda: NOW)
    assert done.brought == 3
    assert done.requests == len(server.asked) == 2 * len(set(server.asked))


def test_a_server_that_stays_away_is_given_up_in_one_sentence(
    office: Library, folder: Path
) -> None:
    with serving(Path(office.store.url)) as (url, _):
        options = office.options(folder, url)
        sync(options, now=lambda: NOW)
    with pytest.raises(StoreError, match=r"连不上课件库.*goes on where it stopped"):
        sync(options, now=lambda: NOW)
    assert len(titles(folder)) == 3


def test_an_object_that_is_gone_keeps_its_lesson_away_and_no_other(
    office: Library, folder: Path
) -> None:
    with serving(Path(office.store.url)) as (url, server):
        server.answers = lambda path: (404, {}) if "000000000001/media/360p-00" in path else None
        with pytest.raises(StoreError, match=r"课件库里没有 lessons/changsha-000000000001/media"):
            sync(office.options(folder, url), now=lambda: NOW)
        assert len(titles(folder)) == 2
        server.answers = lambda _: None
        server.asked.clear()
        sync(office.options(folder, url), now=lambda: NOW)
    assert len(whole(folder)) == 3
    # What had come of it was kept.
    assert not [one for one in server.asked if one.endswith(".m3u8")]


def test_redirects_are_followed_on_the_same_server_alone(office: Library, folder: Path) -> None:
    with serving(Path(office.store.url)) as (url, server):
        server.answers = lambda path: (
            (302, {"Location": "/" + path.removeprefix("old/")})
            if path.startswith("old/")
            else None
        )
        options = office.options(folder, url + "old/catalog/catalog.json")
        assert sync(options, now=lambda: NOW).brought == 3
        server.answers = lambda _: (302, {"Location": "http://localhost:1/catalog/catalog.json"})
        with pytest.raises(StoreError, match="was not followed"):
            sync(office.options(folder, url), now=lambda: NOW)
        server.answers = lambda path: (302, {"Location": f"/{path}x"})
        with pytest.raises(StoreError, match="in circles"):
            sync(office.options(folder, url), now=lambda: NOW)


@pytest.mark.parametrize("squeezed", [True, False])
def test_texts_come_squeezed_where_the_server_has_them_so(
    office: Library, folder: Path, squeezed: bool
) -> None:
    with serving(Path(office.store.url)) as (url, server):
        server.squeeze = squeezed
        sync(office.options(folder, url), now=lambda: NOW)
    assert len(whole(folder)) == 3


def test_a_share_of_the_line_is_kept(large: Library, folder: Path) -> None:
    rate = 800_000.0
    told: list[object] = []
    begun = time.monotonic()
    done = sync(large.options(folder, choice=AUDIO, rate=rate), told.append)
    taken = time.monotonic() - begun
    assert done.fetched / rate <= taken + 0.05
    shown = [one for one in told if isinstance(one, Progressed)]
    assert [one.done for one in shown] == sorted(one.done for one in shown)
    assert shown
    assert all(one.done <= one.size for one in shown)


def test_a_folder_is_a_library_too(office: Library, folder: Path) -> None:
    url = Path(office.store.url).as_uri() + "/catalog/catalog.json"
    assert sync(office.options(folder, url), now=lambda: NOW).brought == 3
    assert not sync(office.options(folder, url), now=lambda: NOW).changed


@pytest.mark.parametrize("url", ["ftp://x/", "s3://lessons", "https://x/?a=b", "nowhere"])
def test_other_addresses_are_refused(office: Library, folder: Path, url: str) -> None:
    with pytest.raises(StoreError, match="不是课件库的网址"):
        sync(office.options(folder, url), now=lambda: NOW)


def command(*words: str) -> list[str]:
    return [sys.executable, "-c", "from farm.cli import main; main()", "station", "sync", *words]


def test_a_full_disk_is_told_and_the_next_sync_goes_on(large: Library, folder: Path) -> None:
    folder.mkdir()
    small = ["bwrap", "--dev-bind", "/", "/", "--size", str(LARGE), "--tmpfs", str(folder)]
    if subprocess.run([*small, "true"], capture_output=True, check=False).returncode:
        pytest.skip("no namespaces here, to have a small disk in")
    words = (large.store.url, str(folder), "--trust-first", "--unsigned")
    kept = f"{shlex.join(command(*words))}; status=$?; ls {folder}/.station/parts; exit $status"
    done = subprocess.run(
        [*small, "sh", "-c", kept], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 5
    assert "磁盘已满" in done.stderr.splitlines()[-1]
    assert "goes on where it stopped" in done.stderr.splitlines()[-1]
    assert ".part" in done.stdout


def test_killed_at_any_moment_it_goes_on(large: Library, folder: Path) -> None:
    """SIGKILL while a large file comes over a slow line: what came is not fetched again."""
    with serving(Path(large.store.url)) as (url, _):
        words = (url, str(folder), "--trust-first", "--profile", "audio", "--rate", "1600")
        process = subprocess.Popen(
            command(*words), stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=os.environ
        )
        parts = folder / ".station" / "parts"
        deadline = time.monotonic() + 60
        while sum(one.stat().st_size for one in parts.glob("*.part")) < LARGE // 4:
            assert process.poll() is None, process.communicate()
            assert time.monotonic() < deadline
            time.sleep(0.02)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        came = sum(one.stat().st_size for one in parts.glob("*.part"))
        options = large.options(folder, url, choice=AUDIO)
        done = sync(options)
    assert done.fetched < LARGE - came + 20_000
    assert whole(folder) == set(large.lessons)
