"""`/metrics`: what Prometheus reads, and the dashboard asks of it."""

import json
import re
from pathlib import Path

import httpx

from tests.web.house import Server

DASHBOARD = Path(__file__).parents[2] / "deploy" / "grafana" / "dashboard.json"
SELDOM = {"farm_estimate_hit_ratio", "farm_slots_wanted"}
"""Only told where there is something to tell."""


def exported(server: Server) -> set[str]:
    """Names of metrics."""
    httpx.get(f"{server.url}/login")
    answer = httpx.get(f"{server.url}/metrics")
    assert answer.status_code == 200
    return set(re.findall(r"^# TYPE (\w+) ", answer.text, re.M))


def test_every_metric_of_the_dashboard_is_exported(server: Server) -> None:
    board = json.loads(DASHBOARD.read_text())
    asked = {
        name
        for panel in board["panels"]
        for target in panel["targets"]
        for name in re.findall(r"\bfarm_\w+", target["expr"])
    }
    known = exported(server) | SELDOM
    whole = known | {f"{name}{end}" for name in known for end in ("_total", "_bucket")}
    assert asked <= whole | {name.removesuffix("_total") for name in whole}


def test_requests_are_counted_by_route(server: Server) -> None:
    def count() -> float:
        text = httpx.get(f"{server.url}/metrics").text
        found = re.search(r'farm_http_requests_total{route="/login",status="200"} ([\d.]+)', text)
        return float(found[1]) if found else 0.0

    before = count()
    httpx.get(f"{server.url}/login")
    assert count() == before + 1


def test_it_is_for_this_machine_and_for_operators(server: Server) -> None:
    forwarded = {"X-Forwarded-For": "203.0.113.7"}
    assert httpx.get(f"{server.url}/metrics", headers=forwarded).status_code == 401
