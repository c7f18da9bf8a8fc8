"""What the process that leads tells the others: how the dispatcher stands, in the ledger.

Only that process has a dispatcher; pages and metrics of every other one are made of this.
"""

import dataclasses
import time
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection

from farm.ledger import switches
from workers.status import Status

BULLETIN = "dispatcher"
"""Switch: where it stands."""
EMPTY = "empty"
"""Note of a drained node that holds nothing any more: its machine may be switched off."""
FRESH = 30.0
"""Seconds after which it is not to be believed."""


@dataclasses.dataclass(frozen=True, slots=True)
class Asked:
    """Of the cluster."""

    slots: int | None = None
    """None: nothing."""
    refused: str | None = None
    """Why it cannot be had."""


def post(tx: Connection, status: Status, asked: Asked) -> None:
    value = {"at": time.time(), "status": plain(status), "asked": plain(asked)}
    switches.put(tx, BULLETIN, value)


def read(tx: Connection) -> tuple[Mapping[str, Any], Asked]:
    """How the dispatcher stands, empty where nobody has said so lately, and what it asked for."""
    value = switches.get(tx, BULLETIN)
    if not isinstance(value, dict) or time.time() - value["at"] > FRESH:
        return {}, Asked()
    return value["status"], Asked(**value["asked"])


def plain(value: Any) -> Any:
    """Dataclasses and sets as JSON values."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {
            field.name: plain(getattr(value, field.name)) for field in dataclasses.fields(value)
        }
    if isinstance(value, tuple | list):
        return [plain(one) for one in value]
    if isinstance(value, frozenset | set):
        return sorted(value)
    return value
