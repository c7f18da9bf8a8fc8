"""What several processes do at once to a ledger: `python -m tests.farm.ledger.racers WHAT URL ME`.

Each says `ready`, waits for a line, and then prints what it won.
"""

import json
import sys
import threading
import time

from farm.ledger import Ledger, leases, open_ledger, switches, tasks
from farm.ledger.states import Outcome
from farm.ledger.tasks import Claim

THREADS = 2
"""In each process: those of one process wait in another way than those of two."""
FENCE = 5
TASKS = 200
AT_ONCE = 5
"""Claimed in one transaction."""


def names() -> list[tuple[str, str]]:
    return [("job", f"k{number:03}") for number in range(TASKS)]


def compete(ledger: Ledger, me: str) -> dict[str, list[object]]:
    """For one lease, and for every task there is."""
    with ledger.begin() as tx:
        fence = leases.take(tx, "race", me, seconds=600.0, now=time.time())
    claimed: list[object] = []
    for start in range(0, TASKS, AT_ONCE):
        wanted = [Claim(*name, node=me) for name in names()[start : start + AT_ONCE]]
        with ledger.begin() as tx:
            now = time.time()
            claimed += tasks.claim_all(tx, wanted, FENCE, now + 60, now).items()
    ended: list[object] = []
    for job, key in names()[::20]:
        with ledger.begin() as tx:
            if tasks.finish(tx, job, key, FENCE, Outcome.DONE, time.time()):
                ended.append((job, key))
    return {"lease": [(me, fence)] if fence else [], "claimed": claimed, "ended": ended}


def hang(ledger: Ledger, me: str) -> dict[str, list[object]]:
    """In the middle of a change, after its first rows are written."""
    with ledger.begin() as tx:
        # More than SQLite keeps in memory: the file itself is half changed when this one dies.
        switches.put(tx, "half", me * 1_000_000)
        tasks.claim(tx, "job", "k000", me, FENCE, time.time() + 60, time.time())
        print("in the middle", flush=True)
        time.sleep(60)
    return {}


def main(what: str, url: str, me: str) -> None:
    ledger = open_ledger(url)
    print("ready", flush=True)
    sys.stdin.readline()
    if what == "hang":
        hang(ledger, me)
    won: list[dict[str, list[object]]] = []
    threads = [
        threading.Thread(target=lambda name=name: won.append(compete(ledger, name)))
        for name in (f"{me}.{number}" for number in range(THREADS))
    ]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    ledger.close()
    print(json.dumps(won))


if __name__ == "__main__":
    main(*sys.argv[1:])
