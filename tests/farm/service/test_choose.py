"""Which jobs are begun: every base has one under way, and nobody starves."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from farm.service.choose import AGE, AT_ONCE, MOST, USUAL, Candidate, to_begin

NOBODY: frozenset[str] = frozenset()


def job(id: str, base: str = "a", **fields: object) -> Candidate:
    usual = Candidate(id, base, priority=1, deadline=None, since=0.0, work=100.0)
    return replace(usual, **fields)  # type: ignore[arg-type]


def test_a_base_with_a_thousand_jobs_leaves_another_its_turn() -> None:
    many = [job(f"a{n:04}") for n in range(1000)]
    begun = to_begin([*many, job("b", "b", since=50.0)], [], NOBODY, 60.0)
    assert "b" in begun
    assert len(begun) == USUAL + 1


def test_an_urgent_job_does_not_wait_for_ordinary_ones() -> None:
    under_way = [job("x"), job("y")]
    assert to_begin([job("z")], under_way, NOBODY, 0.0) == ()
    assert to_begin([job("z", priority=0)], under_way, NOBODY, 0.0) == ("z",)


def test_a_short_job_does_not_wait_for_long_ones() -> None:
    under_way = [job("x", work=3600.0), job("y", work=3600.0)]
    assert to_begin([job("z", work=60.0)], under_way, NOBODY, 0.0) == ("z",)
    crowd = [*under_way, job("u", work=60.0), job("v", work=60.0)]
    assert len(crowd) == MOST
    assert to_begin([job("z", work=1.0)], crowd, NOBODY, 0.0) == ()


def test_a_paused_base_begins_nothing() -> None:
    assert to_begin([job("x"), job("y", "b")], [], frozenset({"a"}), 0.0) == ("y",)


def test_the_nearer_deadline_goes_first() -> None:
    ready = [job("late", deadline=900.0), job("none"), job("soon", deadline=500.0)]
    assert to_begin(ready, [], NOBODY, 0.0) == ("soon", "late")


def test_a_long_wait_comes_before_a_short_job_that_just_came() -> None:
    now = 10 * AGE
    ready = [job("old", work=9000.0, priority=2), job("new", work=10.0, since=now)]
    assert to_begin(ready, [job("x", work=1.0)], NOBODY, now) == ("old",)


jobs = st.lists(
    st.builds(
        Candidate,
        id=st.uuids().map(str),
        base=st.sampled_from("abcdef"),
        priority=st.integers(0, 2),
        deadline=st.none() | st.floats(0, 1e6),
        since=st.floats(0, 1e6),
        work=st.floats(0.1, 1e5),
    ),
    max_size=120,
    unique_by=lambda one: one.id,
)


@given(ready=jobs, under_way=jobs.map(lambda some: some[:20]))
def test_no_base_that_waits_is_left_without_a_job(
    ready: list[Candidate], under_way: list[Candidate]
) -> None:
    begun = to_begin(ready, under_way, NOBODY, 1e6)
    bases = {one.base for one in under_way} | {one.base for one in ready if one.id in begun}
    if len(under_way) + len(begun) < AT_ONCE:
        assert bases >= {one.base for one in ready}
    assert begun == to_begin(list(reversed(ready)), under_way, NOBODY, 1e6)
