"""One benchmark: its settings, what was measured so far, and the folders it works in."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.lectures import lecture
from benchmarks.recipe import Recipe, recipe_of
from benchmarks.results import Results
from encoders.facts import Facts
from encoders.profiles import load
from farm.inspection import examine
from farm.model import Metadata, Recording
from farm.pipeline import material_of
from farm.plan import Plan, Reel, Wanted, make_plan, resolved
from farm.recording import identify


@dataclass(slots=True)
class Bench:
    results: Results
    """So far."""
    rounds: int
    long: bool
    """Whether the hour is run whole."""
    recording: Path | None
    """Used at every length in place of a lecture."""
    folder: Path
    """For lectures and all that is made: one file system for all contestants."""
    _plans: dict[tuple[float, tuple[str, ...]], Plan] = field(default_factory=dict)

    def lecture(self, seconds: float) -> Path:
        return self.recording or lecture(seconds, self.folder)

    def identified(self, seconds: float) -> Recording:
        return identify(self.lecture(seconds), Metadata(title="Benchmark", base="bench"))

    def inspect(self, seconds: float) -> Facts:
        with self.scratch() as work:
            return examine(self.identified(seconds), work, lambda _: None)

    def plan(self, seconds: float, names: tuple[str, ...] = ("hls",)) -> Plan:
        """The farm's plan of the recording of this length, for the profiles of these names."""
        if (seconds, names) not in self._plans:
            reel = Reel(material_of(self.identified(seconds)), self.inspect(seconds))
            wanted = Wanted((reel,), 0, resolved(names, load()))
            self._plans[seconds, names] = make_plan(wanted)
        return self._plans[seconds, names]

    def recipe(self, seconds: float) -> Recipe:
        return recipe_of(self.plan(seconds), self.lecture(seconds))

    @contextmanager
    def scratch(self) -> Iterator[Path]:
        """An empty folder, gone afterwards."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=self.folder) as name:
            yield Path(name)
