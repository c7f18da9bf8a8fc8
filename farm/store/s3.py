"""A store in an S3 bucket.

Every write carries a token of its own in the object's metadata: when the answer to a conditional
write is lost, the object itself tells whether it landed.
"""

import base64
import gzip
import hashlib
import shutil
import tempfile
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

from farm.errors import Conflict, NotFound, StoreError, Unknown
from farm.store.names import cache_of, checked, checked_prefix, compressible, type_of
from farm.store.payload import Payload
from farm.store.probing import probe_conditions
from farm.store.protocol import Info, Stored
from farm.store.s3_connection import PAUSE, Connection, Silent
from farm.store.s3_errors import no_bucket
from farm.store.s3_multipart import send_in_parts

if TYPE_CHECKING:
    from types_boto3_s3.client import S3Client

T = TypeVar("T")

LARGE = 64 << 20
"""Bytes from which an object is sent in parts."""
PIECE = 64 << 20
"""Bytes fetched by one request."""


class S3Store:
    """`s3://bucket/prefix`; endpoint, region and keys as boto3 takes them from the environment."""

    def __init__(self, url: str, *, large: int = LARGE, pause: float = PAUSE) -> None:
        parts = urlsplit(url)
        if parts.scheme != "s3" or not parts.netloc or parts.query or parts.fragment:
            raise StoreError(f"{url!r} is no S3 store; give s3://bucket/prefix.")
        self._bucket = parts.netloc
        prefix = checked_prefix(parts.path.strip("/"))
        self._prefix = f"{prefix}/" if prefix else ""
        self._large = large
        self._connection = Connection(self.url, pause)

    @property
    def url(self) -> str:
        return f"s3://{self._bucket}/{self._prefix}".rstrip("/")

    @property
    def _client(self) -> "S3Client":
        return self._connection.client

    def probe(self) -> None:
        try:
            self._connection.ask(
                "the bucket", lambda: self._client.head_bucket(Bucket=self._bucket), 3
            )
        except NotFound:
            raise no_bucket(self.url) from None
        probe_conditions(self)

    def get(self, name: str) -> Stored:
        where = self._where(name)

        def read() -> Stored:
            answer = self._client.get_object(**where, ChecksumMode="ENABLED")
            with closing(answer["Body"]) as body:
                data = body.read()
            if answer.get("ContentEncoding") == "gzip":
                data = gzip.decompress(data)
            return Stored(data=data, tag=answer["ETag"])

        return self._connection.ask(name, read)

    def head(self, name: str) -> Info | None:
        found = self._look(name)
        return _info(name, found) if found else None

    def _look(self, name: str) -> Mapping[str, Any] | None:
        where = self._where(name)
        try:
            return self._connection.ask(
                name, lambda: self._client.head_object(**where, ChecksumMode="ENABLED")
            )
        except NotFound:
            return None

    def put(
        self,
        name: str,
        data: bytes | Path,
        *,
        type: str,
        cache: str | None = None,
        if_absent: bool = False,
        if_match: str | None = None,
    ) -> str:
        squeezed = compressible(type)
        payload = Payload.of(data, squeezed)
        headers: dict[str, Any] = {"ContentType": type, "CacheControl": cache or cache_of(name)}
        if squeezed:
            headers["ContentEncoding"] = "gzip"
        condition: dict[str, Any] = {}
        if if_absent:
            condition["IfNoneMatch"] = "*"
        if if_match is not None:
            condition["IfMatch"] = if_match
        token = uuid.uuid4().hex
        headers["Metadata"] = {"sha256": payload.sha256, "write": token}
        tag = self._send(name, payload, headers, condition)
        return self._read_back(name, payload, token) or tag

    def _send(
        self, name: str, payload: Payload, headers: dict[str, Any], condition: dict[str, Any]
    ) -> str:
        """The tag of what was written.

        A condition that was lost after an answer was lost may have been lost to our own write:
        then the object carries our token. Where it carries another one, a new object was another's;
        over an old one ours may have been there in between, and nobody can tell.
        """
        answers = _Answers(self._connection, name)
        where = self._where(name)
        try:
            if payload.size <= self._large:
                return self._send_whole(answers, payload, {**where, **headers, **condition})
            return send_in_parts(self._client, payload, where, headers, condition, answers)
        except (Conflict, NotFound, Silent) as error:
            landed = answers.lost and self._landed(name, headers["Metadata"]["write"])
            if landed:
                return landed
            if not condition:
                raise
            replaced = answers.lost and "IfMatch" in condition
            if replaced or isinstance(error, Silent):
                raise Unknown(f"Whether {name} was written is not known: {error}") from error
            raise Conflict(f"{name} was written by somebody else meanwhile.") from error

    def _send_whole(self, answers: "_Answers", payload: Payload, request: dict[str, Any]) -> str:
        digest = base64.b64encode(bytes.fromhex(payload.sha256)).decode()

        def send() -> str:
            with payload.open() as body:
                answer = self._client.put_object(**request, Body=body, ChecksumSHA256=digest)
            return answer["ETag"]

        return answers.last(send)

    def _landed(self, name: str, token: str) -> str | None:
        found = self._look(name)
        mine = found is not None and found["Metadata"].get("write") == token
        return found["ETag"] if found and mine else None

    def _read_back(self, name: str, payload: Payload, token: str) -> str | None:
        """The tag of what is there now, where that is what was written."""
        found = self._look(name)
        if found and found["Metadata"].get("write") != token:
            return None  # somebody else's already: theirs to check
        info = _info(name, found) if found else None
        if info is None or (info.size, info.sha256) != (payload.size, payload.sha256):
            raise StoreError(f"{self.url} did not keep {name} as it was written; check the store.")
        return info.tag

    def fetch(self, name: str, path: Path) -> None:
        found = self._look(name)
        if found is None:
            raise NotFound(f"There is no {name} in {self.url}.")
        info = _info(name, found)
        with tempfile.TemporaryDirectory(dir=path.parent, prefix=".fetch-") as folder:
            aside = Path(folder, "whole")
            with aside.open("w+b") as file:
                for start in range(0, info.size, PIECE):
                    data = self._piece(info, start)
                    file.write(data)
                file.seek(0)
                digest = hashlib.file_digest(file, "sha256").hexdigest()
            if info.sha256 not in (None, digest):
                raise StoreError(f"{name} is damaged in {self.url}; put it there again.")
            if found.get("ContentEncoding") == "gzip":
                plain = Path(folder, "plain")
                with gzip.open(aside) as packed, plain.open("wb") as file:
                    shutil.copyfileobj(packed, file)
                aside = plain
            aside.replace(path)

    def _piece(self, info: Info, start: int) -> bytes:
        stop = min(start + PIECE, info.size)
        where = self._where(info.name)

        def read() -> bytes:
            answer = self._client.get_object(
                **where, Range=f"bytes={start}-{stop - 1}", IfMatch=info.tag
            )
            with closing(answer["Body"]) as body:
                return body.read()

        return self._connection.ask(info.name, read)

    def list(self, prefix: str) -> Iterator[Info]:
        start = self._prefix + checked_prefix(prefix)
        after: dict[str, Any] = {}
        while True:
            page = self._connection.ask(
                prefix,
                lambda after=after: self._client.list_objects_v2(  # type: ignore[misc]
                    Bucket=self._bucket, Prefix=start, **after
                ),
            )
            for found in page.get("Contents", ()):
                name = found["Key"].removeprefix(self._prefix)
                yield Info(
                    name=name,
                    size=found["Size"],
                    sha256=None,
                    type=type_of(name),
                    tag=found["ETag"],
                    modified=found["LastModified"].timestamp(),
                )
            if not page.get("IsTruncated"):
                return
            after = {"ContinuationToken": page["NextContinuationToken"]}

    def delete(self, name: str) -> None:
        where = self._where(name)
        self._connection.ask(name, lambda: self._client.delete_object(**where))

    def link(self, name: str, seconds: int, disposition: str | None = None) -> str:
        """A URL anybody may GET for `seconds`: see `farm.store.s3_link`."""
        wanted = {"ResponseContentDisposition": disposition} if disposition else {}
        request = {**self._where(name), **wanted}
        return self._connection.ask(
            name,
            lambda: self._client.generate_presigned_url(
                "get_object", Params=request, ExpiresIn=seconds
            ),
        )

    def _where(self, name: str) -> dict[str, Any]:
        return {"Bucket": self._bucket, "Key": self._prefix + checked(name)}


class _Answers:
    """Makes the requests of one write, and remembers whether the answer to its last one, the one
    that makes the object visible, was ever lost."""

    def __init__(self, connection: Connection, name: str) -> None:
        self._connection = connection
        self._name = name
        self._tries = 0

    @property
    def lost(self) -> bool:
        return self._tries > 1

    def ask(self, call: Callable[[], T]) -> T:
        return self._connection.ask(self._name, call)

    def last(self, call: Callable[[], T]) -> T:
        def counted() -> T:
            self._tries += 1
            return call()

        return self._connection.ask(self._name, counted)


def _info(name: str, found: Mapping[str, Any]) -> Info:
    """Of an answer to HeadObject. The checksum of an upload in parts is of the parts' checksums:
    the whole object's own is the one the writer noted."""
    checksum = found.get("ChecksumSHA256", "")
    whole = checksum and "-" not in checksum
    return Info(
        name=name,
        size=found["ContentLength"],
        sha256=base64.b64decode(checksum).hex() if whole else found["Metadata"].get("sha256"),
        type=found.get("ContentType", type_of(name)),
        tag=found["ETag"],
        modified=found["LastModified"].timestamp(),
    )
