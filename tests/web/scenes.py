"""Rows as the service leaves them: jobs in every state, a lesson with its release."""

import secrets
import time
from fractions import Fraction
from typing import Any

from encoders.findings import finding
from farm.ledger import estimates, jobs, lessons
from farm.ledger.model import Job, LessonRow
from farm.ledger.states import JobState
from farm.service.telling import plain_findings
from tests.web.house import House

WARNINGS = plain_findings(
    (
        finding("silent-audio", Fraction(750), Fraction(1090)),
        finding("dead-channel", side="left", side_zh="左"),
        finding("black-picture", Fraction(60), Fraction(125)),
        finding("letterbox", share=12),
    )
)
REFUSAL = plain_findings((finding("unfinished"),))
BROKEN = (
    "The encoder failed three times at 12:30; copy the recording again and submit it. "
    "编码器在 12:30 处三次失败，请重新复制录像后再提交。"
)


def job(home: House, state: JobState, name: str, base: str = "changsha", **fields: Any) -> Job:
    """A job of that state in the ledger; 40 minutes of recording."""
    now = time.time()
    ended = now - 60 if state in (JobState.DONE, JobState.FAILED, JobState.REFUSED) else None
    row = Job(
        **{
            "id": secrets.token_hex(16),
            "base": base,
            "name": name,
            "path": "",
            "size": 1_840_000_000,
            "created": now - 900,
            "state": state,
            "duration": 2400.0,
            "ended": ended,
            **fields,
        }
    )
    with home.ledger.begin() as tx:
        return jobs.add(tx, row)


def under_way(home: House, name: str = "水稻育秧技术（第二讲）", share: float = 0.42) -> Job:
    now = time.time()
    made = job(
        home,
        JobState.RUNNING,
        name,
        work=1000.0,
        done=1000.0 * share,
        stage="encode",
        queued=now - 600,
        started=now - 300,
    )
    with home.ledger.begin() as tx:
        estimates.add(tx, made.id, now, 0, now + 300, now + 420, now + 700)
    return made


def every_state(home: House) -> dict[str, Job]:
    """One job of each kind that a base meets."""
    now = time.time()
    made = {
        "running": under_way(home),
        "asking": job(home, JobState.ASKING, "温室番茄的滴灌.mp4", findings=WARNINGS),
        "queued": job(home, JobState.QUEUED, "柑橘病虫害防治", work=900.0, queued=now - 60),
        "failed": job(home, JobState.FAILED, "农民专业合作社.mov", error=BROKEN, status=4),
        "refused": job(
            home,
            JobState.REFUSED,
            "录像0001.mp4",
            findings=REFUSAL,
            error="录制没有正常结束：文件缺少索引（moov）或索引已损坏。 It was never finished.",
            status=3,
        ),
    }
    with home.ledger.begin() as tx:
        estimates.add(tx, made["queued"].id, now, 3, now + 1200, now + 1800, now + 3600)
    return made


def lesson_row(home: House, id: str, title: str, **fields: Any) -> LessonRow:
    row = LessonRow(
        **{
            "id": id,
            "base": id.rpartition("-")[0],
            "title": title,
            "category": "agriculture",
            "duration": 2400.0,
            "updated": time.time(),
            **fields,
        }
    )
    with home.ledger.begin() as tx:
        lessons.put(tx, row)
    return row
