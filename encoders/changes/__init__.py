"""Changes of slide and scene, found in the pictures of a chunk's one decode."""

from encoders.changes.finder import ChangeFinder, Found, Opening, Sought
from encoders.changes.seam import Differs, differs
from encoders.changes.tracker import SAME_TRANSITION

__all__ = [
    "SAME_TRANSITION",
    "ChangeFinder",
    "Differs",
    "Found",
    "Opening",
    "Sought",
    "differs",
]
