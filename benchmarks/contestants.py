"""Each contestant, run once on one recording."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from benchmarks import meter, peers
from benchmarks.memory import PeakWatch
from benchmarks.outputs import SLACK, WrongOutput, check
from benchmarks.recipe import Recipe
from benchmarks.results import Who
from encoders import wire
from farm.plan import Plan

PEERS: dict[Who, Callable[[Recipe, Path], list[peers.Command]]] = {
    Who.MULTI: peers.multi_output,
    Who.SINGLE: peers.one_per_rendition,
    Who.SHAKA: peers.shaka,
    Who.SHAKA_AS_SHIPPED: peers.shaka_as_shipped,
}


def farm_command(*arguments: str) -> peers.Command:
    """The farm's own program, of this interpreter."""
    return [sys.executable, "-c", "from farm.cli import main; main()", *arguments]


def run_farm(recipe: Recipe, folder: Path, watch: PeakWatch | None = None) -> meter.Usage:
    """`farm run` into the store `folder`; everything a person gets is included."""
    command = farm_command("run", str(recipe.recording), "--store", str(folder / "store"))
    command += ["--base", "bench", "--work", str(folder / "work"), "--json"]
    usage = meter.run([command], watch=watch)
    check(recipe, folder / "store")
    return usage


def run_farm_again(recipe: Recipe, folder: Path) -> meter.Usage:
    """The same command on the same store. Raises WrongOutput where anything was made again."""
    usage = run_farm(recipe, folder)
    events = [json.loads(line) for line in usage.output.splitlines()]
    tasks = sum(event["tasks"] for event in events if event["event"] == "planned")
    if tasks:
        raise WrongOutput(f"The second run did {tasks} tasks; did the encoders change meanwhile?")
    return usage


def run_peer(who: Who, recipe: Recipe, folder: Path) -> meter.Usage:
    usage = meter.run(PEERS[who](recipe, folder))
    check(recipe, folder, slack=SLACK)
    return usage


def run_floor(plan: Plan, folder: Path) -> meter.Usage:
    """The encoders alone, as many chunks at once as the farm has workers.

    Processors that share a core or a cache slow each other down; so the floor is measured under
    the same crowd as the farm, heaviest chunks first as there.
    """
    requests = []
    for chunk in sorted(plan.chunks, key=lambda chunk: -chunk.weight):
        path = folder / f"chunk-{chunk.index}.json"
        wire.write(path, chunk.task)
        requests.append([sys.executable, "-m", "benchmarks.floor", str(path)])
    began = time.perf_counter()
    with ThreadPoolExecutor(os.cpu_count()) as crowd:
        seconds = list(crowd.map(_printed_seconds, requests))
    return meter.Usage(wall=time.perf_counter() - began, cpu=sum(seconds), output="")


def _printed_seconds(command: peers.Command) -> float:
    done = subprocess.run(command, cwd=meter.ROOT, check=True, stdout=subprocess.PIPE, text=True)
    return float(done.stdout)
