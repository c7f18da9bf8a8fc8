"""Who may come in, and how far: keys, sessions, roles, tokens, limits."""

import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from farm.ledger import keys
from farm.ledger.states import JobState, Role
from farm.web.ports import Rates
from tests.web import scenes
from tests.web.house import Server, house, serving, token_of

NOBODY = "0" * 32
PAGES = {
    "base": ["/base", "/base/submit", "/base/jobs", "/base/lessons", "/base/live"],
}
API = {
    "base": [
        ("GET", "/api/v1/bases/changsha"),
        ("GET", "/api/v1/jobs"),
        ("GET", f"/api/v1/jobs/{NOBODY}"),
        ("POST", f"/api/v1/jobs/{NOBODY}/cancel"),
        ("GET", "/api/v1/lessons"),
        ("GET", "/api/v1/uploads"),
        ("GET", "/api/v1/events"),
        ("DELETE", f"/api/v1/uploads/{NOBODY}"),
    ],
}


@pytest.fixture
def strict(tmp_path: Path) -> Iterator[Server]:
    """A server that lets one try a key three times a minute."""
    rates = Rates("3/minute", "3/minute", "30/minute", "30/minute")
    with house(tmp_path, rates=rates) as home, serving(home) as server:
        yield server


# --- in and out ----------------------------------------------------------------------------------


def test_a_page_leads_to_the_log_in_and_back(server: Server) -> None:
    with server.client() as client:
        sent = client.get("/base/jobs")
        assert sent.headers["Location"] == "/login?next=/base/jobs"
        answer = client.post("/login?next=/base/jobs", data={"key": server.house.keys["changsha"]})
        assert answer.headers["Location"] == "/base/jobs"
        assert client.get("/base/jobs").status_code == 200


def test_the_log_in_leads_to_no_other_site(server: Server) -> None:
    for place in ("//evil.example/", "https://evil.example/", "/\\evil.example"):
        with server.client() as client:
            answer = client.post(
                "/login", params={"next": place}, data={"key": server.house.keys["changsha"]}
            )
            assert answer.headers["Location"] == "/base"


def test_a_wrong_key_is_told_in_both_languages(server: Server) -> None:
    with server.client() as client:
        answer = client.post("/login", data={"key": "base_0123456789ab_" + "0" * 64})
        assert answer.status_code == 401
        assert "密钥无效" in answer.text
        assert "The key is not good" in answer.text
        assert "farm_session" not in answer.headers.get("Set-Cookie", "")


def test_the_cookie_is_kept_from_scripts_and_other_sites(server: Server) -> None:
    with server.client() as client:
        answer = client.post("/login", data={"key": server.house.keys["changsha"]})
        cookie = answer.headers["Set-Cookie"].lower()
        assert "httponly" in cookie
        assert "samesite=lax" in cookie


def test_behind_https_cookie_and_browser_keep_to_it(tmp_path: Path) -> None:
    with house(tmp_path, secure=True) as home, serving(home) as server, server.client() as client:
        answer = client.post("/login", data={"key": home.keys["changsha"]})
        assert "secure" in answer.headers["Set-Cookie"].lower()
        assert "max-age" in answer.headers["Strict-Transport-Security"]


def test_logging_out_ends_the_session_for_whoever_has_its_cookie(server: Server) -> None:
    with server.browser("changsha") as client:
        cookie = client.cookies["farm_session"]
        assert client.post("/logout").status_code == 303
    with server.client() as other:
        other.cookies["farm_session"] = cookie
        assert other.get("/api/v1/me").status_code == 401


def test_a_revoked_key_is_out_at_once(server: Server) -> None:
    home = server.house
    with home.ledger.begin() as tx:
        key, text = keys.issue(tx, Role.BASE, "changsha", "leaves")
    with server.client() as browser, server.client() as program:
        browser.post("/login", data={"key": text})
        program.headers["Authorization"] = f"Bearer {text}"
        assert browser.get("/base").status_code == 200
        assert program.get("/api/v1/me").status_code == 200
        with home.ledger.begin() as tx:
            keys.revoke(tx, key.id, time.time())
        assert browser.get("/base").status_code == 303
        assert program.get("/api/v1/me").status_code == 401


# --- roles ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", ["office", "operator"])
def test_the_door_of_a_base_is_shut_to_other_roles(server: Server, role: str) -> None:
    with server.browser(role) as browser, server.client(role) as program:
        shut = {path: browser.get(path).status_code for path in PAGES["base"]}
        shut |= {path: program.request(method, path).status_code for method, path in API["base"]}
        place = program.post(
            "/api/uploads",
            headers={"Tus-Resumable": "1.0.0", "Upload-Length": "1", "Upload-Metadata": "a"},
        )
    assert shut == dict.fromkeys(shut, 403)
    assert place.status_code == 403


def test_what_is_another_bases_is_403_always(server: Server) -> None:
    home = server.house
    job = scenes.job(home, JobState.ASKING, "不给别人看.mp4", findings=scenes.WARNINGS)
    scenes.lesson_row(home, "changsha-0123456789ab", "不给别人看", waiting=1)
    api = [
        ("GET", "/api/v1/bases/changsha"),
        ("GET", f"/api/v1/jobs/{job.id}"),
        ("POST", f"/api/v1/jobs/{job.id}/cancel"),
        ("POST", f"/api/v1/jobs/{job.id}/go-on"),
        ("POST", f"/api/v1/jobs/{job.id}/retry"),
        ("GET", f"/api/v1/events?job={job.id}"),
        ("GET", "/api/v1/lessons/changsha-0123456789ab"),
        ("GET", "/api/v1/lessons/changsha-ffffffffffff"),
        ("GET", "/store/lessons/changsha-0123456789ab/lesson.json"),
        ("GET", "/store/lessons/changsha-ffffffffffff/lesson.json"),
        ("GET", "/store/catalog/catalog.json"),
        ("GET", "/store/.store/locks/1"),
        ("GET", f"/base/jobs/{job.id}"),
        ("GET", f"/base/jobs/{job.id}/live"),
        ("POST", f"/base/jobs/{job.id}/cancel"),
        ("GET", f"/base/submit?replaces={job.id}"),
        ("GET", "/base/lessons/changsha-0123456789ab"),
    ]
    with server.browser("hengyang") as browser:
        answers = {path: browser.request(method, path) for method, path in api}
        mend = browser.patch("/api/v1/lessons/changsha-0123456789ab", json={"title": "x"})
        assert "不给别人看" not in browser.get("/api/v1/jobs").text
        assert "不给别人看" not in browser.get("/base").text
    shut = {path: answer.status_code for path, answer in answers.items()}
    assert shut == dict.fromkeys(shut, 403)
    assert mend.status_code == 403
    assert not any("不给别人看" in answer.text for answer in answers.values())


def test_what_is_not_there_is_404_for_those_who_might_have_it(server: Server) -> None:
    with server.client("changsha") as client:
        assert client.get(f"/api/v1/jobs/{NOBODY}").status_code == 404
        assert client.get("/api/v1/lessons/changsha-ffffffffffff").status_code == 404
        assert client.get("/store/lessons/changsha-ffffffffffff/lesson.json").status_code == 404


def test_nobody_gets_nothing(server: Server) -> None:
    with server.client() as client:
        for method, path in [*API["base"], ("GET", "/api/v1/me"), ("POST", "/api/uploads")]:
            answer = client.request(method, path)
            assert answer.status_code == 401, path
            assert answer.headers["WWW-Authenticate"].startswith("Bearer")
        assert client.get("/store/lessons/changsha-0123456789ab/lesson.json").status_code == 401


# --- tokens and other sites ----------------------------------------------------------------------


def test_a_session_changes_nothing_without_its_token(server: Server) -> None:
    job = scenes.job(server.house, JobState.ASKING, "令牌.mp4")
    with server.browser("changsha") as browser:
        token = browser.headers.pop("X-CSRF-Token")
        for path in (f"/api/v1/jobs/{job.id}/cancel", f"/base/jobs/{job.id}/cancel", "/logout"):
            assert browser.post(path).status_code == 403
            assert browser.post(path, headers={"X-CSRF-Token": token[::-1]}).status_code == 403
            assert browser.post(path, data={"csrf": "x"}).status_code == 403
        answer = browser.post(f"/base/jobs/{job.id}/cancel", data={"csrf": token})
        assert answer.status_code == 303


def test_the_token_of_one_session_does_not_open_another(server: Server) -> None:
    with server.browser("changsha") as one, server.browser("changsha") as other:
        token = other.headers["X-CSRF-Token"]
        assert one.post("/logout", headers={"X-CSRF-Token": token}).status_code == 403


def test_another_sites_page_is_refused_even_with_the_token(server: Server) -> None:
    with server.browser("changsha") as browser:
        for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}):
            assert browser.post("/logout", headers=headers).status_code == 403
            key = {"key": server.house.keys["changsha"]}
            assert browser.post("/login", data=key, headers=headers).status_code == 403
        assert browser.get("/api/v1/me").status_code == 200
        answer = browser.get("/api/v1/me", headers={"Origin": "https://evil.example"})
        assert "Access-Control-Allow-Origin" not in answer.headers


# --- limits --------------------------------------------------------------------------------------


def test_keys_cannot_be_tried_out(strict: Server) -> None:
    with strict.client() as client:
        tried = [client.post("/login", data={"key": f"base_0_{n}"}) for n in range(5)]
        assert [one.status_code for one in tried] == [401, 401, 401, 429, 429]
        assert int(tried[-1].headers["Retry-After"]) <= 60
        # Nor by the other way in, which is the same.
        bearer = client.get("/api/v1/me", headers={"Authorization": "Bearer base_1_x"})
        assert bearer.status_code == 429


def test_a_key_asks_so_often_and_no_more(strict: Server) -> None:
    with strict.client("changsha") as client, strict.client("hengyang") as other:
        answers = [client.get("/api/v1/me").status_code for _ in range(32)]
        assert answers == [200] * 30 + [429] * 2
        assert other.get("/api/v1/me").status_code == 200


def test_bodies_are_bounded(server: Server) -> None:
    with server.client("changsha") as client:
        large = b"x" * (2 << 20)
        assert client.post("/login", content=large).status_code == 413
        pieces = (large[:65536] for _ in range(32))
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        assert client.post("/login", content=pieces, headers=kind).status_code == 413


# --- what every answer has -----------------------------------------------------------------------


def test_every_answer_is_hardened_and_numbered(server: Server) -> None:
    with server.client("changsha") as client:
        for path in ("/login", "/api/v1/me", "/nothing", "/api/nothing", "/static/farm.css"):
            answer = client.get(path)
            assert "default-src 'self'" in answer.headers["Content-Security-Policy"]
            assert "'unsafe" not in answer.headers["Content-Security-Policy"]
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
            assert answer.headers["X-Frame-Options"] == "DENY"
            assert answer.headers["X-Request-ID"]
        mine = client.get("/login", headers={"X-Request-ID": "abc-123"})
        assert mine.headers["X-Request-ID"] == "abc-123"
        foul = client.get("/login", headers={"X-Request-ID": "a b\tc" * 40})
        assert foul.headers["X-Request-ID"] != "a b\tc" * 40


def test_programs_get_problems_and_people_get_pages(server: Server) -> None:
    with server.client("changsha") as client:
        problem = client.get("/api/v1/jobs?limit=100000")
        assert problem.status_code == 422
        assert problem.headers["Content-Type"] == "application/problem+json"
        value = problem.json()
        assert value["status"] == 422
        assert value["detail_zh"]
        assert any("limit" in one for one in value["errors"])
        assert client.put("/api/v1/jobs").headers["Allow"] == "GET"
    with server.browser("changsha") as browser:
        missing = browser.get(f"/base/jobs/{NOBODY}")
        assert missing.status_code == 404
        assert missing.headers["Content-Type"].startswith("text/html")
        assert token_of(missing.text), "the way back is there"


def test_what_people_wrote_is_text_and_nothing_else(server: Server) -> None:
    name = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>"
    job = scenes.job(server.house, JobState.FAILED, name, error=name)
    scenes.lesson_row(server.house, "changsha-aaaaaaaaaaaa", name, waiting=1)
    with server.browser("changsha") as browser:
        for path in ("/base", "/base/jobs", f"/base/jobs/{job.id}", "/base/lessons"):
            html = browser.get(path).text
            assert "&lt;script&gt;" in html
            assert "<script>alert" not in html
            assert "<img src=x" not in html


def test_parts_of_a_page_are_led_to_the_log_in_as_a_whole(server: Server) -> None:
    with server.client() as client:
        answer = client.get("/base", headers={"HX-Request": "true"})
        assert answer.headers["HX-Redirect"] == "/login"


def test_files_of_the_farm_are_kept_by_browsers_until_they_change(server: Server) -> None:
    with server.client() as client:
        html = client.get("/login").text
        path = html.partition('<link rel="stylesheet" href="')[2].partition('"')[0]
        answer: httpx.Response = client.get(path)
        assert answer.status_code == 200
        assert "immutable" in answer.headers["Cache-Control"]
        assert client.get("/static/../app.py").status_code == 404
