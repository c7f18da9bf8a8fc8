"""What Linux lets a process give up for good, without namespaces and without being root.

Used where bubblewrap cannot run (most containers): Landlock confines the file system and TCP,
a seccomp filter forbids every socket but local ones, and root gives up its powers.
Sources: prctl(2), landlock(7), seccomp(2), capabilities(7).
"""

import ctypes
import os
import platform
import signal
import stat
import struct
from contextlib import suppress
from dataclasses import dataclass, field

_libc = ctypes.CDLL(None, use_errno=True)

_PR_SET_PDEATHSIG = 1
_PR_SET_SECCOMP = 22
_PR_CAPBSET_DROP = 24
_PR_SET_CHILD_SUBREAPER = 36
_PR_SET_NO_NEW_PRIVS = 38

NOBODY = 65534


@dataclass(frozen=True, slots=True)
class Confinement:
    """What may still be reached, as absolute paths."""

    readable: list[str]
    """Files and folders, read and executed."""
    writable: list[str]
    """Folders."""
    devices: list[str] = field(
        default_factory=lambda: ["/dev/null", "/dev/zero", "/dev/urandom", "/dev/random"]
    )


def die_with_parent(number: signal.Signals) -> None:
    _prctl(_PR_SET_PDEATHSIG, number)


def adopt_orphans() -> None:
    """Descendants whose parent dies become children of this process, not of init."""
    _prctl(_PR_SET_CHILD_SUBREAPER, 1)


def forbid_new_privileges() -> None:
    _prctl(_PR_SET_NO_NEW_PRIVS, 1)


def prepare(confinement: Confinement) -> None:
    """While still root: hands the writable folders to the user the child will be, if it can be."""
    if os.geteuid() == 0 and _within_reach_of_nobody(confinement):
        for path in confinement.writable:
            os.chown(path, NOBODY, NOBODY)


def enter(confinement: Confinement) -> None:
    """In the child, with no_new_privs set. Raises OSError where neither Landlock nor another user
    can keep it from the machine's files."""
    dropped = os.geteuid() == 0 and _within_reach_of_nobody(confinement)
    restricted = _landlock(confinement)
    if not (restricted or dropped) and os.geteuid() == 0:
        raise PermissionError(
            "cannot confine a child of root: install bubblewrap, or run as an ordinary user"
        )
    _drop_powers(to_nobody=dropped)
    _only_local_sockets()


def landlock_version() -> int:
    """0 where the kernel has no Landlock."""
    version = _libc.syscall(_LANDLOCK_CREATE, None, 0, 1)
    return max(int(version), 0)


def _prctl(option: int, value: int, rest: object = 0) -> None:
    if _libc.prctl(option, ctypes.c_ulong(value), rest, 0, 0) != 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))


# --- users and capabilities ----------------------------------------------------------------------


def _within_reach_of_nobody(confinement: Confinement) -> bool:
    """Whether the unprivileged user could pass every folder on the way (root's home is closed)."""
    os.setegid(NOBODY)
    os.seteuid(NOBODY)
    try:
        return all(
            os.access(path, os.R_OK, effective_ids=True) for path in confinement.readable
        ) and all(
            os.access(os.path.dirname(path), os.X_OK, effective_ids=True)  # noqa: PTH120
            for path in confinement.writable
        )
    finally:
        os.seteuid(0)
        os.setegid(0)


def _drop_powers(*, to_nobody: bool) -> None:
    if os.geteuid() != 0:
        return
    with suppress(OSError):
        for capability in range(64):
            _prctl(_PR_CAPBSET_DROP, capability)
    if to_nobody:
        os.setgroups([])
        os.setresgid(NOBODY, NOBODY, NOBODY)
        os.setresuid(NOBODY, NOBODY, NOBODY)
    header = struct.pack("=Ii", 0x20080522, 0)  # _LINUX_CAPABILITY_VERSION_3, this process
    if _libc.capset(header, struct.pack("=6I", 0, 0, 0, 0, 0, 0)) != 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))


# --- Landlock ------------------------------------------------------------------------------------

_LANDLOCK_CREATE, _LANDLOCK_ADD, _LANDLOCK_ENTER = 444, 445, 446
_EXECUTE, _WRITE, _READ, _LIST = 1, 2, 4, 8
_OF_FILES = 0x1 | 0x2 | 0x4 | 0x4000 | 0x8000
_RIGHTS = {1: 0x1FFF, 2: 0x3FFF, 3: 0x7FFF, 4: 0x7FFF}
"""File system rights by version of the interface; 0xFFFF from version 5 on."""


def _landlock(confinement: Confinement) -> bool:
    version = landlock_version()
    if version == 0:
        return False
    every = _RIGHTS.get(version, 0xFFFF)
    # rights that are handled, and so forbidden unless given: files; TCP from 4; signals and
    # abstract sockets out of the sandbox from 6
    attribute = struct.pack("=QQQ", every, 3 if version >= 4 else 0, 3 if version >= 6 else 0)
    size = 24 if version >= 6 else 16 if version >= 4 else 8
    ruleset = _syscall(_LANDLOCK_CREATE, attribute, size, 0)
    for path in confinement.readable:
        _allow(ruleset, path, _EXECUTE | _READ | _LIST)
    for path in confinement.writable:
        _allow(ruleset, path, every & ~_EXECUTE)
    for path in confinement.devices:
        _allow(ruleset, path, _WRITE | _READ)
    _syscall(_LANDLOCK_ENTER, ruleset, 0)
    os.close(ruleset)
    return True


def _allow(ruleset: int, path: str, rights: int) -> None:
    try:
        opened = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    try:
        if not stat.S_ISDIR(os.fstat(opened).st_mode):
            rights &= _OF_FILES
        _syscall(_LANDLOCK_ADD, ruleset, 1, struct.pack("=Qi", rights, opened), 0)
    finally:
        os.close(opened)


def _syscall(number: int, *arguments: object) -> int:
    result = int(_libc.syscall(number, *arguments))
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
    return result


# --- seccomp -------------------------------------------------------------------------------------

_MACHINES = {
    # AUDIT_ARCH, then system calls: socket; and those no encoder needs: ptrace, unshare, mount,
    # setns, process_vm_readv and _writev, bpf, io_uring_setup (which opens sockets of its own)
    "x86_64": (0xC000003E, 41, (101, 272, 165, 308, 310, 311, 321, 425)),
    "aarch64": (0xC00000B7, 198, (117, 97, 40, 268, 270, 271, 280, 425)),
}
_LOAD, _EQUAL, _AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06
_ALLOW, _DENY = 0x7FFF0000, 0x00050000 | 13  # SECCOMP_RET_ERRNO | EACCES
_AF_UNIX = 1


def _only_local_sockets() -> None:
    machine = _MACHINES.get(platform.machine())
    if machine is None:
        raise OSError(f"no system call filter is written for {platform.machine()}")
    filters = b"".join(_program(*machine))
    buffer = ctypes.create_string_buffer(filters)
    program = ctypes.create_string_buffer(
        struct.pack("@HP", len(filters) // 8, ctypes.addressof(buffer))
    )
    _prctl(_PR_SET_SECCOMP, 2, ctypes.byref(program))


def _program(architecture: int, socket: int, forbidden: tuple[int, ...]) -> list[bytes]:
    """Classic BPF over struct seccomp_data: number at 0, architecture at 4, argument at 16."""
    deny = len(forbidden) + 4  # instructions from the first test of the number to the denial
    return [
        _step(_LOAD, 0, 0, 4),
        _step(_EQUAL, 0, deny + 2, architecture),
        _step(_LOAD, 0, 0, 0),
        _step(_AT_LEAST, deny, 0, 0x40000000),  # the x32 ABI has its own numbers
        *(_step(_EQUAL, deny - 1 - index, 0, number) for index, number in enumerate(forbidden)),
        _step(_EQUAL, 0, 2, socket),
        _step(_LOAD, 0, 0, 16),
        _step(_EQUAL, 0, 1, _AF_UNIX),
        _step(_RETURN, 0, 0, _ALLOW),
        _step(_RETURN, 0, 0, _DENY),
    ]


def _step(code: int, if_true: int, if_false: int, value: int) -> bytes:
    """struct sock_filter; the jumps count instructions to skip."""
    return struct.pack("=HBBI", code, if_true, if_false, value)
