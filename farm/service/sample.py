"""Sample data of `make serve`: bases, a key for each role, and a recording on its way."""

import hashlib
import secrets
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

from farm.ledger import bases, events, jobs, keys
from farm.ledger.model import Base, Job
from farm.ledger.states import Role
from farm.service.means import Means
from farm.service.service import Service

BASES = (
    Base("changsha", "Changsha", "长沙", created=0.0, hours_wanted=120.0),
    Base("xiangxi", "Xiangxi", "湘西", created=0.0, hours_wanted=80.0),
)
ASKED = {
    "metadata": {
        "title": "温室番茄的滴灌 · Drip irrigation of greenhouse tomatoes",
        "category": "agriculture",
        "course": "设施农业",
        "number": 3,
    },
    "profiles": ["hls", "download"],
    "go_on": True,
}
WHOSE = (
    (Role.BASE, "changsha", "长沙基地 · Changsha base"),
    (Role.OFFICE, None, "省中心 · Provincial office"),
    (Role.OPERATOR, None, "运维 · Operator"),
)


def hand_in_sample(means: Means, service: Service, recording: Path) -> Iterator[str]:
    """Where the ledger is empty; yields what is to be told: whose key is which."""
    now = time.time()
    with means.ledger.read() as tx:
        if bases.every(tx):
            return
    with means.ledger.begin() as tx:
        for base in BASES:
            bases.add(tx, base)
        made = [(label, keys.issue(tx, role, base, label)[1]) for role, base, label in WHOSE]
    job = _job(means, recording, now, holds=service.holds)
    with means.ledger.begin() as tx:
        jobs.add(tx, job)
        events.add(tx, "job-received", {"name": job.name}, job=job.id, base=job.base)
    service.submitted(job.id)
    yield "Log in with one of these keys; they are shown this once. 请用以下密钥登录，仅显示一次："
    yield from (f"  {label}\n    {text}" for label, text in made)


def _job(means: Means, recording: Path, now: float, *, holds: bool) -> Job:
    id = secrets.token_hex(16)
    folder = means.recordings / id
    folder.mkdir(parents=True)
    path = Path(shutil.copy2(recording, folder / f"recording{recording.suffix}"))
    with path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    return Job(
        id=id,
        base=BASES[0].id,
        name=str(ASKED["metadata"]["title"]),  # type: ignore[index]
        path=str(path),
        size=path.stat().st_size,
        created=now,
        sha256=sha256,
        lesson=f"{BASES[0].id}-{sha256[:12]}",
        asked=ASKED,
        hold=holds,
    )
