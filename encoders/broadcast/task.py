"""What one broadcast stream is made of."""

from dataclasses import dataclass
from fractions import Fraction

from encoders.tasks import Elementary, RasterRendition, SoundResult


@dataclass(frozen=True, slots=True)
class Satellite:
    """Where a receiver tunes in to: the satellite_delivery_system_descriptor of EN 300 468."""

    frequency: int
    """kHz of the downlink, e.g. 12_500_000."""
    orbit: int
    """Tenths of a degree."""
    east: bool
    polarisation: str
    """`h`, `v`, `l` or `r`."""
    symbol_rate: int
    """Symbols a second."""
    fec: str
    """Inner code rate, e.g. `3/4`."""


@dataclass(frozen=True, slots=True)
class Service:
    """What receivers list a stream under. Numbers are 16 bits; names are in any script."""

    service_id: int
    ts_id: int
    original_network_id: int
    name: str
    provider: str
    network: str
    network_id: int
    satellite: Satellite | None = None
    """None where an operator's multiplexer writes its own network table."""


@dataclass(frozen=True, slots=True)
class SoundTrack:
    language: str
    """ISO 639-2, e.g. `chi`, `eng`; `und` where unknown."""
    sound: SoundResult
    """`mp2` or `aac`."""


@dataclass(frozen=True, slots=True)
class BroadcastTask:
    """Multiplex one lesson at a constant rate. Result: `Product`."""

    name: str
    """What the file is called, before its hash."""
    pieces: tuple[Elementary, ...]
    """The lesson from slot 0 on, without a gap; H.264."""
    rendition: RasterRendition
    """What the pieces were made to: they keep to its `maxrate` and `buffer`."""
    sounds: tuple[SoundTrack, ...]
    """The first is the default one; may be empty."""
    muxrate: int
    """Bits a second of the whole stream, null packets included."""
    service: Service
    duration: Fraction
    """Seconds of the lesson."""
    inputs: str
    """Folder of the pieces and of the sound."""
    folder: str
