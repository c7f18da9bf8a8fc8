"""A child reaches what it was given and nothing else, and ends at its limits: both sandboxes."""

import logging
import os
import signal
import socket
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path

import psutil
import pytest

from workers import pids, sandbox
from workers.cancel import cancellable
from workers.child import Cause, ChildExit, ChildLimits, run_child
from workers.errors import Cancelled, Retryable, WorkerError
from workers.sandbox import Isolation

needs_bwrap = pytest.mark.skipif(
    sandbox.best_isolation() is not Isolation.BUBBLEWRAP, reason="bubblewrap cannot run here"
)


@pytest.fixture(params=[pytest.param(Isolation.BUBBLEWRAP, marks=needs_bwrap), Isolation.LAUNCHER])
def isolation(request: pytest.FixtureRequest) -> Isolation:
    return request.param


Run = Callable[..., ChildExit]


@pytest.fixture
def run(isolation: Isolation, tmp_path: Path) -> Run:
    """Runs Python code in the sandbox; its folder is tmp_path/out. Nothing may be left of it."""
    out = tmp_path / "out"
    out.mkdir()

    def go(code: str, *, readable: tuple[Path, ...] = (), **options: object) -> ChildExit:
        lines = options.pop("lines", [])
        limits = options.pop("limits", ChildLimits(wall=30))
        before = {child.pid for child in psutil.Process().children(recursive=True)}
        ended = run_child(
            [sys.executable, "-c", textwrap.dedent(code)],
            limits=limits,
            readable=readable,
            writable=out,
            on_line=lines.append,
            isolation=isolation,
            **options,
        )
        after = {child.pid for child in psutil.Process().children(recursive=True)}
        assert after <= before
        return ended

    return go


def test_it_writes_its_folder_and_tells_how_it_ended(run: Run, tmp_path: Path) -> None:
    lines: list[str] = []
    ended = run("print('one'); print('two'); open('made', 'w').write('x')", lines=lines)
    assert ended.ok
    assert (ended.code, ended.signal, ended.reason) == (0, None, "finished")
    assert lines == ["one", "two"]
    made = tmp_path / "out" / "made"
    assert made.read_text() == "x"
    assert ended.peak_rss_bytes > 1 << 20
    ended.check("anything")


def test_files_of_other_threads_are_left_alone(isolation: Isolation, tmp_path: Path) -> None:
    """They take the numbers of descriptors that were closed here a moment ago."""
    failures: list[OSError] = []
    ended = threading.Event()

    def read() -> None:
        while not ended.is_set():
            try:
                Path(__file__).read_bytes()
            except OSError as error:
                failures.append(error)

    other = threading.Thread(target=read)
    other.start()
    for _ in range(15):
        run_child(
            [sys.executable, "-c", "pass"],
            limits=ChildLimits(wall=30),
            readable=(),
            writable=tmp_path,
            on_line=lambda _: None,
            isolation=isolation,
        )
    ended.set()
    other.join()
    assert not failures


def test_status_signal_and_the_end_of_stderr_come_back(run: Run) -> None:
    ended = run("import sys; sys.stderr.write('x' * 17000 + 'last words'); sys.exit(3)")
    assert (ended.code, ended.reason) == (3, "exited with status 3")
    assert ended.stderr_tail.endswith("last words")
    assert len(ended.stderr_tail) == 16384
    with pytest.raises(WorkerError, match="chunk 1: exited with status 3"):
        ended.check("chunk 1")
    killed = run("import os; os.kill(os.getpid(), 11)")
    assert (killed.code, killed.signal, killed.reason) == (None, 11, "was killed by SIGSEGV")
    with pytest.raises(Retryable):
        killed.check("chunk 1")


def test_cpu_time_is_counted_with_that_of_its_children(run: Run) -> None:
    ended = run(
        """
        import subprocess, sys
        busy = "import time\\nwhile time.process_time() < 0.5: pass"
        subprocess.run([sys.executable, "-c", busy])
        """
    )
    assert ended.ok, ended
    assert 0.5 <= ended.cpu_seconds < 2


@pytest.mark.parametrize("path", ["/etc/shadow", "/root/.bashrc", "{sibling}", "{repository}"])
def test_it_cannot_read_what_it_was_not_given(run: Run, tmp_path: Path, path: str) -> None:
    sibling = tmp_path / "sibling.mp4"
    sibling.write_text("another base's lecture")
    target = path.format(sibling=sibling, repository=Path(__file__).resolve())
    ended = run(
        f"""
        try:
            print(open({target!r}).read())
        except OSError:
            raise SystemExit(7)
        """
    )
    assert ended.code == 7, ended


def test_it_reads_what_it_was_given_but_cannot_change_it(run: Run, tmp_path: Path) -> None:
    given = tmp_path / "given.mp4"
    given.write_text("my lecture")
    lines: list[str] = []
    ended = run(
        f"""
        print(open({str(given)!r}).read())
        try:
            open({str(given)!r}, "w")
        except OSError:
            raise SystemExit(7)
        """,
        readable=(given,),
        lines=lines,
    )
    assert (ended.code, lines) == (7, ["my lecture"])
    assert given.read_text() == "my lecture"


@pytest.mark.parametrize("folder", ["/", "/usr", "/etc", "/root", "/dev", "{parent}", "{prefix}"])
def test_it_cannot_write_anywhere_else(
    run: Run, tmp_path: Path, folder: str, isolation: Isolation
) -> None:
    target = Path(folder.format(parent=tmp_path, prefix=sys.prefix)) / "planted-by-a-test"
    ended = run(
        f"""
        try:
            open({str(target)!r}, "w").write("x")
        except OSError:
            raise SystemExit(7)
        """
    )
    assert not target.exists()
    private = target.is_relative_to("/tmp") and isolation is Isolation.BUBBLEWRAP
    assert private or ended.code == 7, ended


def test_it_has_a_temporary_folder_of_its_own(run: Run) -> None:
    ended = run("import tempfile; f = tempfile.NamedTemporaryFile(); f.write(b'x')")
    assert ended.ok, ended


def test_it_has_no_network(run: Run) -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as stream,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as datagrams,
    ):
        datagrams.bind(("127.0.0.1", 0))
        ended = run(
            f"""
            import socket
            try:
                link = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
                link.sendto(b"out", ("127.0.0.1", {datagrams.getsockname()[1]}))
            except OSError:
                pass
            try:
                socket.create_connection(("127.0.0.1", {stream.getsockname()[1]}))
            except OSError:
                raise SystemExit(7)
            """
        )
        stream.settimeout(0.1)
        datagrams.settimeout(0.1)
        with pytest.raises(TimeoutError):
            stream.accept()
        with pytest.raises(TimeoutError):
            datagrams.recv(16)
    assert ended.code == 7, ended


def test_it_sees_no_secret_of_its_parent(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "hush")
    ended = run(
        f"""
        import os
        assert "AWS_SECRET_ACCESS_KEY" not in os.environ
        assert os.environ["GIVEN"] == "yes"
        try:
            print(open("/proc/{os.getpid()}/environ").read())
        except OSError:
            raise SystemExit(7)
        """,
        env={"GIVEN": "yes"},
    )
    assert ended.code == 7, ended


def test_it_cannot_signal_its_parent(run: Run) -> None:
    ended = run(f"import os\ntry: os.kill({os.getpid()}, 0)\nexcept OSError: raise SystemExit(7)")
    assert ended.code == 7, ended


MEGABYTE = 1 << 20
ATTACKS = {
    "memory bomb": (
        "kept = []\nwhile True: kept.append(b'x' * 1_000_000)",
        ChildLimits(memory=100 * MEGABYTE, wall=30),
        Cause.MEMORY,
        "used more than 100 MB of memory",
    ),
    "memory bomb of many processes": (
        """
        import os, time
        for _ in range(8): os.fork()
        kept = b"x" * 20_000_000
        time.sleep(60)
        """,
        ChildLimits(memory=100 * MEGABYTE, processes=1000, wall=30),
        Cause.MEMORY,
        "used more than 100 MB of memory",
    ),
    # bounded: 512 processes at most, so that a sandbox that fails does not take the machine along
    "fork bomb": (
        """
        import os, time
        for _ in range(9):
            try: os.fork()
            except OSError: pass
        time.sleep(60)
        """,
        ChildLimits(processes=8, memory=4096 * MEGABYTE, wall=30),
        Cause.PROCESSES,
        "started more than 8 processes",
    ),
    "endless loop": (
        "while True: pass",
        ChildLimits(cpu=1, wall=30),
        Cause.CPU,
        "used more than 1 s of CPU time",
    ),
    "too slow": (
        "import time\nwhile True: print('.'); time.sleep(0.1)",
        ChildLimits(wall=0.5),
        Cause.TIME,
        "ran longer than 0.5 s",
    ),
    "hang without progress": (
        "import time; print('begun'); time.sleep(60)",
        ChildLimits(stall=0.5, wall=30),
        Cause.STALL,
        "made no progress for 0.5 s",
    ),
    "endless output": (
        "while True: print('x' * 1000)",
        ChildLimits(output=MEGABYTE, wall=30),
        Cause.OUTPUT,
        "wrote far more to standard output than it may",
    ),
    "endless output without a line": (
        "import sys\nwhile True: sys.stdout.write('x' * 1000)",
        ChildLimits(output=MEGABYTE, wall=30),
        Cause.OUTPUT,
        "wrote far more to standard output than it may",
    ),
    "huge file": (
        "open('big', 'wb').write(b'x' * 9_000_000)",
        ChildLimits(file=2 * MEGABYTE, wall=30),
        Cause.FILES,
        "wrote a file of more than 2 MB",
    ),
    "many files": (
        """
        import time
        for number in range(30): open(f"{number}", "wb").write(b"x" * 100_000)
        time.sleep(60)
        """,
        ChildLimits(folder=MEGABYTE, wall=30),
        Cause.FILES,
        "wrote more than 1 MB of files",
    ),
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_an_attack_ends_plainly(run: Run, attack: str) -> None:
    code, limits, cause, reason = ATTACKS[attack]
    began = time.monotonic()
    ended = run(code, limits=limits)
    assert (ended.cause, ended.reason) == (cause, reason)
    assert not ended.ok
    assert time.monotonic() - began < 10
    with pytest.raises(Retryable, match=reason):
        ended.check("it")


def test_the_watch_alone_ends_a_fork_bomb(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pids, "group", lambda _limit: nullcontext())
    code, limits, cause, reason = ATTACKS["fork bomb"]
    ended = run(code, limits=limits)
    assert (ended.cause, ended.reason) == (cause, reason)


def test_the_kernel_holds_processes_and_threads(run: Run) -> None:
    """Threads, because the watch does not count them: only the kernel can be what stops these."""
    if os.geteuid() == 0 and not _can_group():
        pytest.skip("root's processes cannot be limited here: no pids control group")
    ended = run(
        """
        import threading, time
        try:
            for _ in range(500):
                threading.Thread(target=time.sleep, args=(2,), daemon=True).start()
        except RuntimeError:
            raise SystemExit(7)
        """,
        limits=ChildLimits(processes=2, memory=8192 * MEGABYTE, wall=30),
    )
    assert ended.code == 7, ended


def _can_group() -> bool:
    with pids.group(10) as folder:
        return folder is not None


def test_a_whole_family_ends_with_its_head(run: Run) -> None:
    """A grandchild that left the session and lost its parent does not outlive the child."""
    name = f"left-behind-{os.getpid()}-{time.monotonic_ns()}"
    ended = run(
        f"""
        import os, subprocess, sys
        if os.fork() == 0:
            os.setsid()
            subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)", {name!r}])
            os._exit(0)
        os.wait()
        """
    )
    assert ended.ok, ended
    assert not _processes_named(name)


def test_a_pool_that_closes_cancels_it(run: Run) -> None:
    flag = threading.Event()
    threading.Timer(0.3, flag.set).start()
    began = time.monotonic()
    with cancellable(flag):
        ended = run("import time; time.sleep(60)")
    assert ended.cause is Cause.CANCELLED
    assert time.monotonic() - began < 2
    with pytest.raises(Cancelled):
        ended.check("it")


def test_what_on_line_raises_ends_it(isolation: Isolation, tmp_path: Path) -> None:
    def refuse(line: str) -> None:
        raise ValueError(line)

    with pytest.raises(ValueError, match="one"):
        run_child(
            [sys.executable, "-c", "import time; print('one'); time.sleep(60)"],
            limits=ChildLimits(),
            readable=[],
            writable=tmp_path,
            on_line=refuse,
            isolation=isolation,
        )
    assert not [
        child
        for child in psutil.Process().children(recursive=True)
        if "time.sleep(60)" in " ".join(child.cmdline())
    ]


def test_a_program_that_is_not_there(isolation: Isolation, tmp_path: Path) -> None:
    ended = run_child(
        ["/usr/bin/no-such-program"],
        limits=ChildLimits(),
        readable=[],
        writable=tmp_path,
        on_line=print,
        isolation=isolation,
    )
    assert ended.cause is Cause.NOT_STARTED
    assert "No such file" in ended.reason


def test_an_input_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(WorkerError, match=r"lost\.mp4"):
        run_child(
            [sys.executable, "-c", ""],
            limits=ChildLimits(),
            readable=[tmp_path / "lost.mp4"],
            writable=tmp_path,
            on_line=print,
        )


def test_a_package_is_importable_without_the_checkout_around_it(run: Run) -> None:
    folder, environment = sandbox.importable("manifests")
    ended = run(
        f"""
        import os, manifests
        try:
            os.listdir({str(folder.parent / "tests")!r})
        except OSError:
            raise SystemExit(7)
        """,
        readable=(folder,),
        env=environment,
    )
    assert ended.code == 7, ended


def test_a_sigkill_of_the_caller_ends_the_child(isolation: Isolation, tmp_path: Path) -> None:
    name = f"orphan-{os.getpid()}-{time.monotonic_ns()}"
    code = f"""
import sys
from pathlib import Path
from workers.child import ChildLimits, run_child
from workers.sandbox import Isolation
inner = "import subprocess, sys; print('up'); subprocess.run([sys.executable, '-c', 'import time; time.sleep(60)', '{name}'])"
run_child([sys.executable, "-c", inner, "{name}"], limits=ChildLimits(), readable=[],
          writable=Path({str(tmp_path)!r}), on_line=lambda line: print(line, flush=True),
          isolation=Isolation("{isolation}"))
"""  # noqa: E501 - one line of code inside code
    repository = Path(__file__).resolve().parents[2]
    with subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, cwd=repository
    ) as caller:
        assert caller.stdout is not None
        assert caller.stdout.readline() == b"up\n"
        deadline = time.monotonic() + 5
        while len(_processes_named(name)) < 3 and time.monotonic() < deadline:
            time.sleep(0.05)
        assert len(_processes_named(name)) >= 3  # caller, child, grandchild
        os.kill(caller.pid, signal.SIGKILL)
    deadline = time.monotonic() + 5
    while _processes_named(name) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not _processes_named(name)


def test_without_bubblewrap_a_warning_says_so(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    sandbox.best_isolation.cache_clear()
    try:
        with caplog.at_level(logging.WARNING, "workers"):
            assert sandbox.best_isolation() is Isolation.LAUNCHER
            assert sandbox.best_isolation() is Isolation.LAUNCHER
    finally:
        sandbox.best_isolation.cache_clear()
    assert [record.getMessage().partition(":")[0] for record in caplog.records] == [
        "bubblewrap is not installed"
    ]


def _processes_named(name: str) -> list[psutil.Process]:
    return [
        process
        for process in psutil.process_iter(["cmdline", "status"])
        if any(name in part for part in process.info["cmdline"] or [])
        and process.info["status"] != psutil.STATUS_ZOMBIE
    ]
