"""S3 in particular: lost answers, headers for players, and errors that say what to do."""

import gzip
import os
import socket
import urllib.error
import urllib.request
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from farm.errors import Conflict, NotFound, StoreError, Unknown, Unsuitable
from farm.store.s3 import S3Store
from farm.store.s3_connection import ATTEMPTS
from tests.farm.conftest import PAUSE, use
from tests.faulty_proxy import PASSING, Fault, Proxy, sometimes
from tests.seaweed import BUCKET, Seaweed

HLS = "application/vnd.apple.mpegurl"
OCTETS = "application/octet-stream"
JSON = "application/json"
EVERY_TIME = ATTEMPTS * 4


@pytest.mark.parametrize("fault", PASSING)
@pytest.mark.parametrize("method", ["PUT", "GET", "HEAD", "DELETE"])
def test_a_passing_fault_is_not_noticed(
    proxied_store: S3Store, proxy: Proxy, fault: Fault, method: str
) -> None:
    proxy.plan(fault, fault, method=method)
    tag = proxied_store.put("a.bin", b"data" * 100, type=OCTETS)
    assert proxied_store.get("a.bin").data == b"data" * 100
    info = proxied_store.head("a.bin")
    assert info is not None
    assert info.tag == tag
    assert [one.name for one in proxied_store.list("")] == ["a.bin"]
    proxied_store.delete("a.bin")
    assert proxied_store.head("a.bin") is None
    assert proxy.counts[fault]


@pytest.mark.parametrize("fault", [Fault.LOST, Fault.LATE_ERROR])
def test_a_write_whose_answer_was_lost_has_landed(
    proxied_store: S3Store, proxy: Proxy, fault: Fault
) -> None:
    """The second attempt meets the first one's object: it is ours, and no conflict."""
    proxy.plan(fault, method="PUT")
    tag = proxied_store.put("r.json", b"mine", type=JSON, if_absent=True)
    assert proxied_store.get("r.json").tag == tag
    proxy.plan(fault, fault, method="PUT")
    tag = proxied_store.put("r.json", b"mine too", type=JSON, if_match=tag)
    assert proxied_store.get("r.json").tag == tag
    with pytest.raises(Conflict):
        proxied_store.put("r.json", b"mine too", type=JSON, if_absent=True)


def test_a_lost_answer_does_not_make_anothers_object_ours(
    proxied_store: S3Store, proxy: Proxy
) -> None:
    proxied_store.put("r.json", b"same", type=JSON)
    proxy.plan(Fault.LOST, method="PUT")
    with pytest.raises(Conflict):
        proxied_store.put("r.json", b"same", type=JSON, if_absent=True)


def test_a_write_over_an_old_version_is_unknown_when_others_went_on(
    proxied_store: S3Store, proxy: Proxy
) -> None:
    """Ours may have been there in between; nobody can tell."""
    tag = proxied_store.put("p.json", b"old", type=JSON)
    proxied_store.put("p.json", b"another's", type=JSON)
    proxy.plan(Fault.LOST, method="PUT")
    with pytest.raises(Unknown):
        proxied_store.put("p.json", b"mine", type=JSON, if_match=tag)


def test_a_write_that_is_never_answered_is_looked_up(proxied_store: S3Store, proxy: Proxy) -> None:
    proxy.plan(*[Fault.LOST] * EVERY_TIME, method="PUT")
    tag = proxied_store.put("p.json", b"mine", type=JSON, if_absent=True)
    assert proxied_store.get("p.json").tag == tag


def test_a_write_that_never_got_through_is_unknown(proxied_store: S3Store, proxy: Proxy) -> None:
    proxy.plan(*[Fault.UNHEARD] * EVERY_TIME, method="PUT")
    with pytest.raises(Unknown, match="not known"):
        proxied_store.put("p.json", b"mine", type=JSON, if_absent=True)
    proxy.plan(*[Fault.BUSY] * EVERY_TIME, method="PUT")
    with pytest.raises(StoreError, match="did not answer") as caught:
        proxied_store.put("p.json", b"mine", type=JSON)
    assert not isinstance(caught.value, Unknown)
    assert proxy.counts[Fault.BUSY] == ATTEMPTS


def test_a_large_file_over_a_bad_network(
    proxied_store: S3Store, proxy: Proxy, tmp_path: Path
) -> None:
    source = tmp_path / "source"
    source.write_bytes(os.urandom(33 << 20))
    proxy.pick = sometimes(seed=5, share=0.3, faults=(Fault.LOST, Fault.BUSY, Fault.CUT))
    proxied_store.put("big", source, type=OCTETS, if_absent=True)
    proxied_store.fetch("big", tmp_path / "copy")
    assert (tmp_path / "copy").read_bytes() == source.read_bytes()
    with pytest.raises(Conflict):
        proxied_store.put("big", source, type=OCTETS, if_absent=True)


def test_the_answer_to_the_last_step_of_a_large_file_is_lost(
    proxied_store: S3Store, proxy: Proxy, tmp_path: Path
) -> None:
    source = tmp_path / "source"
    source.write_bytes(bytes(7 << 20))
    for condition in ({}, {"if_absent": True}):
        proxied_store.delete("big")
        proxy.plan(Fault.LOST, method="POST", path="uploadId")
        tag = proxied_store.put("big", source, type=OCTETS, **condition)
        info = proxied_store.head("big")
        assert info is not None
        assert (info.tag, info.size) == (tag, 7 << 20)


def test_an_upload_in_parts_that_fails_leaves_no_parts(
    s3_store: S3Store, s3_server: Seaweed, tmp_path: Path
) -> None:
    source = tmp_path / "source"
    source.write_bytes(bytes(7 << 20))
    s3_store.put("big", source, type=OCTETS)
    with pytest.raises(Conflict):
        s3_store.put("big", source, type=OCTETS, if_absent=True)
    prefix = s3_store.url.partition(f"{BUCKET}/")[2]
    client = s3_server.client()
    uploads = client.list_multipart_uploads(Bucket=BUCKET, Prefix=prefix).get("Uploads", [])
    client.close()
    assert uploads == []


def test_a_long_list_over_a_bad_network(
    proxied_store: S3Store, proxy: Proxy, s3_server: Seaweed
) -> None:
    """More than one answer holds."""
    names = [f"a/{n:04}" for n in range(1100)]
    prefix = proxied_store.url.partition(f"{BUCKET}/")[2]
    client = s3_server.client()
    with ThreadPoolExecutor(10) as pool:
        keys = [f"{prefix}/{name}" for name in names]
        list(pool.map(lambda key: client.put_object(Bucket=BUCKET, Key=key, Body=b"x"), keys))
    client.close()
    proxy.pick = sometimes(seed=2, share=0.3)
    assert [info.name for info in proxied_store.list("a/")] == names


def test_what_players_get(s3_server: Seaweed, monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, s3_server.endpoint)
    store = S3Store(s3_server.url)
    folder = "lessons/changsha-0123456789ab"
    playlist = b"#EXTM3U\n" * 100
    store.put(f"{folder}/master.m3u8", playlist, type=HLS)
    store.put(f"{folder}/media/v-0123456789ab.m3u8", playlist, type=HLS)
    store.put(f"{folder}/media/v-0123456789ab.m4s", b"segment", type="video/iso.segment")
    store.put("cache/x/result.json", b"{}", type=JSON)

    def read(path: str, **headers: str) -> tuple[bytes, dict[str, str]]:
        request = urllib.request.Request(f"{s3_server.public}/{path}", headers=headers)
        with urllib.request.urlopen(request, timeout=20) as answer:
            return answer.read(), {key.lower(): value for key, value in answer.headers.items()}

    data, headers = read(f"{folder}/master.m3u8", Origin="https://elsewhere.example")
    assert gzip.decompress(data) == playlist
    assert headers["content-encoding"] == "gzip"
    assert headers["content-type"] == HLS
    assert headers["cache-control"] == "no-cache"
    assert headers["access-control-allow-origin"] in ("*", "https://elsewhere.example")
    _, headers = read(f"{folder}/media/v-0123456789ab.m3u8")
    assert headers["cache-control"] == "public, max-age=31536000, immutable"
    data, headers = read(f"{folder}/media/v-0123456789ab.m4s", Range="bytes=1-3")
    assert (data, headers["content-type"]) == (b"egm", "video/iso.segment")
    assert "content-encoding" not in headers
    with pytest.raises(urllib.error.HTTPError, match="403"):
        read("cache/x/result.json")


def test_equal_text_is_stored_as_equal_bytes(s3_store: S3Store) -> None:
    text = b"#EXTM3U\n" * 1000
    tags = {s3_store.put(name, text, type=HLS) for name in ("a.m3u8", "b.m3u8")}
    assert len(tags) == 1
    info = s3_store.head("a.m3u8")
    assert info is not None
    assert info.size < len(text)


@pytest.mark.parametrize("honest", [1, 3])
def test_a_server_that_ignores_conditions_is_refused(
    proxied_store: S3Store, proxy: Proxy, honest: int
) -> None:
    """The probe's second write should be refused for `if_absent`, its fourth for `if_match`."""
    proxy.plan(*[None] * honest, Fault.LIE, method="PUT")
    with pytest.raises(Unsuitable, match="does not honour conditional writes"):
        proxied_store.probe()
    assert list(proxied_store.list("")) == []
    proxied_store.probe()


def test_a_probe_whose_answer_is_lost_is_made_again(proxied_store: S3Store, proxy: Proxy) -> None:
    """The fourth write should be refused: asked again, it is not known what the first one did."""
    proxy.plan(None, None, None, Fault.LOST, method="PUT")
    proxied_store.probe()
    assert list(proxied_store.list("")) == []


def _wrong_secret(monkeypatch: pytest.MonkeyPatch, server: Seaweed) -> str:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wrong")
    return server.url


def _wrong_key(monkeypatch: pytest.MonkeyPatch, server: Seaweed) -> str:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "nobody")
    return server.url


def _no_keys(monkeypatch: pytest.MonkeyPatch, server: Seaweed) -> str:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    return server.url


def _no_bucket(monkeypatch: pytest.MonkeyPatch, server: Seaweed) -> str:
    return "s3://nobody-made-this-one/prefix"


def _nobody_listens(monkeypatch: pytest.MonkeyPatch, server: Seaweed) -> str:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{free.getsockname()[1]}")
    return server.url


def _no_url(monkeypatch: pytest.MonkeyPatch, server: Seaweed) -> str:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "objects.example.cn")
    return server.url


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (_wrong_secret, r"refused the keys .*AWS_SECRET_ACCESS_KEY"),
        (_wrong_key, r"refused the keys .*AWS_ACCESS_KEY_ID"),
        (_no_keys, r"No keys .*AWS_ACCESS_KEY_ID"),
        (_no_bucket, r"no bucket 'nobody-made-this-one'; make it with: aws s3 mb"),
        (_nobody_listens, r"did not answer .*AWS_ENDPOINT_URL"),
        (_no_url, r"boto3 cannot be set up .*objects.example.cn"),
    ],
)
def test_a_store_that_cannot_be_used_says_what_to_do(
    spoil: Callable[[pytest.MonkeyPatch, Seaweed], str],
    sentence: str,
    s3_server: Seaweed,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    use(monkeypatch, s3_server.endpoint)
    store = S3Store(spoil(monkeypatch, s3_server), pause=PAUSE)
    with pytest.raises(StoreError, match=sentence) as caught:
        store.probe()
    assert type(caught.value) in (StoreError, *StoreError.__subclasses__())
    assert "\n" not in str(caught.value)
    assert caught.value.status == 5


def test_no_bucket_is_made_by_asking(s3_server: Seaweed, monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, s3_server.endpoint)
    with pytest.raises(StoreError, match="no bucket"):
        S3Store("s3://not-yet").probe()
    client = s3_server.client()
    names = {bucket["Name"] for bucket in client.list_buckets()["Buckets"]}
    client.close()
    assert "not-yet" not in names


def test_prefixes_are_separate(s3_server: Seaweed, monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, s3_server.endpoint)
    one, two = S3Store("s3://lessons/one/deep/"), S3Store("s3://lessons/one/deepest")
    assert (one.url, two.url) == ("s3://lessons/one/deep", "s3://lessons/one/deepest")
    one.put("a", b"x", type=OCTETS)
    assert list(two.list("")) == []
    assert [info.name for info in one.list("")] == ["a"]
    with pytest.raises(NotFound):
        two.get("a")
