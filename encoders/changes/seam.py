"""The pictures at both ends of a span as text, so that a change between two spans is not missed."""

import base64
import io
import json
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from PIL import Image

from encoders.changes.compare import compare, difference
from encoders.changes.look import COLUMNS, ROWS, Look, Mask, look_of
from encoders.changes.tracker import End, stands_out, sure

_QUALITY = 85


@dataclass(frozen=True, slots=True)
class Differs:
    """A change between two spans."""

    time: Fraction
    """Lesson clock, seconds."""
    score: float
    """How sure, 0 to 1."""


def differs(tail: str, head: str) -> Differs | None:
    """Whether the picture changes between a span that ends as `tail` and one that begins as `head`.

    Both are what `ChangeFinder.result` gave. Raises ValueError for any other text.
    """
    before, after = _read(tail), _read(head)
    compared = compare(before.look, after.look, before.ignored | after.ignored)
    if not compared.differs or not stands_out(
        compared.share,
        difference(before.look, after.look).distance,
        (before.restless + after.restless) / 2,
        (before.distance + after.distance) / 2,
    ):
        return None
    return Differs(before.time if before.pending else after.time, sure(compared.share))


def signature(end: End, rate: Fraction) -> str:
    shown = end.pending or end.step
    out = io.BytesIO()
    Image.fromarray(end.step.look.planes).save(out, "JPEG", quality=_QUALITY, optimize=True)
    return json.dumps(
        {
            "time": str(shown.arrival.slot / rate),
            "pending": end.pending is not None,
            "ignored": np.packbits(end.ignored).tobytes().hex(),
            "restless": round(end.restless, 3),
            "distance": round(end.distance, 2),
            "picture": base64.b64encode(out.getvalue()).decode(),
        },
        separators=(",", ":"),
    )


@dataclass(frozen=True, slots=True)
class _Signature:
    time: Fraction
    pending: bool
    look: Look
    ignored: Mask
    restless: float
    distance: float


def _read(text: str) -> _Signature:
    try:
        values = json.loads(text)
        with Image.open(io.BytesIO(base64.b64decode(values["picture"])), formats=("JPEG",)) as seen:
            look = look_of(np.asarray(seen))
        bits = np.frombuffer(bytes.fromhex(values["ignored"]), np.uint8)
        return _Signature(
            time=Fraction(values["time"]),
            pending=bool(values["pending"]),
            look=look,
            ignored=np.unpackbits(bits, count=ROWS * COLUMNS).reshape(ROWS, COLUMNS).astype(bool),
            restless=float(values["restless"]),
            distance=float(values["distance"]),
        )
    except (KeyError, TypeError, OSError, ValueError) as error:
        raise ValueError(f"no signature of a span's end: {text[:40]!r} ({error})") from error
