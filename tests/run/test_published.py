"""A published lesson, read by other people's tools."""

import hashlib
import json
from fractions import Fraction
from pathlib import Path

from tests.conftest import Published
from tests.farm_run import farm_run, release_of
from tests.media import lecture, noise, tone
from tests.tools.hls import ffmpeg_decode, probe_idr_times, strict_parse, video_playlists
from tests.tools.sync import make_flashes, measure

FRAME = Fraction(1, 25)


def test_hls_parser_accepts_it_in_strict_mode(published: Published) -> None:
    parsed = strict_parse(published.master)
    sizes = {variant.size for variant in parsed.variants if not variant.images}
    assert sizes == {(426, 240), (640, 360), None}
    assert all(playlist.ended and playlist.type == "VOD" for playlist in parsed.playlists)


def test_a_release_keeps_a_playlist_of_its_own_that_plays(published: Published) -> None:
    (kept,) = published.folder.glob("master-*.m3u8")
    assert kept.read_bytes() == published.master.read_bytes()
    named = [
        stored["path"] for stored in release_of(published.library, published.lesson)["objects"]
    ]
    assert kept.name in named
    parsed = strict_parse(kept)
    assert parsed.variants == strict_parse(published.master).variants
    for playlist in parsed.playlists:
        for uri in playlist.uris:
            assert ((published.folder / playlist.uri).parent / uri).is_file()
    assert set(ffmpeg_decode(kept).frames) == {published.pictures}


def test_ffmpeg_decodes_every_picture_of_every_variant(published: Published) -> None:
    decoded = ffmpeg_decode(published.master)
    assert decoded.status == 0, decoded.errors
    assert decoded.errors == ""
    assert set(decoded.frames) == {published.pictures}


def test_idr_pictures_are_at_the_same_times_in_all_variants(published: Published) -> None:
    times = [probe_idr_times(playlist) for playlist in video_playlists(published.master)]
    assert len(times) == 2
    assert times[0] == times[1]
    assert max(b - a for a, b in zip(times[0], times[0][1:], strict=False)) <= Fraction(13, 2)


def test_variants_and_sound_end_together(published: Published) -> None:
    assert ffmpeg_decode(published.master).drift < FRAME


def test_the_release_says_what_is_there(published: Published) -> None:
    release = release_of(published.library, published.lesson)
    assert release["entry"]["title"] == "温室番茄的滴灌"
    for stored in release["objects"]:
        path = published.folder / stored["path"]
        assert path.stat().st_size == stored["size"], path


def test_the_catalog_lists_it(published: Published) -> None:
    catalog = published.library / "catalog"
    pointer = json.loads((catalog / "catalog.json").read_bytes())
    lessons = json.loads((catalog / pointer["path"]).read_bytes())["lessons"]
    assert [lesson["lesson"] for lesson in lessons] == [published.lesson]
    assert (published.folder / lessons[0]["poster"]).is_file()
    release = published.folder / "releases" / f"{lessons[0]['release']}.json"
    assert lessons[0]["sha256"] == hashlib.sha256(release.read_bytes()).hexdigest()
    page = (catalog / "index.html").read_bytes()
    assert len(page) < 100_000
    assert "课件" in page.decode()
    assert (catalog / "feed.xml").is_file()


def test_sound_stays_in_step_for_ten_minutes(tmp_path: Path) -> None:
    recording = make_flashes(tmp_path / "flashes.mp4", 600, every=60, size="160x120")
    done = farm_run(recording, tmp_path / "library", work=tmp_path / "work")
    found = measure(tmp_path / "library" / done.published["master"])
    assert len(found.offsets) == 9
    assert max(map(abs, found.offsets)) < float(FRAME)


def test_the_poorest_line_gets_a_variant_it_can_carry(tmp_path: Path) -> None:
    """Noise is as hard as pictures get: caps hold there, or nowhere."""
    recording = lecture(
        tmp_path / "noise.mp4", seconds=20, size=(426, 240), gop=84, paint=noise, sound=tone()
    )
    done = farm_run(recording, tmp_path / "library", work=tmp_path / "work")
    variants = strict_parse(tmp_path / "library" / done.published["master"]).variants
    peaks = [variant.bandwidth for variant in variants if variant.size and not variant.images]
    assert min(peaks) <= 192_000
