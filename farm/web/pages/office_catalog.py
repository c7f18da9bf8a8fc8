"""The office's door: the catalog, what the next one changes, and a step back."""

import time
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import Response

from farm.errors import FarmError, NotFound, Overtaken
from farm.ledger import releases
from farm.ledger.states import Role
from farm.model import clean_title
from farm.office.draft import Draft
from farm.signing import fingerprint, public_text
from farm.web.pages.office import back
from farm.web.rendering import page
from farm.web.sessions import TheOffice, TheWeb, Web, require
from farm.web.sorry import Clash, Missing, Sorry

router = APIRouter(prefix="/office", dependencies=[Depends(require(Role.OFFICE))])

HISTORY = 50
SHOWN = 200
"""Changes a page lists; the sums are of all."""


# --- the catalog ---------------------------------------------------------------------------------


@router.get("/catalog")
def catalog(request: Request, web: TheWeb) -> Response:
    return _catalog(request, web, web.service.office.draft())


@router.get("/catalog/back/{number}")
def look_back(request: Request, web: TheWeb, number: int) -> Response:
    """What a step back would change."""
    try:
        return _catalog(request, web, web.service.office.draft_back(number))
    except NotFound as error:
        raise Missing from error


def _catalog(request: Request, web: Web, draft: Draft, sorry: Sorry | None = None) -> Response:
    with web.ledger.read() as tx:
        history = releases.every(tx, HISTORY)
    keys = web.service.office.signer.trusted
    values = {
        "draft": draft,
        "changes": draft.difference,
        "shown": SHOWN,
        "history": history,
        "keys": [(fingerprint(one), public_text(one)) for one in keys],
        "signed": web.service.office.signed(),
        "sorry": sorry,
    }
    return page(request, "office_catalog.html", values, status=sorry.status if sorry else 200)


@router.post("/catalog")
def release(
    request: Request,
    web: TheWeb,
    who: TheOffice,
    mark: Annotated[str, Form(max_length=64)],
    note: Annotated[str, Form(max_length=400)] = "",
    back_to: Annotated[int | None, Form(ge=1)] = None,
) -> Response:
    """What was looked at becomes the catalog, by one swap."""
    office = web.service.office
    try:
        draft = office.seen(mark, back_to=back_to)
        office.release(draft, time.time(), by=who.by, note=clean_title(note, 400))
    except Overtaken as error:
        draft = office.draft() if back_to is None else office.draft_back(back_to)
        clash = Clash("内容在查看后有变化，请重新核对后再发布。", str(error))
        return _catalog(request, web, draft, clash)
    except FarmError as error:
        return _catalog(request, web, office.draft(), Clash("发布没有完成。", str(error)))
    return back("/office/catalog", "released")
