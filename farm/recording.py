"""The door: a path becomes a recording, known by its hash."""

import hashlib
from datetime import UTC, datetime
from pathlib import Path

from farm.errors import Refused
from farm.model import Metadata, Recording


def identify(path: Path, metadata: Metadata) -> Recording:
    """Hash the file. Raises Refused where there is no readable, non-empty file."""
    try:
        resolved = path.resolve(strict=True)
        if not resolved.is_file():
            raise Refused(f"{path} is not a file; give the recording itself.")
        size, digest = _hash(resolved)
        date = datetime.fromtimestamp(resolved.stat().st_mtime, UTC).date().isoformat()
    except FileNotFoundError as error:
        raise Refused(f"There is no file {path}; check the name.") from error
    except (OSError, ValueError) as error:
        raise Refused(f"{path} cannot be read ({error}); check its permissions.") from error
    if size == 0:
        raise Refused(f"{path} is empty; copy the recording again and check its size.")
    return Recording(path=resolved, size=size, sha256=digest, date=date, metadata=metadata)


def _hash(path: Path) -> tuple[int, str]:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        return file.tell(), digest
