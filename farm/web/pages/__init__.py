"""Pages for people: HTML, with htmx where a part of one changes."""

from fastapi import APIRouter

from farm.web import media
from farm.web.pages.base import router as base
from farm.web.pages.door import router as door
from farm.web.pages.office import router as office
from farm.web.pages.office_catalog import router as office_catalog
from farm.web.pages.office_courses import router as office_courses
from farm.web.pages.office_numbers import router as office_numbers
from farm.web.pages.operator import router as operator

router = APIRouter(include_in_schema=False)
router.include_router(door)
router.include_router(base)
router.include_router(office)
router.include_router(office_catalog)
router.include_router(office_courses)
router.include_router(office_numbers)
router.include_router(operator)
router.include_router(media.router)
