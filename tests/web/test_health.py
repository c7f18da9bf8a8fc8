"""`/healthz`: what a probe or a proxy is told, without a key."""

from pathlib import Path

from tests.web.house import Server, house, serving


def test_it_needs_no_key_and_tells_nothing(server: Server) -> None:
    with server.client() as client:
        answer = client.get("/healthz")
        assert (answer.status_code, answer.text) == (200, "well\n")
        assert client.head("/healthz").status_code == 200
        assert "Set-Cookie" not in answer.headers


def test_a_ledger_that_is_away_is_told(tmp_path: Path) -> None:
    with house(tmp_path) as home, serving(home) as server, server.client() as client:
        ledger = tmp_path / "ledger.sqlite"
        whole = ledger.read_bytes()
        assert client.get("/healthz").status_code == 200
        ledger.write_bytes(b"not a database, for now" * 1000)
        answer = client.get("/healthz")
        assert answer.status_code == 503
        assert str(tmp_path) not in answer.text
        ledger.write_bytes(whole)
        assert client.get("/healthz").status_code == 200
