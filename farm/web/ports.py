"""What the web needs of the service behind it, and what it is told when it starts."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from encoders.profiles import Profile
from farm.office.desk import Desk

GIB = 1 << 30


class Service(Protocol):
    """The service as the web sees it. It reads the ledger for itself; these calls wake it, so that
    nobody waits for its next look. None of them blocks, and none raises.
    """

    @property
    def profiles(self) -> Mapping[str, Profile]:
        """By name: what may be asked for."""
        ...

    @property
    def holds(self) -> bool:
        """Whether lessons wait for the office's approval."""
        ...

    @property
    def office(self) -> Desk:
        """Where catalogs are released."""
        ...

    def submitted(self, job: str) -> None:
        """A job's row was added, in state `received`."""
        ...

    def cancel(self, job: str) -> None:
        """`jobs.cancel` was set: what runs for it is to end within two seconds."""
        ...

    def go_on(self, job: str) -> None:
        """A job that was asking has been moved to `queued`."""
        ...

    def changed(self) -> None:
        """Something else was changed that the dispatcher should look at: a switch, a node."""
        ...

    def scale(self, slots: int) -> None:
        """Ask for workers of so many slots. Raises WorkerError where nobody can grant them."""
        ...

    def status(self) -> Mapping[str, Any]:
        """What the dispatcher is doing, as JSON values, for operators."""
        ...


@dataclass(frozen=True, slots=True)
class Rates:
    """How often one may ask, as `limits` writes it: `10/minute`."""

    log_in_address: str = "20/minute"
    """Log-ins that failed, from one address."""
    log_in_key: str = "10/minute"
    """Log-ins that failed, with one key's id."""
    api: str = "1200/minute"
    """Requests with one key, uploads' own not counted."""
    uploads: str = "6000/minute"
    """Requests of uploads with one key: a poor line makes many."""


@dataclass(frozen=True, slots=True)
class WebSettings:
    state: Path
    """The service's own folder: `uploads/` and `jobs/` are in it, on one file system."""
    secure: bool = False
    """Whether the way to the browser is https though the last step is not (a proxy in front)."""
    largest_upload: int = 256 * GIB
    """Bytes of one file."""
    largest_body: int = 1 << 20
    """Bytes of a form or of JSON; uploads have their own limit."""
    spare_disk: int = 1 * GIB
    """Bytes that stay free in the state folder: an upload that would need them is refused."""
    upload_days: float = 7.0
    """Days after which an upload that nobody went on with is dropped."""
    rates: Rates = field(default_factory=Rates)
    shown: str = "农村课件制作平台"
    """The name at the top of every page, and in English below it."""
    shown_en: str = "Courseware farm"

    @property
    def uploads(self) -> Path:
        return self.state / "uploads"

    @property
    def jobs(self) -> Path:
        return self.state / "jobs"
