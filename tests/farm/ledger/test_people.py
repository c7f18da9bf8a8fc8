"""Bases, their keys, and browsers that log in with them."""

import hashlib

import pytest

from farm.errors import LedgerConflict
from farm.ledger import Ledger, bases, keys, sessions
from farm.ledger.model import Base
from farm.ledger.states import Role

NOW = 1_700_000_000.0
MINUTE, HOUR, DAY = 60.0, 3600.0, 86400.0


def test_bases_come_by_id_and_change(ledger: Ledger) -> None:
    with ledger.begin() as tx:
        bases.add(tx, Base("B", "Upper", "大写", created=3.0))
        assert bases.change(tx, "nj", weight=3.0, paused=True, hours_wanted=120.0)
        assert not bases.change(tx, "nowhere", weight=3.0)
    with ledger.read() as tx:
        assert [one.id for one in bases.every(tx)] == ["B", "nj", "xa"]
        assert bases.get(tx, "nj") == Base(
            "nj", "Nanjing", "南京", created=1.0, weight=3.0, paused=True, hours_wanted=120.0
        )
        assert bases.get(tx, "nowhere") is None


@pytest.mark.parametrize("weight", [0.0, -1.0])
def test_a_base_has_a_share(ledger: Ledger, weight: float) -> None:
    with pytest.raises(LedgerConflict, match="weight"), ledger.begin() as tx:
        bases.change(tx, "nj", weight=weight)


# --- keys ----------------------------------------------------------------------------------------


def test_a_key_is_shown_once_and_kept_as_a_hash(ledger: Ledger) -> None:
    with ledger.begin() as tx:
        key, shown = keys.issue(tx, Role.BASE, "nj", "王老师", NOW + DAY, NOW)
    role, id, secret = shown.split("_")
    assert (role, id) == ("base", key.id)
    assert len(bytes.fromhex(secret)) == 32
    with ledger.read() as tx:
        assert keys.get(tx, id) == key
        assert keys.find(tx, shown, NOW) == key
        assert keys.find(tx, f" {shown}\n", NOW) == key
    assert key.hash == hashlib.sha256(secret.encode()).hexdigest()
    assert secret not in repr(key)


def test_no_two_keys_are_alike(ledger: Ledger) -> None:
    with ledger.begin() as tx:
        shown = {keys.issue(tx, Role.OFFICE, None, "", None, NOW)[1] for _ in range(20)}
    assert len(shown) == 20


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text[:-1] + ("0" if text[-1] != "0" else "1"),
        lambda text: text[:-1],
        lambda text: text + "0",
        lambda text: text.replace("base_", "operator_"),
        lambda text: text.replace("base_", "office_"),
        lambda text: text.rpartition("_")[2],
        lambda text: text.rpartition("_")[0] + "_",
        lambda text: "base_nobody_" + text.rpartition("_")[2],
        lambda _: "",
        lambda _: "base_' OR 1=1 --_x",
        lambda _: "base_\0_\udcff",
    ],
)
def test_what_is_not_the_key_is_none(ledger: Ledger, change: object) -> None:
    with ledger.begin() as tx:
        _, shown = keys.issue(tx, Role.BASE, "nj", "", None, NOW)
        assert keys.check(tx, shown, NOW) is not None
        assert keys.check(tx, change(shown), NOW) is None  # type: ignore[operator]


def test_a_key_ends_when_it_expires_or_is_revoked(ledger: Ledger) -> None:
    with ledger.begin() as tx:
        key, shown = keys.issue(tx, Role.OPERATOR, None, "", NOW + DAY, NOW)
        assert keys.check(tx, shown, NOW + DAY - 1) is not None
        assert keys.check(tx, shown, NOW + DAY) is None
        assert keys.revoke(tx, key.id, NOW + 5)
        assert not keys.revoke(tx, key.id, NOW + 6)
        assert keys.check(tx, shown, NOW + 7) is None
        assert [one.revoked for one in keys.every(tx)] == [NOW + 5]


def test_use_is_noted_once_a_minute(ledger: Ledger) -> None:
    with ledger.begin() as tx:
        key, shown = keys.issue(tx, Role.BASE, "nj", "", None, NOW)

    def used(after: float) -> float | None:
        with ledger.begin() as tx:
            keys.check(tx, shown, NOW + after)
            found = keys.get(tx, key.id)
        assert found
        return found.used

    assert [used(1), used(30), used(60), used(61)] == [NOW + 1, NOW + 1, NOW + 1, NOW + 61]


@pytest.mark.parametrize(
    ("role", "base"),
    [(Role.BASE, None), (Role.OFFICE, "nj"), (Role.OPERATOR, "nj"), (Role.BASE, "nowhere")],
)
def test_a_bases_key_has_its_base_and_no_other_has_one(
    ledger: Ledger, role: Role, base: str | None
) -> None:
    with pytest.raises(LedgerConflict), ledger.begin() as tx:
        keys.issue(tx, role, base, "", None, NOW)


def test_keys_of_a_base(ledger: Ledger) -> None:
    with ledger.begin() as tx:
        first, _ = keys.issue(tx, Role.BASE, "nj", "first", None, NOW)
        other, _ = keys.issue(tx, Role.BASE, "xa", "other", None, NOW + 1)
        second, _ = keys.issue(tx, Role.BASE, "nj", "second", None, NOW + 2)
        assert keys.by_base(tx, "nj") == (first, second)
        assert keys.every(tx) == (first, other, second)


# --- sessions ------------------------------------------------------------------------------------


def test_a_session_is_found_by_its_cookie_alone(ledger: Ledger) -> None:
    with ledger.begin() as tx:
        key, _ = keys.issue(tx, Role.BASE, "nj", "", None, NOW)
        cookie, session = sessions.begin(tx, key.id, NOW)
        assert sessions.find(tx, cookie, NOW + 1) == (session, key)
        assert sessions.find(tx, session.id, NOW + 1) is None
        assert sessions.find(tx, "", NOW + 1) is None
        assert sessions.find(tx, "\udcff\0", NOW + 1) is None
        assert cookie not in repr(session)
        assert session.csrf not in cookie
        assert sessions.end(tx, session.id)
        assert not sessions.end(tx, session.id)
        assert sessions.find(tx, cookie, NOW + 1) is None


def test_a_session_ends_idle_and_in_any_case(ledger: Ledger) -> None:
    with ledger.begin() as tx:
        key, _ = keys.issue(tx, Role.BASE, "nj", "", None, NOW)
        idle, _ = sessions.begin(tx, key.id, NOW)
        busy, _ = sessions.begin(tx, key.id, NOW)
        hours = 0.0
        while hours + 11 < 7 * 24:
            hours += 11
            assert sessions.find(tx, busy, NOW + hours * HOUR) is not None
        assert sessions.find(tx, busy, NOW + 7 * DAY - 1) is not None
        assert sessions.find(tx, busy, NOW + 7 * DAY) is None
        assert sessions.look(tx, idle, NOW + 12 * HOUR - 1) is not None
        assert sessions.look(tx, idle, NOW + 12 * HOUR) is None


def test_a_session_goes_with_its_key(ledger: Ledger) -> None:
    with ledger.begin() as tx:
        key, _ = keys.issue(tx, Role.BASE, "nj", "", NOW + HOUR, NOW)
        cookie, _ = sessions.begin(tx, key.id, NOW)
        assert sessions.find(tx, cookie, NOW + HOUR - 1) is not None
        assert sessions.find(tx, cookie, NOW + HOUR) is None
        keys.revoke(tx, key.id, NOW + 2)
        assert sessions.find(tx, cookie, NOW + 3) is None


def test_looking_only_reads(ledger: Ledger) -> None:
    with ledger.begin() as tx:
        key, shown = keys.issue(tx, Role.BASE, "nj", "", None, NOW)
        cookie, session = sessions.begin(tx, key.id, NOW)
    with ledger.read() as tx:
        assert keys.find(tx, shown, NOW + HOUR) == key
        assert sessions.look(tx, cookie, NOW + HOUR) == (session, key)
    assert keys.due(key, NOW + HOUR)
    assert sessions.due(session, NOW + MINUTE)
    assert not sessions.due(session, NOW + MINUTE - 1)


def test_sweeping_keeps_what_is_in_use(ledger: Ledger) -> None:
    with ledger.begin() as tx:
        key, _ = keys.issue(tx, Role.BASE, "nj", "", None, NOW)
        old, _ = sessions.begin(tx, key.id, NOW)
        new, _ = sessions.begin(tx, key.id, NOW + 6 * HOUR)
        assert sessions.sweep(tx, NOW + 13 * HOUR) == 1
        assert sessions.look(tx, old, NOW + 1) is None
        assert sessions.look(tx, new, NOW + 13 * HOUR) is not None
