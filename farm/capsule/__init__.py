"""Failure capsules: a piece of work that failed for good, kept so that it can be run again."""

from farm.capsule.model import BadCapsule, Capsule, Tried, Versions
from farm.capsule.written import capsule_of, errand_of, read_capsule, write_capsule

__all__ = [
    "BadCapsule",
    "Capsule",
    "Tried",
    "Versions",
    "capsule_of",
    "errand_of",
    "read_capsule",
    "write_capsule",
]
