"""Playlists as other people's readers see them: PyPI m3u8, and npm hls-parser in strict mode."""

import json
import shutil
import subprocess
from fractions import Fraction
from pathlib import Path

import m3u8
import pytest

from manifests.model import Presentation
from tests.manifests.lessons import audio_programme, lesson, silent, texts_of, two_languages

ROOT = Path(__file__).parents[2]
LESSONS = {
    "film": lesson(),
    "two languages": two_languages(),
    "silent": silent(),
    "audio programme": audio_programme(),
    "short": lesson(Fraction(2)),
}
SCRIPT = """
const HLS = require("hls-parser");
HLS.setOptions({strictMode: true});
const texts = JSON.parse(require("fs").readFileSync(0, "utf8"));
const seen = {};
for (const [path, text] of Object.entries(texts)) {
  const list = HLS.parse(text);
  seen[path] = list.isMasterPlaylist
    ? {variants: list.variants.length, audio: list.variants[0].audio.length}
    : {seconds: list.segments.reduce((sum, s) => sum + s.duration, 0), vod: list.playlistType};
}
console.log(JSON.stringify(seen));
"""


@pytest.mark.parametrize("name", LESSONS)
def test_m3u8_reads_what_was_written(name: str) -> None:
    p = LESSONS[name]
    texts = texts_of(p)
    master = m3u8.loads(texts["master.m3u8"])
    assert [playlist.uri for playlist in master.playlists] != []
    assert len(master.iframe_playlists) == len(p.video)
    for playlist in master.playlists:
        listed = m3u8.loads(texts[playlist.uri])
        assert listed.is_endlist
        assert listed.playlist_type == "vod"
        assert sum(segment.duration for segment in listed.segments) == pytest.approx(
            float(p.duration), abs=0.03
        )


@pytest.mark.skipif(
    not (shutil.which("node") and (ROOT / "node_modules/hls-parser").is_dir()),
    reason="needs node and `npm ci`",
)
@pytest.mark.parametrize("name", LESSONS)
def test_hls_parser_reads_it_in_strict_mode(name: str) -> None:
    p: Presentation = LESSONS[name]
    texts = {path: text for path, text in texts_of(p).items() if path.endswith(".m3u8")}
    done = subprocess.run(
        ["node", "-e", SCRIPT],
        input=json.dumps(texts),
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=60,
    )
    assert (done.returncode, done.stderr) == (0, "")
    seen = json.loads(done.stdout)
    assert seen["master.m3u8"]["variants"] == 2 * len(p.video) + bool(p.audio)
    assert seen["master.m3u8"]["audio"] == len(p.audio)
    for path in texts.keys() - {"master.m3u8"}:
        assert seen[path]["vod"] == "VOD"
        assert seen[path]["seconds"] == pytest.approx(float(p.duration), abs=0.03)
