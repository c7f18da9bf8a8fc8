"""What the service works with."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from encoders.profiles import Profile
from farm.categories import Bases
from farm.ledger import Ledger
from farm.store import Store


@dataclass(frozen=True, slots=True)
class Means:
    ledger: Ledger
    store: Store
    profiles: Mapping[str, Profile]
    state: Path
    """The service's own folder: uploads, recordings, capsules."""
    work: Path
    """For files in progress."""
    bases: Bases = field(default_factory=dict)
    """What is made for whom, and clips; see `farm.categories`."""
    workers: int | None = None
    """Tasks at once; None: one for each core."""
    address: str | None = None
    """Of a Ray cluster; None: a Ray of its own."""
    incoming: str | None = None
    """URL of a folder or bucket prefix in which `<base>/` folders are looked through."""
    public_url: str | None = None

    @property
    def capsules(self) -> Path:
        return self.state / "capsules"

    @property
    def recordings(self) -> Path:
        """`<job>/recording.<ext>` and what was handed in with it."""
        return self.state / "jobs"
