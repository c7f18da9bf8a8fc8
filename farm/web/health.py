"""`/healthz`: whether this process can answer, for who restarts it or leads requests to it."""

from fastapi import APIRouter
from fastapi.responses import PlainTextResponse, Response

from farm.errors import LedgerError
from farm.ledger import leases
from farm.ledger.leases import DISPATCHER
from farm.web.sessions import TheWeb

router = APIRouter(include_in_schema=False)


@router.get("/healthz")
@router.head("/healthz")
def health(web: TheWeb) -> Response:
    """200, or 503 where the ledger is away. Needs no key, and tells nothing else."""
    try:
        with web.ledger.read() as tx:
            leases.get(tx, DISPATCHER)
    except LedgerError:
        return PlainTextResponse("the ledger is away\n", 503, {"Cache-Control": "no-store"})
    return PlainTextResponse("well\n", headers={"Cache-Control": "no-store"})
