"""Uploads: the protocol, what is checked at the end, what goes with what, what is refused."""

import base64
import hashlib
import json
import os
import time
from pathlib import Path

import httpx
import pytest

from farm.ledger import jobs, uploads
from farm.ledger.model import Upload
from farm.ledger.states import JobState, Priority, UploadState
from farm.web.handing import name_beside
from tests.web.house import Server, house, serving
from tests.web.tus_client import BODY, TUS, Line, metadata

DATA = os.urandom(300_000)


def begin(client: httpx.Client, size: int, **values: str) -> httpx.Response:
    values = {"filename": "讲座.mp4", **values}
    headers = {**TUS, "Upload-Length": str(size), "Upload-Metadata": metadata(**values)}
    return client.post("/api/uploads", headers=headers)


def send(client: httpx.Client, place: str, data: bytes, offset: int = 0) -> httpx.Response:
    return client.patch(place, headers={**BODY, "Upload-Offset": str(offset)}, content=data)


def whole(client: httpx.Client, data: bytes, **values: str) -> str:
    """The id of an upload that was sent in one go."""
    place = begin(client, len(data), **values).headers["Location"]
    assert send(client, place, data).status_code == 204
    return place.rpartition("/")[2]


def settled(client: httpx.Client, id: str) -> dict[str, object]:
    until = time.monotonic() + 20
    while time.monotonic() < until:
        found: dict[str, object] = client.get(f"/api/v1/uploads/{id}").json()
        if found["state"] not in ("receiving", "checking"):
            return found
        time.sleep(0.02)
    raise AssertionError(found)


def job_folder(server: Server, id: str) -> Path:
    with server.house.ledger.read() as tx:
        job = jobs.get(tx, id)
    assert job is not None
    return Path(job.path).parent


# --- the protocol --------------------------------------------------------------------------------


def test_what_the_server_can_do(server: Server) -> None:
    with server.client() as client:
        answer = client.options("/api/uploads")
    assert answer.status_code == 204
    assert answer.headers["Tus-Version"] == "1.0.0"
    assert "creation" in answer.headers["Tus-Extension"].split(",")
    assert "checksum" in answer.headers["Tus-Extension"].split(",")


def test_a_file_in_two_pieces_becomes_a_job(server: Server) -> None:
    digest = hashlib.sha256(DATA).hexdigest()
    asked = {"metadata": {"title": "滴灌", "category": "农科片"}, "profiles": ["hls"]}
    with server.client("changsha") as client:
        place = begin(
            client,
            len(DATA),
            sha256=digest,
            asked=json.dumps(asked),
            priority="stock",
            deadline="1900000000",
            modified="1146441600",
        ).headers["Location"]
        assert send(client, place, DATA[:1000]).headers["Upload-Offset"] == "1000"
        where = client.head(place, headers=TUS)
        assert (where.headers["Upload-Offset"], where.headers["Upload-Length"]) == (
            "1000",
            str(len(DATA)),
        )
        assert where.headers["Upload-Expires"].endswith("GMT")
        assert where.headers["Cache-Control"] == "no-store"
        assert send(client, place, DATA[1000:], 1000).status_code == 204
        found = settled(client, place.rpartition("/")[2])
        job = client.get(f"/api/v1/jobs/{found['job']}").json()
    assert found["state"] == "whole"
    assert job["state"] == "received"
    assert job["name"] == "滴灌"
    assert job["sha256"] == digest
    assert job["lesson"] == f"changsha-{digest[:12]}"
    assert job["priority"] == "stock"
    assert job["asked"]["metadata"] == {"title": "滴灌", "category": "agriculture"}
    assert ("submitted", job["id"]) in server.house.service.heard
    recording = job_folder(server, job["id"]) / "recording.mp4"
    assert recording.read_bytes() == DATA
    assert recording.stat().st_mtime == 1146441600


def test_a_piece_goes_on_where_the_file_is_and_nowhere_else(server: Server) -> None:
    with server.client("changsha") as client:
        place = begin(client, 10).headers["Location"]
        send(client, place, b"0123")
        answer = send(client, place, b"89", 8)
        assert answer.status_code == 409
        assert answer.headers["Upload-Offset"] == "4"
        assert send(client, place, b"4567890", 4).status_code == 413
        assert client.head(place, headers=TUS).headers["Upload-Offset"] == "4"


def test_a_piece_whose_checksum_differs_is_not_kept(server: Server) -> None:
    def checksum(data: bytes) -> dict[str, str]:
        digest = base64.b64encode(hashlib.sha1(data).digest()).decode()
        return {**BODY, "Upload-Checksum": f"sha1 {digest}"}

    with server.client("changsha") as client:
        place = begin(client, 8).headers["Location"]
        wrong = client.patch(
            place, headers={**checksum(b"other"), "Upload-Offset": "0"}, content=b"0123"
        )
        assert wrong.status_code == 460
        assert client.head(place, headers=TUS).headers["Upload-Offset"] == "0"
        right = client.patch(
            place, headers={**checksum(b"0123"), "Upload-Offset": "0"}, content=b"0123"
        )
        assert right.headers["Upload-Offset"] == "4"
        odd = client.patch(
            place,
            headers={**BODY, "Upload-Offset": "4", "Upload-Checksum": "crc32 AAAA"},
            content=b"4567",
        )
        assert odd.status_code == 400


def test_a_small_file_may_come_with_its_creation(server: Server) -> None:
    with server.client("changsha") as client:
        answer = client.post(
            "/api/uploads",
            headers={
                **BODY,
                "Upload-Length": "4",
                "Upload-Metadata": metadata(filename="a.srt"),
            },
            content=b"0123",
        )
        assert answer.headers["Upload-Offset"] == "4"
        assert settled(client, answer.headers["Location"].rpartition("/")[2])["state"] == "whole"


def test_what_is_given_up_is_gone(server: Server) -> None:
    with server.client("changsha") as client:
        place = begin(client, 10).headers["Location"]
        send(client, place, b"0123")
        assert client.delete(place, headers=TUS).status_code == 204
        assert client.head(place, headers=TUS).status_code == 410
        assert send(client, place, b"4", 4).status_code == 410
    id = place.rpartition("/")[2]
    assert list(server.house.settings.uploads.glob(f"{id}*")) == []


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Tus-Resumable": "0.2.2"}, 412),
        ({"Upload-Length": "-1"}, 400),
        ({"Upload-Length": "9999999999999999"}, 413),
        ({"Upload-Metadata": "filename !!!"}, 400),
        ({"Upload-Metadata": metadata(filename="../..")}, 422),
        ({"Upload-Metadata": metadata(filename="a.mp4", asked="{")}, 422),
        ({"Upload-Metadata": metadata(filename="a.mp4", asked='{"profiles": ["x"]}')}, 422),
        ({"Upload-Metadata": metadata(filename="a.mp4", sha256="abc")}, 422),
        ({"Upload-Metadata": metadata(filename="a.mp4", priority="urgent")}, 422),
        ({"Upload-Metadata": metadata(filename="a.mp4", replaces="0" * 32)}, 404),
    ],
)
def test_what_cannot_be_begun(server: Server, headers: dict[str, str], status: int) -> None:
    said = {**TUS, "Upload-Length": "5", "Upload-Metadata": metadata(filename="a.mp4")}
    with server.client("changsha") as client:
        answer = client.post("/api/uploads", headers={**said, **headers})
    assert answer.status_code == status
    assert answer.json()["detail_zh"]


def test_another_base_cannot_touch_it(server: Server) -> None:
    with server.client("changsha") as client, server.client("hengyang") as other:
        place = begin(client, 10).headers["Location"]
        assert other.head(place, headers=TUS).status_code == 403
        assert send(other, place, b"0123").status_code == 403
        assert other.delete(place, headers=TUS).status_code == 403
        assert client.head(place, headers=TUS).headers["Upload-Offset"] == "0"


def test_a_session_sends_with_its_token_alone(server: Server) -> None:
    with server.browser("changsha") as browser:
        place = begin(browser, 4).headers["Location"]
        token = browser.headers.pop("X-CSRF-Token")
        assert send(browser, place, b"0123").status_code == 403
        browser.headers["X-CSRF-Token"] = token
        assert send(browser, place, b"0123").status_code == 204


# --- at the end ----------------------------------------------------------------------------------


def test_a_file_that_is_not_what_was_sent_is_damaged(server: Server) -> None:
    with server.client("changsha") as client:
        id = whole(client, DATA, sha256="0" * 64)
        found = settled(client, id)
        assert found["state"] == "damaged"
        assert found["sha256"] == hashlib.sha256(DATA).hexdigest()
        assert client.get(f"/api/v1/jobs/{id}").status_code == 404
    assert not (server.house.settings.uploads / id).exists()


def test_a_hash_that_is_known_later_is_checked_later(server: Server) -> None:
    with server.client("changsha") as client:
        id = whole(client, DATA)
        settled(client, id)
        place = f"/api/v1/uploads/{id}/sha256"
        right = {"sha256": hashlib.sha256(DATA).hexdigest()}
        assert client.put(place, json=right).status_code == 204
        assert client.get(f"/api/v1/jobs/{id}").json()["cancelling"] is False
        wrong = client.put(place, json={"sha256": "1" * 64})
        assert wrong.status_code == 409
        assert "损坏" in wrong.json()["detail_zh"]
        assert client.get(f"/api/v1/jobs/{id}").json()["cancelling"] is True
    assert ("cancel", id) in server.house.service.heard


def test_a_hash_that_comes_while_it_is_sent_counts(server: Server) -> None:
    with server.client("changsha") as client:
        place = begin(client, 4).headers["Location"]
        id = place.rpartition("/")[2]
        client.put(f"/api/v1/uploads/{id}/sha256", json={"sha256": "2" * 64})
        send(client, place, b"0123")
        assert settled(client, id)["state"] == "damaged"


def test_an_empty_file_is_a_job_too_that_is_refused_by_who_looks_into_it(server: Server) -> None:
    with server.client("changsha") as client:
        place = begin(client, 0).headers["Location"]
        assert settled(client, place.rpartition("/")[2])["state"] == "whole"


def test_one_that_replaces_another_cancels_it(server: Server) -> None:
    with server.client("changsha") as client:
        first = whole(client, DATA)
        settled(client, first)
        second = whole(client, DATA + b"!", replaces=first)
        settled(client, second)
    with server.house.ledger.read() as tx:
        job = jobs.get(tx, first)
    assert job is not None
    assert job.cancel
    assert ("cancel", first) in server.house.service.heard


# --- what goes with a recording ------------------------------------------------------------------


def test_captions_go_with_their_recording_whichever_comes_first(server: Server) -> None:
    with server.client("changsha") as client:
        settled(client, whole(client, b"early", filename="第一讲.chs.srt", folder="水稻"))
        settled(client, whole(client, b"other", filename="第一讲.srt", folder="柑橘"))
        settled(client, whole(client, b"title = 'x'", filename="lecture.toml", folder="水稻"))
        id = whole(client, DATA, filename="第一讲.MP4", folder="水稻")
        settled(client, id)
        settled(client, whole(client, b"late", filename="第一讲.en.vtt", folder="水稻"))
        settled(client, whole(client, b"no", filename="第二讲.en.vtt", folder="水稻"))
        time.sleep(0.1)
    found = {path.name: path.read_bytes() for path in job_folder(server, id).iterdir()}
    assert found == {
        "recording.mp4": DATA,
        "recording.zh-Hans.srt": b"early",
        "recording.en.vtt": b"late",
        "lecture.toml": b"title = 'x'",
    }


@pytest.mark.parametrize(
    ("part", "name"),
    [
        ("a.srt", "recording.srt"),
        ("a.zh.ass", "recording.zh.ass"),
        ("a.toml", "recording.toml"),
        ("b.srt", None),
        ("a.../../x.srt", None),
        ("a.mp4", None),
    ],
)
def test_what_a_file_is_called_beside_its_recording(part: str, name: str | None) -> None:
    def upload(name: str) -> Upload:
        return Upload("0" * 32, "changsha", name, "", 1, 0.0, 0.0)

    assert name_beside(upload(part), upload("a.mp4")) == name


def test_names_of_bases_never_reach_the_disk(server: Server) -> None:
    with server.client("changsha") as client:
        for name in ("../../../etc/passwd", "a/../../b.mp4", "C:\\x\\y.mp4", "x" * 300 + ".mp4"):
            id = whole(client, b"x" + name.encode(), filename=name)
            settled(client, id)
            folder = job_folder(server, id)
            assert folder == server.house.settings.jobs / id
            assert all(one.stem == "recording" for one in folder.iterdir())


# --- trouble -------------------------------------------------------------------------------------


def test_a_full_disk_is_said_before_anything_is_sent(tmp_path: Path) -> None:
    with house(tmp_path, spare_disk=1 << 60) as home, serving(home) as server:
        with server.client("changsha") as client:
            answer = begin(client, 10)
        assert answer.status_code == 507
        assert "磁盘空间不足" in answer.json()["detail_zh"]
        assert list(home.settings.uploads.iterdir()) == []


def test_a_server_that_ended_before_the_check_checks_when_it_starts(tmp_path: Path) -> None:
    with house(tmp_path) as home:
        with serving(home) as server, server.client("changsha") as client:
            place = begin(client, len(DATA)).headers["Location"]
            send(client, place, DATA[:-1])
        id = place.rpartition("/")[2]
        # The last byte was written, and then the power went.
        with home.settings.uploads.joinpath(id).open("ab") as file:
            file.write(DATA[-1:])
        with serving(home) as server, server.client("changsha") as client:
            assert settled(client, id)["job"] == id


def test_what_nobody_goes_on_with_is_swept(tmp_path: Path) -> None:
    with house(tmp_path, upload_days=0.0) as home, serving(home) as server:
        with server.client("changsha") as client:
            place = begin(client, 10).headers["Location"]
            send(client, place, b"0123")
            time.sleep(0.05)
            server.sweep()
            assert client.head(place, headers=TUS).status_code == 410
        assert list(home.settings.uploads.iterdir()) == []


def test_a_newer_line_takes_over_from_one_that_hangs(server: Server) -> None:
    """The old request waits for bytes that never come; the client is back by another line."""
    line = Line(server.port, server.house.keys["changsha"])
    line.begin(1000, filename="讲座.mp4")
    with server.client("changsha") as client, line.hanging(b"0123", 1000) as old:
        assert client.head(line.place, headers=TUS).headers["Upload-Offset"] == "4"
        assert send(client, line.place, b"4" * 996, 4).status_code == 204
        assert old.recv(4096).startswith(b"HTTP/1.1 423")
        assert settled(client, line.place.rpartition("/")[2])["state"] == "whole"


def test_a_job_is_made_once_though_it_is_asked_for_twice(server: Server) -> None:
    with server.client("changsha") as client:
        id = whole(client, DATA + b"once")
        settled(client, id)
        for _ in range(3):
            assert client.head(f"/api/uploads/{id}", headers=TUS).status_code == 200
        before = [one for one in server.house.service.heard if one == ("submitted", id)]
    with server.house.ledger.read() as tx:
        found = [one for one in jobs.of_base(tx, "changsha") if one.id == id]
        row = uploads.get(tx, id)
    assert len(found) == len(before) == 1
    assert found[0].state is JobState.RECEIVED
    assert found[0].priority is Priority.NORMAL
    assert row is not None
    assert row.state is UploadState.WHOLE
