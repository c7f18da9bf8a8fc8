"""What came of an object so far, kept through kills and broken lines; and whether it is right."""

import hashlib
import json
import zlib
from dataclasses import dataclass
from pathlib import Path

BLOCK = 1 << 20
WORTH_RESUMING = 64 << 10
"""Bytes; what is smaller is fetched again as a whole."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What was signed of an object."""

    size: int | None
    """Bytes, decoded; None where the hash alone is known."""
    sha256: str | None
    """None in a library nobody signs."""
    most: int = 64 << 20
    """Bytes, where `size` is not known."""

    @property
    def limit(self) -> int:
        return self.most if self.size is None else self.size

    def is_met_by(self, file: Path) -> bool:
        if self.size is not None and file.stat().st_size != self.size:
            return False
        if self.sha256 is None:
            return True
        with file.open("rb") as opened:
            return hashlib.file_digest(opened, "sha256").hexdigest() == self.sha256


@dataclass(frozen=True, slots=True)
class Begun:
    """The beginning of a body, as it is sent."""

    size: int
    """Bytes that came."""
    validator: str | None
    """Of the body, for `If-Range`."""
    encoding: str
    """`gzip` or empty."""


class Part:
    """A file that grows, and a note beside it of what it is the beginning of."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._note = path.with_suffix(".json")

    def begun(self) -> Begun | None:
        """None where there is nothing to go on with."""
        try:
            note = json.loads(self._note.read_bytes())
            size = self.path.stat().st_size
            return Begun(size, note["validator"], note["encoding"]) if size else None
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def begin(self, validator: str | None, encoding: str, limit: int) -> None:
        """Empty, to be filled with at most `limit` bytes."""
        self.forget()
        if limit > WORTH_RESUMING:
            text = json.dumps({"validator": validator, "encoding": encoding})
            self._note.write_text(text, encoding="utf-8")

    def forget(self) -> None:
        self._note.unlink(missing_ok=True)
        self.path.unlink(missing_ok=True)

    def finished(self, encoding: str, wanted: Wanted) -> Path | None:
        """The decoded object, where it is the wanted one, in a file that is the caller's; nothing
        is kept then, nor otherwise."""
        whole = self.path.with_suffix(".whole")
        try:
            if encoding and not _unzip(self.path, whole, wanted.limit):
                return None
            if not encoding:
                self.path.replace(whole)
            if wanted.is_met_by(whole):
                return whole
            whole.unlink()
            return None
        finally:
            self.forget()


def unzipped(data: bytes, limit: int) -> bytes | None:
    """None where it is no gzip, cut short, or holds more than `limit` bytes."""
    inflate = zlib.decompressobj(zlib.MAX_WBITS | 16)
    try:
        plain = inflate.decompress(data, limit + 1)
    except zlib.error:
        return None
    return plain if inflate.eof and len(plain) <= limit else None


def _unzip(path: Path, to: Path, limit: int) -> bool:
    """False as `unzipped` is None; a bomb is not unfolded beyond `limit` bytes."""
    inflate = zlib.decompressobj(zlib.MAX_WBITS | 16)
    left = limit
    with path.open("rb") as packed, to.open("wb") as file:
        while block := packed.read(BLOCK):
            while block:
                try:
                    plain = inflate.decompress(block, BLOCK)
                except zlib.error:
                    return False
                left -= len(plain)
                if left < 0:
                    return False
                file.write(plain)
                block = inflate.unconsumed_tail
    return inflate.eof
