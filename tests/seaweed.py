"""A real S3 server on loopback: SeaweedFS, one process, in a folder of its own."""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

if TYPE_CHECKING:
    from types_boto3_s3.client import S3Client

WEED = Path(sys.executable).with_name("weed")
KEY = "farm-test-key"
SECRET = "farm-test-secret"
BUCKET = "lessons"
PATIENCE = 60.0
"""Seconds it may take to start on a busy machine."""

CORS = {
    "CORSRules": [
        {
            "AllowedOrigins": ["*"],
            "AllowedMethods": ["GET", "HEAD"],
            "AllowedHeaders": ["*"],
            "ExposeHeaders": ["Content-Length", "Content-Range", "ETag"],
        }
    ]
}


@dataclass(frozen=True, slots=True)
class Seaweed:
    """A running server with one bucket, `lessons`, that browsers anywhere may read."""

    endpoint: str
    """`http://127.0.0.1:PORT`."""

    @property
    def environment(self) -> dict[str, str]:
        """What boto3 takes from the environment to reach it."""
        return environment(self.endpoint)

    @property
    def url(self) -> str:
        """Of the store, for `--store`."""
        return f"s3://{BUCKET}"

    @property
    def public(self) -> str:
        """Where anybody reads the store's objects without keys."""
        return f"{self.endpoint}/{BUCKET}"

    def client(self) -> "S3Client":
        return boto3.session.Session().client(
            "s3",
            endpoint_url=self.endpoint,
            aws_access_key_id=KEY,
            aws_secret_access_key=SECRET,
            region_name="us-east-1",
            config=Config(s3={"addressing_style": "path"}, retries={"total_max_attempts": 1}),
        )


def environment(endpoint: str) -> dict[str, str]:
    """For a server at `endpoint` that knows the test's keys, and for nothing else."""
    return {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": KEY,
        "AWS_SECRET_ACCESS_KEY": SECRET,
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
    }


@contextmanager
def seaweed(folder: Path) -> Iterator[Seaweed]:
    """A server that keeps its objects in `folder`; killed when the context ends."""
    data = folder / "data"
    data.mkdir(parents=True, exist_ok=True)
    config = folder / "s3.json"
    config.write_text(json.dumps(_identities()), encoding="utf-8")
    ports = _free_ports(8)
    log = folder / "weed.log"
    with log.open("ab") as output:
        process = subprocess.Popen(
            _command(data, config, ports), stdout=output, stderr=output, cwd=folder
        )
    try:
        server = Seaweed(f"http://127.0.0.1:{ports[3]}")
        _make_bucket(server, process, log)
        yield server
    finally:
        process.kill()
        process.wait()


def _identities() -> dict[str, object]:
    keys = [{"accessKey": KEY, "secretKey": SECRET}]
    actions = ["Admin", "Read", "Write", "List", "Tagging"]
    return {"identities": [{"name": "admin", "credentials": keys, "actions": actions}]}


def _command(data: Path, config: Path, ports: list[int]) -> list[str]:
    master, volume, filer, s3, *grpc = ports
    return [
        str(WEED),
        "-logtostderr",
        "server",
        f"-dir={data}",
        "-ip=127.0.0.1",
        "-ip.bind=127.0.0.1",
        f"-master.port={master}",
        f"-master.port.grpc={grpc[0]}",
        f"-volume.port={volume}",
        f"-volume.port.grpc={grpc[1]}",
        "-filer",
        f"-filer.port={filer}",
        f"-filer.port.grpc={grpc[2]}",
        f"-filer.localSocket={data / 'filer.sock'}",
        "-s3",
        f"-s3.port={s3}",
        f"-s3.port.grpc={grpc[3]}",
        f"-s3.localSocket={data / 's3.sock'}",
        f"-s3.config={config}",
        "-s3.port.iceberg=0",
        "-s3.port.lance=0",  # a fixed port otherwise: two servers at once would collide
        "-master.volumeSizeLimitMB=256",
        "-volume.max=0",
    ]


def _free_ports(count: int) -> list[int]:
    held = [socket.socket() for _ in range(count)]
    try:
        for one in held:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in held]
    finally:
        for one in held:
            one.close()


def _make_bucket(server: Seaweed, process: "subprocess.Popen[bytes]", log: Path) -> None:
    client = server.client()
    try:
        _patiently(lambda: client.create_bucket(Bucket=BUCKET), process, log)
        # The volumes are ready a little after the door is.
        _patiently(lambda: client.put_object(Bucket=BUCKET, Key="ready", Body=b"yes"), process, log)
        client.delete_object(Bucket=BUCKET, Key="ready")
        client.put_bucket_cors(Bucket=BUCKET, CORSConfiguration=CORS)
        client.put_bucket_policy(Bucket=BUCKET, Policy=json.dumps(_policy()))
    finally:
        client.close()


def _policy() -> dict[str, object]:
    public = ("lessons/*", "courses/*", "catalog/*")
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": "*",
                "Action": "s3:GetObject",
                "Resource": [f"arn:aws:s3:::{BUCKET}/{one}" for one in public],
            }
        ],
    }


def _patiently(ask: Callable[[], object], process: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            ask()
            return
        except (BotoCoreError, ClientError) as error:
            code = error.response["Error"]["Code"] if isinstance(error, ClientError) else ""
            if code == "BucketAlreadyOwnedByYou":
                return
            late = time.monotonic() > deadline
            if late or process.poll() is not None:
                end = log.read_text(encoding="utf-8", errors="replace")[-2000:]
                raise AssertionError(f"SeaweedFS does not start: {error}\n{end}") from error
        time.sleep(0.1)
