"""The reference station: a part of a library, fetched over plain HTTP and shown while it comes.

`sync(Options(...)) -> Synced`; what holds, and why, is in docs/stations.md.
"""

from farm.station.model import Choice, Event, Options, Synced
from farm.station.sync import sync

__all__ = ["Choice", "Event", "Options", "Synced", "sync"]
