"""A base by the API: its jobs and lessons, what it may do with them, events as they happen."""

import json
import time
from collections.abc import Iterator

import httpx
import pytest

from farm.ledger import decisions, events, jobs, keys
from farm.ledger.states import JobKind, JobState, Role, Verdict
from farm.web import live
from tests.web import scenes
from tests.web.house import Server


def test_whose_key_it_is(server: Server) -> None:
    with server.client("changsha") as client:
        found = client.get("/api/v1/me").json()
    assert found == {
        "role": "base",
        "base": "changsha",
        "label": "长沙基地 张老师",
        "expires": None,
    }


def test_hours_delivered_against_the_task(server: Server) -> None:
    for lesson in ("changsha-111111111111", "changsha-111111111111", "changsha-222222222222"):
        scenes.job(server.house, JobState.DONE, "已完成", lesson=lesson, duration=5400.0, release=1)
    with server.client("changsha") as client:
        found = client.get("/api/v1/bases/changsha").json()
    assert found["hours_wanted"] == 120.0
    assert found["hours_delivered"] == pytest.approx(3.0), "one handed in twice counts once"
    assert found["lessons"] == 2
    assert found["jobs"]["done"] == 3


def test_a_job_with_findings_and_estimate(server: Server) -> None:
    made = scenes.every_state(server.house)
    with server.client("changsha") as client:
        asking = client.get(f"/api/v1/jobs/{made['asking'].id}").json()
        running = client.get(f"/api/v1/jobs/{made['running'].id}").json()
        failed = client.get(f"/api/v1/jobs/{made['failed'].id}").json()
    silent = next(one for one in asking["findings"] if one["code"] == "silent-audio")
    assert (silent["start"], silent["stop"]) == (750.0, 1090.0)
    assert silent["remedy_zh"] == "请检查话筒是否打开并被选为音源。"
    assert running["progress"] == pytest.approx(0.42)
    estimate = running["estimate"]
    assert estimate["position"] == 0
    assert estimate["earliest"] < estimate["likely"] < estimate["latest"]
    assert failed["estimate"] is None
    assert "请重新复制录像" in failed["error"]


def test_pages_of_jobs_are_all_of_them_once(server: Server) -> None:
    now = time.time()
    made = {
        scenes.job(server.house, JobState.QUEUED, str(n), "hengyang", created=now + n // 3).id
        for n in range(10)
    }
    seen: list[str] = []
    with server.client("hengyang") as client:
        query: dict[str, str] = {"limit": "4", "state": "queued"}
        while True:
            page = client.get("/api/v1/jobs", params=query).json()
            seen += [one["id"] for one in page["jobs"]]
            if page["next"] is None:
                break
            query["before"] = page["next"]
        html = client.get("/base/jobs", params={"only": "going"})
        assert html.text.count('href="/base/jobs/') == 10
    assert len(seen) == 10
    assert set(seen) == made


# --- what a base may do --------------------------------------------------------------------------


def test_going_on_queues_what_was_asking_and_nothing_else(server: Server) -> None:
    home = server.house
    job = scenes.job(home, JobState.ASKING, "继续.mp4")
    with server.client("changsha") as client:
        answer = client.post(f"/api/v1/jobs/{job.id}/go-on")
        assert answer.status_code == 202
        assert answer.json()["state"] == "queued"
        assert ("go_on", job.id) in home.service.heard
        again = client.post(f"/api/v1/jobs/{job.id}/go-on")
        assert again.status_code == 409
        assert "不需要您决定" in again.json()["detail_zh"]


@pytest.mark.parametrize("state", [JobState.ASKING, JobState.QUEUED])
def test_what_does_not_run_is_cancelled_at_once(server: Server, state: JobState) -> None:
    job = scenes.job(server.house, state, "取消.mp4")
    with server.client("changsha") as client:
        assert client.post(f"/api/v1/jobs/{job.id}/cancel").json()["state"] == "cancelled"
        assert client.post(f"/api/v1/jobs/{job.id}/cancel").status_code == 409


def test_what_runs_is_asked_to_end(server: Server) -> None:
    job = scenes.under_way(server.house)
    with server.client("changsha") as client:
        found = client.post(f"/api/v1/jobs/{job.id}/cancel").json()
    assert found["state"] == "running"
    assert found["cancelling"] is True
    assert ("cancel", job.id) in server.house.service.heard


def test_what_failed_is_tried_again(server: Server) -> None:
    home = server.house
    job = scenes.job(home, JobState.FAILED, "再试.mp4", error=scenes.BROKEN, cancel=True)
    running = scenes.under_way(home)
    with server.client("changsha") as client:
        found = client.post(f"/api/v1/jobs/{job.id}/retry").json()
        assert client.post(f"/api/v1/jobs/{running.id}/retry").status_code == 409
    assert found["state"] == "received"
    assert found["error"] is None
    assert found["cancelling"] is False
    assert ("submitted", job.id) in home.service.heard


def test_mending_metadata_is_a_job_that_encodes_nothing(server: Server) -> None:
    home = server.house
    row = scenes.lesson_row(home, "changsha-333333333333", "滴灌", published=1)
    with server.client("changsha") as client:
        said = {"speaker": "王老师", "category": "农科片", "number": 0}
        answer = client.patch(f"/api/v1/lessons/{row.id}", json=said)
        assert answer.status_code == 202
        found = client.get(f"/api/v1/jobs/{answer.json()['id']}").json()
        faulty = client.patch(
            f"/api/v1/lessons/{row.id}", json={"category": "戏曲", "language": "火星"}
        )
        unknown = client.patch(f"/api/v1/lessons/{row.id}", json={"base": "hengyang"})
    assert found["kind"] == "mend"
    assert found["lesson"] == row.id
    assert found["asked"]["metadata"] == {
        "speaker": "王老师",
        "category": "agriculture",
        "number": 0,
    }
    assert ("submitted", found["id"]) in home.service.heard
    assert faulty.status_code == 422
    assert len(faulty.json()["errors"]) == 2
    assert unknown.status_code == 422
    with home.ledger.read() as tx:
        made = [one for one in jobs.of_lesson(tx, row.id) if one.kind is JobKind.MEND]
    assert len(made) == 1


def test_where_a_lesson_stands(server: Server) -> None:
    home = server.house
    states = {
        "waiting": {"waiting": 2, "approved": 1, "published": 1},
        "approved": {"approved": 2, "published": 1},
        "published": {"approved": 1, "published": 1},
        "withdrawn": {"approved": 1, "withdrawn": True},
        "rejected": {"published": None},
    }
    for number, (state, fields) in enumerate(states.items()):
        scenes.lesson_row(home, f"changsha-44444444444{number}", state, **fields)
    with home.ledger.begin() as tx:
        decisions.add(tx, "changsha-444444444444", 1, Verdict.REJECTED, time.time(), "声音太小")
    with server.client("changsha") as client:
        found = client.get("/api/v1/lessons").json()["lessons"]
        page = client.get("/base").text
    shown = {one["title"]: one["state"] for one in found if one["id"].startswith("changsha-4444")}
    assert shown == {state: state for state in states}
    assert "声音太小" in page


# --- events --------------------------------------------------------------------------------------


def heard(answer: httpx.Response, count: int) -> list[tuple[int, str, dict[str, object]]]:
    """(id, event, data) of the first events of a stream."""
    found: list[tuple[int, str, dict[str, object]]] = []
    fields: dict[str, str] = {}
    for line in _lines(answer):
        name, _, value = line.partition(": ")
        fields[name] = value
        if not line and "data" in fields:
            found.append((int(fields["id"]), fields["event"], json.loads(fields["data"])))
            fields = {}
        if len(found) == count:
            break
    return found


def _lines(answer: httpx.Response) -> Iterator[str]:
    yield from answer.iter_lines()


def test_events_of_its_own_and_of_nobody_else(server: Server) -> None:
    home = server.house
    mine = scenes.under_way(home)
    with home.ledger.begin() as tx:
        start = events.last_id(tx)
        events.add(tx, "progress", {"share": 0.5}, job=mine.id, base="changsha")
        events.add(tx, "progress", {"share": 0.9}, base="hengyang")
        events.add(tx, "node", {"node": "n1"})
        events.add(tx, "state", {"state": "done"}, job=mine.id, base="changsha")
    with server.client("changsha") as client:
        path = f"/api/v1/events?after={start}"
        with client.stream("GET", path) as answer:
            assert answer.headers["Content-Type"].startswith("text/event-stream")
            first, second = heard(answer, 2)
        assert first[1] == "progress"
        assert first[2]["data"] == {"share": 0.5}
        assert second[1] == "state"
        # A line that was cut is taken up behind the last event that came.
        cut = {"Last-Event-ID": str(first[0])}
        with client.stream("GET", path, headers=cut) as answer:
            assert heard(answer, 1)[0][0] == second[0]


def test_a_stream_ends_when_its_key_is_revoked(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "ASK_AGAIN", 0.1)
    home = server.house
    with home.ledger.begin() as tx:
        key, text = keys.issue(tx, Role.BASE, "changsha", "leaves")
    began = time.monotonic()
    with (
        server.client() as client,
        client.stream(
            "GET", "/api/v1/events?seconds=60", headers={"Authorization": f"Bearer {text}"}
        ) as answer,
    ):
        with home.ledger.begin() as tx:
            keys.revoke(tx, key.id, time.time())
        answer.read()
    assert time.monotonic() - began < 10


def test_what_happens_now_is_told_now_and_the_stream_ends_in_its_time(server: Server) -> None:
    home = server.house
    with server.client("changsha") as client:
        began = time.monotonic()
        with client.stream("GET", "/api/v1/events?seconds=2.5") as answer:
            with home.ledger.begin() as tx:
                number = events.add(tx, "state", {"state": "queued"}, base="changsha")
            found = heard(answer, 2)
        assert time.monotonic() - began < 6
    assert [one[0] for one in found] == [number]
