"""The whole benchmark on six seconds: it runs, and every figure is there. Times are not judged."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from benchmarks import peers, plots
from benchmarks.results import Who

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `--quick` leaves behind, of a small clip."""
    folder = tmp_path_factory.mktemp("benchmark")
    clip = folder / "clip.mp4"
    inputs = ["-f", "lavfi", "-i", "testsrc2=size=640x360:rate=25:duration=6"]
    inputs += ["-f", "lavfi", "-i", "sine=frequency=300:sample_rate=48000:duration=6"]
    encode = ["-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-c:a", "aac"]
    subprocess.run([peers.ffmpeg(), "-v", "error", *inputs, *encode, str(clip)], check=True)
    subprocess.run(
        [
            *[sys.executable, "-m", "benchmarks", "--quick", "--recording", str(clip)],
            *["--json", str(folder / "benchmarks.json"), "--folder", str(folder / "bench")],
        ],
        cwd=ROOT,
        check=True,
    )
    return folder


@pytest.fixture(scope="module")
def document(made: Path) -> dict[str, Any]:
    return json.loads((made / "benchmarks.json").read_text(encoding="utf-8"))


def test_every_figure_is_measured_and_none_is_judged(document: dict[str, Any]) -> None:
    assert len(document["figures"]) == 28
    for figure in document["figures"]:
        assert figure["value"] is not None, figure["name"]
        assert figure["value"] > 0 or figure["unit"] == "VMAF", figure["name"]
        assert figure["holds"] is None


def test_every_contestant_ran_once_and_cost_something(document: dict[str, Any]) -> None:
    runs = document["results"]["runs"]

    assert sorted(run["who"] for run in runs) == sorted(Who)
    for run in runs:
        assert run["wall"] > 0
        assert run["cpu"] > 0


def test_workers_and_stages_were_seen(document: dict[str, Any]) -> None:
    whole, tasks = document["results"]["memory"]

    assert (whole["whole"], tasks["whole"]) == (True, False)
    assert whole["own"] == 0  # six seconds are done without a Ray worker
    assert min(whole["child"], tasks["child"]) > 10_000_000
    assert {"decode", "scale", "encode", "audio"} <= set(document["results"]["stages"])


def test_the_machine_is_described_without_naming_it(document: dict[str, Any]) -> None:
    machine = document["results"]["machine"]

    assert {"processor", "processors", "memory", "CPU seconds counted by"} <= set(machine)
    assert str(ROOT) not in json.dumps(machine)


def test_page_and_plots_lie_beside_the_json(made: Path) -> None:
    text = (made / "benchmarks.md").read_text(encoding="utf-8")

    assert "not measured" not in text
    for name in (plots.WALL, plots.STAGES, plots.DISCS):
        assert f"images/{name}" in text
        assert (made / "images" / name).stat().st_size > 0


def test_nothing_is_left_of_the_runs(made: Path) -> None:
    assert list((made / "bench").iterdir()) == []
