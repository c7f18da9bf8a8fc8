"""The bytes of one write, wherever they are, and their hash."""

import gzip
import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from farm.errors import StoreError


@dataclass(frozen=True, slots=True)
class Payload:
    data: bytes | Path
    size: int
    """Bytes as they are sent."""
    sha256: str
    """Hex, of the bytes as they are sent."""

    @classmethod
    def of(cls, data: bytes | Path, squeezed: bool) -> "Payload":
        """Equal data gives equal bytes, squeezed or not. Raises StoreError where a file is gone."""
        try:
            if squeezed:
                plain = data if isinstance(data, bytes) else data.read_bytes()
                data = gzip.compress(plain, mtime=0)
            if isinstance(data, bytes):
                return cls(data, len(data), hashlib.sha256(data).hexdigest())
            with data.open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
                return cls(data, file.tell(), digest)
        except OSError as error:
            raise StoreError(
                f"{data!s:.200} cannot be read to be stored: {error.strerror}."
            ) from error

    @contextmanager
    def open(self) -> Iterator[BinaryIO]:
        if isinstance(self.data, bytes):
            yield BytesIO(self.data)
        else:
            with self.data.open("rb") as file:
                yield file

    def piece(self, start: int, size: int) -> bytes:
        with self.open() as file:
            file.seek(start)
            return file.read(size)
