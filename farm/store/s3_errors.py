"""What an S3 server says of a failure, as the farm's errors with a way out."""

from farm.errors import Conflict, NotFound, StoreError, Unsuitable

_KEYS = "check AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and what they may do in this bucket"

_LOST_CONDITION = {"PreconditionFailed", "ConditionalRequestConflict", "OperationAborted"}
_BUSY = {"SlowDown", "RequestTimeout", "InternalError", "ServiceUnavailable", "Throttling"}
_DAMAGED = {"BadDigest", "IncompleteBody", "XAmzContentSHA256Mismatch"}
"""The server saw other bytes than were sent: send them again."""


def may_pass(status: int, code: str) -> bool:
    """Whether the same request may succeed later."""
    return (status >= 500 and status != 501) or status == 429 or code in _BUSY | _DAMAGED


def error_of(status: int, code: str, message: str, url: str, name: str) -> StoreError:
    """`status` and `code` as S3 answered, `url` of the store, `name` of the object asked for."""
    if status == 412 or code in _LOST_CONDITION:
        return Conflict(f"{name} was written by somebody else meanwhile.")
    if code == "NoSuchBucket":
        return no_bucket(url)
    if status == 404:
        return NotFound(f"There is no {name} in {url}.")
    if status == 501:
        return Unsuitable(
            f"{url} does not know a request the farm relies on ({message or code}); "
            "use AWS S3, R2, Ceph, SeaweedFS or versitygw."
        )
    if code == "RequestTimeTooSkewed":
        return StoreError(f"{url} refused the request for its time; set this machine's clock.")
    if status in (301, 307) or code == "AuthorizationHeaderMalformed":
        return StoreError(f"The bucket of {url} is in another region; set AWS_DEFAULT_REGION.")
    if status in (401, 403):
        return StoreError(f"{url} refused the keys ({code}); {_KEYS}.")
    return StoreError(f"{url} refused {name}: {message or code} ({status}); check the store.")


def no_bucket(url: str) -> StoreError:
    bucket = url.removeprefix("s3://").partition("/")[0]
    return StoreError(f"There is no bucket {bucket!r}; make it with: aws s3 mb s3://{bucket}")


def no_keys(url: str) -> StoreError:
    return StoreError(f"No keys for {url} were found; {_KEYS}.")


def unreachable(url: str, endpoint: str, reason: str) -> StoreError:
    return StoreError(
        f"{url} at {endpoint} did not answer ({reason}); check AWS_ENDPOINT_URL and the network, "
        "and run the same command again."
    )
