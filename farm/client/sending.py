"""Files on their way to a service, by tus 1.0 (https://tus.io/protocols/resumable-upload).

What has begun is noted in a small file of the user's, so that the same command goes on with it
after a broken line, a closed laptop or a restarted server.
"""

import base64
import hashlib
import json
import os
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from farm.client.api import Api, ServiceError

TUS = {"Tus-Resumable": "1.0.0"}
PIECE = 256 << 10
"""Bytes read at once."""
TRIES = 8
"""In a row that bring nothing, before the line is given up for now."""
LONGEST_PAUSE = 20.0
"""Seconds between two tries, at most."""
GONE = (404, 410)

Report = Callable[[int], None]
"""Bytes that are there."""


@dataclass(frozen=True, slots=True)
class Sent:
    """A file that is whole at the service."""

    upload: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Said:
    """What goes with a file."""

    name: str
    folder: str = ""
    asked: Mapping[str, Any] | None = None
    priority: str = "normal"
    deadline: float | None = None
    """Epoch seconds."""


class Sender:
    """`notes`: a folder for what has begun."""

    def __init__(self, api: Api, notes: Path) -> None:
        self._api = api
        self._notes = notes

    def send(self, path: Path, said: Said, report: Report = lambda _: None) -> Sent:
        """All of it, from where it was left. Raises ServiceError, and OSError where the file cannot
        be read."""
        found = path.stat()
        note = self._note(path, found)
        place = self._begun(note) or self._begin(path, found, said, note)
        tries = 0
        while True:
            before = self._offset(place)
            if before is None:
                note.unlink(missing_ok=True)
                place, before = self._begin(path, found, said, note), 0
            report(before)
            if before >= found.st_size:
                break
            try:
                self._go_on(place, path, before, found.st_size, report)
                tries = 0
            except ServiceError as error:
                after = self._offset_patiently(place) if error.code in (0, 423, 503) else None
                if after is None:
                    raise
                tries = 0 if after > before else tries + 1
                if tries >= TRIES:
                    raise
                time.sleep(min(LONGEST_PAUSE, 0.2 * 2**tries))
        sha256 = hash_of(path)
        upload = place.rsplit("/", 1)[-1]
        self._api.ask("PUT", f"/api/v1/uploads/{upload}/sha256", json={"sha256": sha256})
        note.unlink(missing_ok=True)
        return Sent(upload, sha256)

    # --- the protocol ----------------------------------------------------------------------------

    def _begin(self, path: Path, found: os.stat_result, said: Said, note: Path) -> str:
        values = {"filename": said.name, "folder": said.folder, "modified": f"{found.st_mtime:.3f}"}
        values["priority"] = said.priority
        if said.deadline is not None:
            values["deadline"] = f"{said.deadline:.3f}"
        if said.asked is not None:
            values["asked"] = json.dumps(said.asked, ensure_ascii=False)
        answer = self._api.ask(
            "POST",
            "/api/uploads",
            headers={
                **TUS,
                "Upload-Length": str(found.st_size),
                "Upload-Metadata": _encoded(values),
            },
        )
        place = answer.headers["Location"]
        note.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        note.write_text(json.dumps({"file": str(path), "place": place}), encoding="utf-8")
        return place

    def _offset(self, place: str) -> int | None:
        """None where the service has given it up."""
        try:
            answer = self._api.ask("HEAD", place, headers=TUS)
        except ServiceError as error:
            if error.code in GONE:
                return None
            raise
        return int(answer.headers["Upload-Offset"])

    def _offset_patiently(self, place: str) -> int | None:
        """While the service is away, for about a minute."""
        for attempt in range(TRIES):
            try:
                return self._offset(place)
            except ServiceError as error:
                if error.code not in (0, 423, 503):
                    raise
                time.sleep(min(LONGEST_PAUSE, 0.5 * 2**attempt))
        return None

    def _go_on(self, place: str, path: Path, offset: int, size: int, report: Report) -> None:
        self._api.ask(
            "PATCH",
            place,
            headers={
                **TUS,
                "Content-Type": "application/offset+octet-stream",
                "Upload-Offset": str(offset),
                "Content-Length": str(size - offset),
            },
            content=_pieces(path, offset, report),
            timeout=60.0,
        )

    # --- what has begun --------------------------------------------------------------------------

    def _note(self, path: Path, found: os.stat_result) -> Path:
        """The same for the same file, unchanged, on its way to the same service."""
        key = f"{self._api.server}\0{path.resolve()}\0{found.st_size}\0{found.st_mtime_ns}"
        return self._notes / f"{hashlib.sha256(os.fsencode(key)).hexdigest()[:24]}.json"

    def _begun(self, note: Path) -> str | None:
        try:
            place: str = json.loads(note.read_text(encoding="utf-8"))["place"]
        except (OSError, ValueError, KeyError, TypeError):
            return None
        return place if place.startswith("/api/uploads/") else None


def hash_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _pieces(path: Path, offset: int, report: Report) -> Iterator[bytes]:
    with path.open("rb") as file:
        file.seek(offset)
        while piece := file.read(PIECE):
            yield piece
            offset += len(piece)
            report(offset)


def _encoded(values: Mapping[str, str]) -> str:
    return ",".join(
        f"{name} {base64.b64encode(value.encode()).decode()}" if value else name
        for name, value in values.items()
    )
