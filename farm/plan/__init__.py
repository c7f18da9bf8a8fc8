"""Plan: facts and a profile in, every task of the encode out. Pure; execution makes no choices."""

from farm.plan.model import ChunkPlan, Plan
from farm.plan.planner import make_plan

__all__ = ["ChunkPlan", "Plan", "make_plan"]
