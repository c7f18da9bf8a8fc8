"""Files read one after the other as one stream: an init segment and what follows it."""

import io
from collections.abc import Sequence
from pathlib import Path


class Joined:
    """Holds one file at a time in memory."""

    def __init__(self, paths: Sequence[Path]) -> None:
        self._paths = iter(paths)
        self._file = io.BytesIO()

    def read(self, size: int) -> bytes:
        while not (data := self._file.read(size)):
            path = next(self._paths, None)
            if path is None:
                return b""
            self._file = io.BytesIO(path.read_bytes())
        return data
