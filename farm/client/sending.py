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

from farm.client.api import AWAY, Api, ServiceError

TUS = {"Tus-Resumable": "1.0.0"}
PIECE = 256 << 10
"""Bytes read at once."""
TRIES = 8
"""In a row that bring nothing, before the line is given up for now."""
LONGEST_PAUSE = 20.0
"""Seconds between two tries, at most."""
GONE = (404, 410)
CUT = AWAY | {409, 423}
"""Codes after which the offset is asked for: where we were told of last, another request may be."""
KEPT = 7 * 86400.0
"""Seconds for which a note is of use: the service forgets too."""

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
        self._done: list[Path] = []

    def send(self, path: Path, said: Said, report: Report = lambda _: None) -> Sent:
        """All of it, from where it was left. Raises ServiceError, and OSError where the file cannot
        be read."""
        found = path.stat()
        note = self._note(path, found, said)
        place = self._begun(note) or self._begin(found, said, note)
        tries = 0
        while True:
            before = self._offset_patiently(place)
            if before is None:
                place, before = self._begin(found, said, note), 0
            report(before)
            if before >= found.st_size:
                break
            try:
                self._go_on(place, path, before, found.st_size, report)
            except ServiceError as error:
                after = self._offset_patiently(place) if error.code in CUT else None
                tries = 0 if after is not None and after > before else tries + 1
                if after is None or tries >= TRIES:
                    raise
                time.sleep(min(LONGEST_PAUSE, 0.1 * 2**tries))
        sha256 = hash_of(path)
        upload = place.rsplit("/", 1)[-1]
        self._promise(upload, sha256, note)
        self._done.append(note)
        return Sent(upload, sha256)

    def forget(self) -> None:
        """All that was to be sent has arrived: the same command again is a new one."""
        for note in self._done:
            note.unlink(missing_ok=True)
        self._done.clear()

    # --- the protocol ----------------------------------------------------------------------------

    def _begin(self, found: os.stat_result, said: Said, note: Path) -> str:
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
        note.write_text(json.dumps({"place": place}), encoding="utf-8")
        return place

    def _promise(self, upload: str, sha256: str, note: Path) -> None:
        """What the bytes hash to. Raises ServiceError where the service got others."""
        try:
            self._api.ask("PUT", f"/api/v1/uploads/{upload}/sha256", json={"sha256": sha256})
        except ServiceError as error:
            if error.code not in AWAY:
                note.unlink(missing_ok=True)
            raise

    def _offset_patiently(self, place: str) -> int | None:
        """None where it was given up. A service that is away is waited for, about a minute."""
        attempt = 0
        while True:
            try:
                return int(self._api.ask("HEAD", place, headers=TUS).headers["Upload-Offset"])
            except ServiceError as error:
                if error.code in GONE:
                    return None
                attempt += 1
                if error.code not in CUT or attempt >= TRIES:
                    raise
                time.sleep(min(LONGEST_PAUSE, 0.25 * 2**attempt))

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

    def _note(self, path: Path, found: os.stat_result, said: Said) -> Path:
        """The same for the same file, unchanged, with the same words, to the same service."""
        words = json.dumps([said.folder, said.asked, said.priority, said.deadline], sort_keys=True)
        file = f"{path.resolve()}\0{found.st_size}\0{found.st_mtime_ns}"
        whole = f"{self._api.server}\0{self._api.whose}\0{file}\0{words}"
        return self._notes / f"{hashlib.sha256(os.fsencode(whole)).hexdigest()[:24]}.json"

    def _begun(self, note: Path) -> str | None:
        try:
            place: str = json.loads(note.read_text(encoding="utf-8"))["place"]
            old = time.time() - note.stat().st_mtime > KEPT
        except (OSError, ValueError, KeyError, TypeError):
            return None
        if old:
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
