"""An operator's door, by pages and by the API: what is set is in the ledger, with who set it."""

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from farm.ledger import bases, capsules, events, jobs, keys, nodes, switches
from farm.ledger.model import Capsule, Node
from farm.ledger.states import JobState, NodeState, Priority
from farm.service import bulletin
from farm.service.bulletin import EMPTY, Asked
from tests.web import scenes
from tests.web.house import House, Server
from workers.health import NodeState as Seen
from workers.status import NodeStatus, Running, Status
from workers.ticket import Waiting

BY = "运维 小赵"
NODE, OTHER = "a1" * 28, "b2" * 28
API = "/api/v1/operator"


@pytest.fixture
def client(server: Server) -> Iterator[httpx.Client]:
    with server.client("operator") as made:
        yield made


@pytest.fixture
def browser(server: Server) -> Iterator[httpx.Client]:
    with server.browser("operator") as made:
        yield made


@pytest.fixture(autouse=True)
def two_nodes(server: Server) -> None:
    with server.house.ledger.begin() as tx:
        for id in (NODE, OTHER):
            nodes.see(tx, id, f"host-{id[:2]}", 2, time.time())
            nodes.change(tx, id, state=NodeState.ACTIVE, until=None, note=None)
        for name in ("scale", "scale_policy", "dispatcher"):
            switches.put(tx, name, None)
        switches.put(tx, "paused", False)


def node_row(home: House, id: str = NODE) -> Node:
    with home.ledger.read() as tx:
        found = nodes.get(tx, id)
    assert found is not None
    return found


def switch(home: House, name: str) -> Any:
    with home.ledger.read() as tx:
        return switches.get(tx, name)


def last_event(home: House, kind: str) -> Any:
    with home.ledger.read() as tx:
        return [one for one in events.after(tx, 0, 10_000) if one.kind == kind][-1].data


def node_seen(client: httpx.Client, id: str = NODE) -> Any:
    (found,) = [one for one in client.get(f"{API}/board").json()["nodes"] if one["id"] == id]
    return found


# --- nodes ---------------------------------------------------------------------------------------


def test_a_node_is_drained_and_brought_back(server: Server, client: httpx.Client) -> None:
    assert client.post(f"{API}/nodes/{NODE}", json={"state": "draining"}).status_code == 202
    assert node_row(server.house).state is NodeState.DRAINING
    assert node_row(server.house, OTHER).state is NodeState.ACTIVE
    assert last_event(server.house, "node") == {"node": NODE, "state": "draining", "by": BY}
    assert ("changed", "") in server.house.service.heard
    with server.house.ledger.begin() as tx:
        nodes.change(tx, NODE, note=EMPTY)
    seen = node_seen(client)
    assert (seen["state"], seen["empty"], seen["here"]) == ("draining", True, True)
    client.post(f"{API}/nodes/{NODE}", json={"state": "active"})
    row = node_row(server.house)
    assert (row.state, row.note) == (NodeState.ACTIVE, None)
    # The service sees by the moment that it was asked for, though it may never have been drained.
    assert row.until == pytest.approx(time.time(), abs=10)


def test_a_page_sends_a_node_to_rest(server: Server, browser: httpx.Client) -> None:
    answer = browser.post(f"/operator/nodes/{NODE}/rest", data={"minutes": "5"})
    assert answer.status_code == 303
    row = node_row(server.house)
    assert row.state is NodeState.RESTING
    assert row.until == pytest.approx(time.time() + 300, abs=10)
    assert "休息" in browser.get("/operator").text
    assert browser.post(f"/operator/nodes/{NODE}/burn").status_code == 422
    assert browser.post("/operator/nodes/unknown/drain").status_code == 404


def test_a_rest_that_is_over_is_over(server: Server, client: httpx.Client) -> None:
    with server.house.ledger.begin() as tx:
        nodes.change(tx, NODE, state=NodeState.RESTING, until=time.time() - 1)
    assert node_seen(client)["state"] == "active"


# --- queue and scale -----------------------------------------------------------------------------


def test_everything_or_one_base_is_paused(
    server: Server, client: httpx.Client, browser: httpx.Client
) -> None:
    assert client.put(f"{API}/paused", json={"on": True}).json()["paused"] is True
    assert switch(server.house, "paused") is True
    assert last_event(server.house, "paused") == {"base": None, "by": BY}
    assert "全部队列已暂停" in browser.get("/operator").text
    browser.post("/operator/resume")
    assert switch(server.house, "paused") is False
    browser.post("/operator/pause", data={"base": "hengyang"})
    assert _paused(server.house) == {"hengyang"}
    assert last_event(server.house, "paused") == {"base": "hengyang", "by": BY}
    client.patch(f"{API}/bases/hengyang", json={"paused": False})
    assert _paused(server.house) == set()
    assert browser.post("/operator/pause", data={"base": "nowhere"}).status_code == 404


def _paused(home: House) -> set[str]:
    with home.ledger.read() as tx:
        return {one.id for one in bases.every(tx) if one.paused}


def test_slots_are_asked_for(server: Server, client: httpx.Client) -> None:
    assert client.put(f"{API}/scale", json={"slots": 12}).json()["scale"] == 12
    assert ("scale", "12") in server.house.service.heard
    assert last_event(server.house, "scale") == {"slots": 12, "by": BY}
    client.put(f"{API}/scale", json={"slots": 0})
    assert switch(server.house, "scale") is None


def test_slots_nobody_can_grant_are_refused_in_a_sentence(
    server: Server, client: httpx.Client, browser: httpx.Client
) -> None:
    server.house.service.most_slots = 4
    try:
        answer = client.put(f"{API}/scale", json={"slots": 5})
        shown = browser.post("/operator/scale", data={"slots": "5"})
    finally:
        server.house.service.most_slots = None
    assert answer.status_code == 409
    assert "no autoscaler" in answer.json()["detail"]
    assert "不能自动增减" in answer.json()["detail_zh"]
    assert (shown.status_code, "no autoscaler" in shown.text) == (409, True)
    assert switch(server.house, "scale") is None


def test_a_policy_decides_until_it_is_turned_off(
    server: Server, client: httpx.Client, browser: httpx.Client
) -> None:
    policy = {"min": 2, "max": 8, "seconds": 1800.0}
    assert client.put(f"{API}/scale-policy", json=policy).json()["policy"] == policy
    assert switch(server.house, "scale_policy") == policy
    assert last_event(server.house, "scale-policy") == {"policy": policy, "by": BY}
    assert client.put(f"{API}/scale", json={"slots": 3}).status_code == 409
    assert 'value="30"' in browser.get("/operator").text
    wrong = {"on": "true", "least": "9", "most": "8", "minutes": "30"}
    assert browser.post("/operator/scale-policy", data=wrong).status_code == 422
    assert switch(server.house, "scale_policy") == policy
    browser.post("/operator/scale-policy", data={"on": "false"})
    assert switch(server.house, "scale_policy") is None
    right = {"on": "true", "least": "1", "most": "8", "minutes": "30"}
    assert browser.post("/operator/scale-policy", data=right).status_code == 303
    assert switch(server.house, "scale_policy") == {**policy, "min": 1}
    assert client.delete(f"{API}/scale-policy").status_code == 204
    assert switch(server.house, "scale_policy") is None


def test_a_process_that_does_not_lead_tells_what_the_leader_posted(
    server: Server, client: httpx.Client
) -> None:
    now = time.time()
    job = scenes.under_way(server.house)
    status = Status(
        pool_up=True,
        nodes=(NodeStatus(NODE, "host-a1", 2, Seen.RESTING, now + 600, 3, 1),),
        running=(Running(job.id, "chunk 3", "changsha", NODE, 2, 30.0, now - 10, 4711, 0.5),),
        waiting=(Waiting("changsha", 7, 300.0, now - 60),),
        retrying=0,
        paused=False,
        paused_parties=frozenset({"hengyang"}),
        done=41,
        failed=1,
        retries=2,
        rests=1,
    )
    with server.house.ledger.begin() as tx:
        bulletin.post(tx, status, Asked(9, "this Ray has no autoscaler"))
    board = client.get(f"{API}/board").json()
    assert (board["leads"], board["done"], board["retries"]) == (False, 41, 2)
    assert (board["asked"], board["refused"]) == (9, "this Ray has no autoscaler")
    assert {one["base"]: one["waiting"] for one in board["queues"]} == {
        "changsha": 7,
        "hengyang": 0,
    }
    seen = node_seen(client)
    assert (seen["state"], seen["here"]) == ("resting", True)
    (run,) = seen["running"]
    assert (run["name"], run["task"], run["pid"]) == (job.name, "chunk 3", 4711)
    assert (run["attempt"], run["progress"]) == (2, 0.5)
    assert node_seen(client, OTHER)["here"] is False
    metrics = httpx.get(f"{server.url}/metrics").text
    assert 'farm_queue_tasks{base="changsha"} 7.0' in metrics
    assert "farm_slots_wanted 9.0" in metrics


def test_what_nobody_posted_lately_is_not_told(server: Server, client: httpx.Client) -> None:
    board = client.get(f"{API}/board").json()
    assert (board["done"], board["leader"]) == (None, None)
    assert {one["waiting"] for one in board["queues"]} == {None}
    metrics = httpx.get(f"{server.url}/metrics").text
    assert "farm_queue_tasks{" not in metrics
    assert 'farm_jobs{base="changsha",state="running"}' in metrics


# --- jobs ----------------------------------------------------------------------------------------


def test_a_jobs_place_in_the_queue_is_changed(
    server: Server, client: httpx.Client, browser: httpx.Client
) -> None:
    job = scenes.job(server.house, JobState.QUEUED, "插队", queued=time.time())
    said = {"priority": "urgent", "deadline": "2030-01-02T08:00:00+08:00"}
    value = client.patch(f"{API}/jobs/{job.id}", json=said).json()
    assert (value["priority"], value["deadline"]) == ("urgent", "2030-01-02T00:00:00.000Z")
    assert last_event(server.house, "reordered")["by"] == BY
    value = client.patch(f"{API}/jobs/{job.id}", json={"priority": "stock"}).json()
    assert (value["priority"], value["deadline"]) == ("stock", "2030-01-02T00:00:00.000Z")
    value = client.patch(f"{API}/jobs/{job.id}", json={"deadline": None}).json()
    assert (value["priority"], value["deadline"]) == ("stock", None)
    form = {"priority": "0", "deadline": "2030-01-02T08:00"}
    assert browser.post(f"/operator/jobs/{job.id}/order", data=form).status_code == 303
    with server.house.ledger.read() as tx:
        row = jobs.get(tx, job.id)
    assert row is not None
    assert (row.priority, row.deadline) == (Priority.URGENT, 1893542400.0)
    wrong = {"priority": "0", "deadline": "soon"}
    assert browser.post(f"/operator/jobs/{job.id}/order", data=wrong).status_code == 422
    ended = scenes.job(server.house, JobState.FAILED, "结束", error=scenes.BROKEN)
    assert client.patch(f"{API}/jobs/{ended.id}", json=said).status_code == 409


def test_jobs_of_any_base_are_found_answered_and_ended(
    server: Server, browser: httpx.Client
) -> None:
    asking = scenes.job(
        server.house, JobState.ASKING, "等答复", "hengyang", findings=scenes.WARNINGS
    )
    failed = scenes.job(server.house, JobState.FAILED, "坏了的", error=scenes.BROKEN)
    shown = browser.get("/operator/jobs", params={"base": "hengyang"}).text
    assert "等答复" in shown
    assert "坏了的" not in shown
    assert "坏了的" in browser.get("/operator/jobs", params={"only": "failed"}).text
    assert "听不到声音" in browser.get(f"/operator/jobs/{asking.id}").text
    browser.post(f"/operator/jobs/{asking.id}/go-on")
    assert _state(server.house, asking.id) is JobState.QUEUED
    browser.post(f"/operator/jobs/{asking.id}/cancel")
    assert _state(server.house, asking.id) is JobState.CANCELLED
    browser.post(f"/operator/jobs/{failed.id}/retry")
    assert _state(server.house, failed.id) is JobState.RECEIVED


def _state(home: House, id: str) -> JobState:
    with home.ledger.read() as tx:
        job = jobs.get(tx, id)
    assert job is not None
    return job.state


def test_a_capsule_is_fetched(server: Server, client: httpx.Client, browser: httpx.Client) -> None:
    home = server.house
    job = scenes.job(home, JobState.FAILED, "击倒编码器", error=scenes.BROKEN)
    path = Path("capsules") / "capsule-0123abcd.json"
    (home.settings.state / path).parent.mkdir(exist_ok=True)
    (home.settings.state / path).write_text(json.dumps({"job": job.id}))
    for id, kept in (("capsule-0123abcd", str(path)), ("capsule-gone", "capsules/gone.json")):
        with home.ledger.begin() as tx:
            capsules.add(tx, Capsule(id, job.id, "k", time.time(), NODE, "it was killed", kept))
    answer = client.get(f"{API}/capsules/capsule-0123abcd")
    assert answer.json() == {"job": job.id}
    assert "capsule-0123abcd.json" in answer.headers["Content-Disposition"]
    assert browser.get("/operator/capsules/capsule-0123abcd").json() == {"job": job.id}
    assert "farm replay capsule-0123abcd.json" in browser.get("/operator").text
    for id in ("capsule-gone", "capsule-unknown"):
        assert client.get(f"{API}/capsules/{id}").status_code == 404


# --- people --------------------------------------------------------------------------------------


def test_keys_are_made_used_and_revoked(server: Server, client: httpx.Client) -> None:
    said = {"role": "base", "base": "hengyang", "label": "新来的老师", "days": 30}
    made = client.post(f"{API}/keys", json=said).json()
    assert last_event(server.house, "key-made") == {
        "key": made["id"],
        "role": "base",
        "of": "hengyang",
        "label": "新来的老师",
        "by": BY,
    }
    theirs = {"Authorization": f"Bearer {made['key']}"}
    assert httpx.get(f"{server.url}/api/v1/me", headers=theirs).json()["base"] == "hengyang"
    listed = {one["id"]: one for one in client.get(f"{API}/keys").json()}
    assert made["key"] not in json.dumps(listed)
    assert listed[made["id"]]["used"] is not None
    assert client.delete(f"{API}/keys/{made['id']}").status_code == 204
    assert httpx.get(f"{server.url}/api/v1/me", headers=theirs).status_code == 401
    assert last_event(server.house, "key-revoked") == {"key": made["id"], "by": BY}
    assert client.delete(f"{API}/keys/{made['id']}").status_code == 404


@pytest.mark.parametrize(
    "said",
    [
        {"role": "base"},
        {"role": "base", "base": "nowhere"},
        {"role": "office", "base": "changsha"},
    ],
)
def test_a_key_that_makes_no_sense_is_not_made(
    server: Server, client: httpx.Client, browser: httpx.Client, said: dict[str, str]
) -> None:
    with server.house.ledger.read() as tx:
        before = len(keys.every(tx))
    assert client.post(f"{API}/keys", json=said).status_code == 422
    shown = browser.post("/operator/people/keys", data=said)
    assert (shown.status_code, 'role="alert"' in shown.text) == (422, True)
    with server.house.ledger.read() as tx:
        assert len(keys.every(tx)) == before


def test_a_page_shows_a_new_key_once(server: Server, browser: httpx.Client) -> None:
    said = {"role": "office", "label": "省办新同事", "days": ""}
    shown = browser.post("/operator/people/keys", data=said).text
    text = shown.partition('<code class="key">')[2].partition("<")[0]
    mine = {"Authorization": f"Bearer {text}"}
    assert httpx.get(f"{server.url}/api/v1/me", headers=mine).json()["role"] == "office"
    page = browser.get("/operator/people").text
    assert "省办新同事" in page
    assert text not in page


def test_what_is_not_said_of_a_base_stays(
    server: Server, client: httpx.Client, browser: httpx.Client
) -> None:
    first = {"name": "Yueyang", "name_zh": "岳阳", "weight": 2.5, "hours_wanted": 80.0}
    client.patch(f"{API}/bases/yueyang", json=first)
    assert last_event(server.house, "base-added") == {"base": "yueyang", **first, "by": BY}
    form = {"id": "yueyang", "name_zh": "岳阳基地", "name": "", "weight": "", "hours": ""}
    assert browser.post("/operator/people/bases", data=form).status_code == 303
    (base,) = [one for one in client.get(f"{API}/bases").json() if one["id"] == "yueyang"]
    assert base == {"id": "yueyang", **first, "name_zh": "岳阳基地", "paused": False}
    assert last_event(server.house, "base-changed")["by"] == BY
    for wrong in ({"weight": "nan"}, {"weight": "0"}, {"hours": "many"}, {"id": "Yue Yang"}):
        answer = browser.post("/operator/people/bases", data={**form, **wrong})
        assert (answer.status_code, 'role="alert"' in answer.text) == (422, True), wrong
