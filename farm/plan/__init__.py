"""Plan: facts and profiles in, every task of the encode out. Pure; execution makes no choices."""

from farm.plan.model import CaptionFile, ChunkPlan, Idents, Material, Plan, ProfilePlan, Reel
from farm.plan.planner import Wanted, make_plan, resolved, timing_of

__all__ = [
    "CaptionFile",
    "ChunkPlan",
    "Idents",
    "Material",
    "Plan",
    "ProfilePlan",
    "Reel",
    "Wanted",
    "make_plan",
    "resolved",
    "timing_of",
]
