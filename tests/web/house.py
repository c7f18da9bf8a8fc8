"""A farm's web over a real ledger and a real store, with a service that does nothing by itself."""

import socket
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import uvicorn

from encoders.profiles import Profile, load
from farm.ledger import Ledger, bases, keys, open_ledger
from farm.ledger.model import Base
from farm.ledger.states import Role
from farm.office.desk import Desk
from farm.signing import Signer, new_key
from farm.store import Store
from farm.store.folder import FolderStore
from farm.web.app import create_app
from farm.web.ports import Rates, WebSettings
from workers.errors import WorkerError

PLENTY = Rates("1000/minute", "1000/minute", "100000/minute", "100000/minute")
"""For tests of other things than how often one may ask."""


@dataclass(slots=True)
class Calls:
    """A service that notes what it is told; the test does its work in the ledger."""

    profiles: Mapping[str, Profile]
    office: Desk
    holds: bool = False
    heard: list[tuple[str, str]] = field(default_factory=list)
    most_slots: int | None = None
    """As a cluster without an autoscaler has them; None: as many as are wanted."""

    def submitted(self, job: str) -> None:
        self.heard.append(("submitted", job))

    def cancel(self, job: str) -> None:
        self.heard.append(("cancel", job))

    def go_on(self, job: str) -> None:
        self.heard.append(("go_on", job))

    def changed(self) -> None:
        self.heard.append(("changed", ""))

    def scale(self, slots: int) -> None:
        if self.most_slots is not None and slots > self.most_slots:
            raise WorkerError("this Ray has no autoscaler; start or stop workers by hand")
        self.heard.append(("scale", str(slots)))

    def status(self) -> Mapping[str, Any]:
        return {}


@dataclass(frozen=True, slots=True)
class House:
    """Two bases, and a key for each role."""

    folder: Path
    ledger: Ledger
    store: Store
    service: Calls
    settings: WebSettings
    keys: Mapping[str, str]
    """Texts, by `changsha`, `hengyang`, `office` and `operator`."""


def token_of(html: str) -> str:
    return html.partition('<meta name="csrf" content="')[2].partition('"')[0]


@contextmanager
def house(
    folder: Path, *, library: Path | None = None, base: str | None = None, **settings: Any
) -> Iterator[House]:
    """`library`: one that is there already; `base`: a third one, with a key of its name."""
    ledger = open_ledger(f"sqlite:///{folder / 'ledger.sqlite'}")
    store = FolderStore(library or folder / "library")
    store.probe()
    with ledger.begin() as tx:
        now = time.time()
        bases.add(tx, Base("changsha", "Changsha", "长沙", now, hours_wanted=120.0))
        bases.add(tx, Base("hengyang", "Hengyang", "衡阳", now))
        made = {
            "changsha": keys.issue(tx, Role.BASE, "changsha", "长沙基地 张老师"),
            "hengyang": keys.issue(tx, Role.BASE, "hengyang", "衡阳基地 李老师"),
            "office": keys.issue(tx, Role.OFFICE, None, "省办 王主任"),
            "operator": keys.issue(tx, Role.OPERATOR, None, "运维 小赵"),
        }
        if base:
            bases.add(tx, Base(base, base.title(), base, now))
            made[base] = keys.issue(tx, Role.BASE, base, base)
    chosen = {"rates": PLENTY, "spare_disk": 0, **settings}
    yield House(
        folder=folder,
        ledger=ledger,
        store=store,
        service=Calls(load(), Desk(ledger, store, Signer((new_key(folder / "signing.pem"),)))),
        settings=WebSettings(state=folder / "state", **chosen),
        keys={name: text for name, (_, text) in made.items()},
    )
    ledger.close()


class Server:
    """The web under uvicorn in a thread, on a port that stays the same when it is started again."""

    def __init__(self, house: House) -> None:
        self.house = house
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        house = self.house
        self._app = create_app(house.ledger, house.store, house.service, house.settings)
        config = uvicorn.Config(
            self._app,
            host="127.0.0.1",
            port=self.port,
            log_level="error",
            timeout_graceful_shutdown=1,
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, daemon=True)
        self._thread.start()
        until = time.monotonic() + 20
        while not self._server.started:
            assert time.monotonic() < until, "the server does not start"
            time.sleep(0.02)

    def stop(self) -> None:
        self._app.state.closing.set()
        self._server.should_exit = True
        self._thread.join(20)
        assert not self._thread.is_alive()

    def sweep(self) -> None:
        """What the server does every few minutes."""
        self._app.state.web.desk.sweep()

    def client(self, key: str | None = None) -> httpx.Client:
        """With that key in its header; without one, a browser that has not logged in."""
        headers = {"Authorization": f"Bearer {self.house.keys[key]}"} if key else {}
        return httpx.Client(base_url=self.url, headers=headers, timeout=20)

    @contextmanager
    def browser(self, key: str) -> Iterator[httpx.Client]:
        """Logged in; sends the token of its session with everything."""
        with self.client() as client:
            answer = client.post("/login", data={"key": self.house.keys[key]})
            assert answer.status_code == 303, answer.text
            client.headers["X-CSRF-Token"] = token_of(client.get(answer.headers["Location"]).text)
            yield client


@contextmanager
def serving(house: House) -> Iterator[Server]:
    server = Server(house)
    server.start()
    try:
        yield server
    finally:
        server.stop()
