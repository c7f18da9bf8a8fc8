"""What the service knows: who, what is handed in, made, approved, released. SQLite or PostgreSQL.

`open_ledger(url)` gives a `Ledger`; `with ledger.begin() as tx:` is a change, and
`with ledger.read() as tx:` a look. Functions are by subject (`farm.ledger.jobs`, `.tasks`, …), take
`tx` first and give back the values of `farm.ledger.model`. They hold no policy. docs/ledger.md has
the guarantees.
"""

from farm.errors import LedgerBusy, LedgerConflict, LedgerError
from farm.ledger.engine import Ledger
from farm.ledger.migrate import open_ledger

__all__ = ["Ledger", "LedgerBusy", "LedgerConflict", "LedgerError", "open_ledger"]
