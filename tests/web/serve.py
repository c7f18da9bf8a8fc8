"""A house as a process of its own, to be killed: `python -m tests.web.serve FOLDER PORT`."""

import sys
from pathlib import Path

import structlog
import uvicorn

from encoders.profiles import load
from farm.ledger import open_ledger
from farm.office.desk import Desk
from farm.signing import Signer, load_key, new_key
from farm.store.folder import FolderStore
from farm.web.app import create_app
from farm.web.ports import WebSettings
from tests.web.house import PLENTY, Calls

if __name__ == "__main__":
    folder, port = Path(sys.argv[1]), int(sys.argv[2])
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(40))
    ledger = open_ledger(f"sqlite:///{folder / 'ledger.sqlite'}")
    store = FolderStore(folder / "library")
    key = folder / "signing.pem"
    signer = Signer((load_key(key) if key.exists() else new_key(key),))
    settings = WebSettings(state=folder / "state", spare_disk=0, rates=PLENTY)
    app = create_app(ledger, store, Calls(load(), Desk(ledger, store, signer)), settings)
    uvicorn.run(app, host="127.0.0.1", port=port, log_level="error")
