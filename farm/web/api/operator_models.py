"""The values of an operator's API. Moments are ISO 8601 in UTC, durations seconds."""

from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

NODE = "c0ffee12"


class RunningValue(BaseModel):
    job: str
    name: str
    base: str
    task: str = Field(examples=["chunk 3"])
    attempt: int
    since: str | None
    pid: int | None
    progress: float | None


class NodeValue(BaseModel):
    id: str = Field(examples=[NODE])
    host: str
    slots: int
    state: str = Field(examples=["active", "draining", "resting"])
    until: str | None
    failures: int
    here: bool = Field(description="Whether it is seen now.")
    empty: bool = Field(description="Drained, and holds nothing: it may be switched off.")
    running: list[RunningValue]


class QueueValue(BaseModel):
    base: str
    weight: float
    paused: bool
    jobs: int
    hours: float
    waiting: int | None = Field(
        description="Pieces of work that wait for a slot; null where no dispatcher says."
    )
    oldest: str | None


class DiskValue(BaseModel):
    name: str
    free: int
    total: int


class CapsuleValue(BaseModel):
    id: str
    job: str
    at: str
    node: str | None
    error: str


class TroubleValue(BaseModel):
    job: str
    kind: str
    attempt: int
    node: str | None
    outcome: str
    error: str | None
    ended: str | None


class BoardValue(BaseModel):
    at: str
    leads: bool = Field(description="Whether the dispatcher is in the process that answers.")
    leader: str | None
    paused: bool
    slots: int
    busy: int
    scale: int | None = Field(description="Slots an operator asked for.")
    policy: "ScalePolicy | None"
    asked: int | None = Field(description="Slots the cluster was asked for, by one or the other.")
    refused: str | None = Field(description="Why they cannot be had.")
    done: int | None
    failed: int | None
    retries: int | None
    nodes: list[NodeValue]
    queues: list[QueueValue]
    disks: list[DiskValue]
    capsules: list[CapsuleValue]
    trouble: list[TroubleValue]


class _Said(BaseModel):
    model_config = ConfigDict(extra="forbid")


class NodeSaid(_Said):
    state: Literal["active", "draining", "resting"]
    seconds: float | None = Field(None, gt=0, le=7 * 86400, description="Of a rest.")


class Switch(_Said):
    on: bool


class Scale(_Said):
    slots: int = Field(ge=0, le=4096)


class ScalePolicy(_Said):
    """Slots for the work that is known of: as many as do it in `seconds`."""

    min: int = Field(ge=0, le=4096)
    max: int = Field(ge=0, le=4096)
    seconds: float = Field(ge=60, le=7 * 86400)


class Order(_Said):
    priority: Literal["urgent", "normal", "stock"] | None = None
    deadline: AwareDatetime | None = Field(None, description="With its offset from UTC.")


class BaseSaid(_Said):
    name: str | None = Field(None, min_length=1, max_length=120)
    name_zh: str | None = Field(None, min_length=1, max_length=120)
    weight: float | None = Field(None, ge=0.01, le=100)
    hours_wanted: float | None = Field(None, ge=0, le=100_000)
    paused: bool | None = None


class BaseSeen(BaseModel):
    id: str
    name: str
    name_zh: str
    weight: float
    hours_wanted: float | None
    paused: bool


class KeySaid(_Said):
    role: Literal["base", "office", "operator"]
    base: str | None = Field(None, pattern="^[a-z0-9-]{1,32}$")
    label: str = Field("", max_length=120)
    days: int | None = Field(None, ge=1, le=3660)


class KeyValue(BaseModel):
    id: str
    role: str
    base: str | None
    label: str
    created: str
    used: str | None
    expires: str | None
    revoked: str | None


class KeyMade(KeyValue):
    key: str = Field(description="Shown this once.")
