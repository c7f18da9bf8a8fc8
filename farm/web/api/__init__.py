"""The HTTP API: JSON in, JSON out, described by `/api/openapi.json`."""

from typing import Any

from fastapi import APIRouter

from farm.web.api.base import router as base
from farm.web.api.office import router as office
from farm.web.api.office_courses import router as office_courses
from farm.web.api.operator import router as operator
from farm.web.api.uploads import router as uploads
from farm.web.api.watching import router as watching

TAGS: list[dict[str, Any]] = [
    {"name": "who", "description": "The key one asks with."},
    {"name": "jobs", "description": "Recordings handed in, and how far they are."},
    {"name": "lessons", "description": "What came of them."},
    {"name": "uploads", "description": "Sending files, by tus 1.0."},
    {"name": "office", "description": "Verdicts, catalogs, numbers."},
    {"name": "operator", "description": "What runs where, and what is to."},
    {"name": "events", "description": "What happens, as it happens."},
]

router = APIRouter(prefix="/api")
router.include_router(uploads)
router.include_router(base, prefix="/v1")
router.include_router(watching, prefix="/v1")
router.include_router(operator, prefix="/v1")
router.include_router(office, prefix="/v1")
router.include_router(office_courses, prefix="/v1")
