"""Requests to one S3 server, through boto3: nothing else in the farm knows boto3.

A request that failed for a passing reason is made again, here and nowhere else; every other error
becomes the farm's own, with a way out.
"""

import os
import random
import time
from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import urlsplit

import boto3
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionError,
    FlexibleChecksumError,
    HTTPClientError,
    IncompleteReadError,
    NoCredentialsError,
    PartialCredentialsError,
)
from botocore.parsers import ResponseParserError

from farm.errors import StoreError
from farm.store.s3_errors import error_of, may_pass, no_keys, unreachable

if TYPE_CHECKING:
    from types_boto3_s3.client import S3Client

T = TypeVar("T")

ATTEMPTS = 8
PAUSE = 0.2
LONGEST_PAUSE = 10.0
"""Seconds: between attempts a random share of a pause that doubles from PAUSE to this."""

_PASSING = (
    HTTPClientError,
    ConnectionError,
    IncompleteReadError,
    FlexibleChecksumError,
    ResponseParserError,
)
_ERRORS = (BotoCoreError, ClientError, ResponseParserError)


class Silent(StoreError):
    """No good answer to any attempt: what was asked may have been done or not."""


class Connection:
    """`url` is how people know the store; `pause` is in seconds, see PAUSE."""

    def __init__(self, url: str, pause: float = PAUSE) -> None:
        self._url = url
        self._pause = pause

    @property
    def client(self) -> "S3Client":
        """For the environment as it is now. Raises StoreError where boto3 cannot use it."""
        aws = sorted((key, value) for key, value in os.environ.items() if key.startswith("AWS_"))
        try:
            return _client(os.getpid(), tuple(aws))
        except (BotoCoreError, ValueError) as error:
            raise StoreError(f"boto3 cannot be set up for {self._url}: {error}") from error

    def ask(self, name: str, call: Callable[[], T], attempts: int = ATTEMPTS) -> T:
        """The answer, asked for again where it may come later. Raises StoreError and its kin."""
        for attempt in range(1, attempts + 1):
            try:
                return call()
            except _ERRORS as error:
                if not _passing(error):
                    raise self._mapped(error, name) from error
                if attempt == attempts:
                    endpoint = self.client.meta.endpoint_url
                    raise Silent(*unreachable(self._url, endpoint, str(error)).args) from error
            longest = min(LONGEST_PAUSE, self._pause * 2**attempt)
            time.sleep(longest * random.random())  # noqa: S311 - spreads load, keeps no secret
        raise AssertionError("unreachable")

    def _mapped(self, error: Exception, name: str) -> StoreError:
        if isinstance(error, NoCredentialsError | PartialCredentialsError):
            return no_keys(self._url)
        if isinstance(error, ClientError):
            said = error.response.get("Error", {})
            status = error.response["ResponseMetadata"]["HTTPStatusCode"]
            return error_of(status, said.get("Code", ""), said.get("Message", ""), self._url, name)
        return StoreError(f"boto3 could not ask {self._url} for {name}: {error}")


def _passing(error: Exception) -> bool:
    if isinstance(error, ClientError):
        status = error.response["ResponseMetadata"]["HTTPStatusCode"]
        return may_pass(status, error.response.get("Error", {}).get("Code", ""))
    return isinstance(error, _PASSING)


@lru_cache(maxsize=4)
def _client(process: int, environment: tuple[tuple[str, str], ...]) -> "S3Client":  # noqa: ARG001
    """One for each process and environment: making one costs a tenth of a second, and connections
    must not be shared across a fork."""
    common = Config(
        retries={"total_max_attempts": 1},
        signature_version="s3v4",  # of addresses that are given out, boto3 signs some as of old
        connect_timeout=5,
        read_timeout=60,
        max_pool_connections=32,
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
    )
    session = boto3.session.Session()
    client: S3Client = session.client("s3", config=common)
    if (urlsplit(client.meta.endpoint_url).hostname or "").endswith(".amazonaws.com"):
        return client
    # Few other servers answer to a host name for each bucket.
    return session.client("s3", config=common.merge(Config(s3={"addressing_style": "path"})))
