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
        str(resolved).encode()
        if not resolved.is_file():
            raise Refused(
                f"{path} is not a file; give the recording itself. 不是文件，请提交录像文件本身。"
            )
        size, digest = _hash(resolved)
        date = datetime.fromtimestamp(resolved.stat().st_mtime, UTC).date().isoformat()
    except UnicodeEncodeError as error:
        raise Refused(
            "The file's name or folder is not in UTF-8 (old archives hold GBK names); rename it. "
            "文件名或文件夹名不是 UTF-8 编码（旧压缩包常为 GBK），请改名后再提交。"
        ) from error
    except FileNotFoundError as error:
        raise Refused(
            f"There is no file {path}; check the name. 没有这个文件，请核对文件名。"
        ) from error
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise Refused(
            f"{path} cannot be read ({why}); check its permissions. 无法读取该文件，请检查权限。"
        ) from error
    if size == 0:
        raise Refused(
            f"{path} is empty; copy the recording again and check its size. "
            "文件为空，请重新复制并核对大小。"
        )
    return Recording(path=resolved, size=size, sha256=digest, date=date, metadata=metadata)


def _hash(path: Path) -> tuple[int, str]:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        return file.tell(), digest
