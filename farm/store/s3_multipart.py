"""Large objects in parts, each with its own checksum; visible only when the last step succeeds."""

import base64
import hashlib
import logging
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from farm.errors import StoreError
from farm.store.payload import Payload

if TYPE_CHECKING:
    from types_boto3_s3.client import S3Client
    from types_boto3_s3.type_defs import CompletedPartTypeDef

PART = 16 << 20
MOST_PARTS = 10_000
"""Of one object, by S3's own limit."""
UPLOADS = 4
"""Parts at once: this many times PART is held in memory."""

log = logging.getLogger(__name__)

T = TypeVar("T")


class Asker(Protocol):
    """Makes a request, again where it may succeed later."""

    def ask(self, call: Callable[[], T]) -> T: ...

    def last(self, call: Callable[[], T]) -> T:
        """The one request that makes the object visible."""
        ...


def send_in_parts(
    client: "S3Client",
    payload: Payload,
    where: Mapping[str, Any],
    headers: Mapping[str, Any],
    condition: Mapping[str, Any],
    asker: Asker,
) -> str:
    """Returns the tag. Raises StoreError and its kin; parts that were sent are then given up."""
    made = asker.ask(
        lambda: client.create_multipart_upload(**where, **headers, ChecksumAlgorithm="SHA256")
    )
    upload = {**where, "UploadId": made["UploadId"]}
    part = max(PART, -(-payload.size // MOST_PARTS))

    def send(start: int) -> "CompletedPartTypeDef":
        data = payload.piece(start, part)
        digest = base64.b64encode(hashlib.sha256(data).digest()).decode()
        number = start // part + 1
        answer = asker.ask(
            lambda: client.upload_part(
                **upload, PartNumber=number, Body=data, ChecksumSHA256=digest
            )
        )
        return {"PartNumber": number, "ETag": answer["ETag"], "ChecksumSHA256": digest}

    try:
        with ThreadPoolExecutor(UPLOADS) as uploads:
            parts = list(uploads.map(send, range(0, payload.size, part)))
        answer = asker.last(
            lambda: client.complete_multipart_upload(
                **upload, **condition, MultipartUpload={"Parts": parts}
            )
        )
    except StoreError:
        _abandon(client, upload, asker)
        raise
    return answer["ETag"]


def _abandon(client: "S3Client", upload: Mapping[str, Any], asker: Asker) -> None:
    """Parts nobody sees cost space: a store's lifecycle rule removes what stays."""
    try:
        asker.ask(lambda: client.abort_multipart_upload(**upload))
    except StoreError as error:
        log.info("an upload in parts was left behind: %s", error)
