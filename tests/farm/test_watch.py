"""What a browser gets from `farm watch`, and what nobody gets."""

import gzip
import http.client
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
import uvicorn

from farm.errors import FarmError
from farm.watch import app, watch

MEDIA = "/lessons/a-1/media/"
DATA = bytes(range(256)) * 40


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("outside") / "library"
    media = root / "lessons/a-1/media"
    media.mkdir(parents=True)
    for name in ("v-0123456789ab.m4s", "v-init-0123456789ab.mp4", "s-0123456789ab.vtt", "p.jpg"):
        (media / name).write_bytes(DATA)
    (media.parent / "master.m3u8").write_text("#EXTM3U\n" + "# 农\n" * 200, encoding="utf-8")
    (root / "catalog").mkdir()
    (root / "catalog/index.html").write_text("<!doctype html><title>课件</title>", encoding="utf-8")
    (root / "catalog/feed.xml").write_text("<rss/>", encoding="utf-8")
    (root / "cache").mkdir()
    for hidden in ("secret", "cache/secret", ".hidden", "lessons/.hidden", "../outside.json"):
        (root / hidden).write_text("secret", encoding="utf-8")
    (media / "link-out.json").symlink_to(root.parent / "outside.json")
    (media / "link-cache.json").symlink_to(root / "cache/secret")
    (media / "link-in.jpg").symlink_to(media / "p.jpg")
    (media / "folder-out").symlink_to(root.parent)
    os.mkfifo(media / "pipe.json")
    (media / "locked.json").symlink_to(media / "locked.json")
    return root


@pytest.fixture(scope="module")
def port(library: Path) -> Iterator[int]:
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app(library), log_level="warning", lifespan="off"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    yield listener.getsockname()[1]
    server.should_exit = True
    thread.join()
    listener.close()


class Answer:
    def __init__(self, port: int, path: str, method: str = "GET", **headers: str) -> None:
        with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=20)) as connection:
            fields = {name.replace("_", "-"): value for name, value in headers.items()}
            connection.request(method, path, headers=fields)
            response = connection.getresponse()
            self.status = response.status
            self.headers = response.headers
            self.body = response.read()


@pytest.mark.parametrize(
    ("path", "type"),
    [
        ("/lessons/a-1/master.m3u8", "application/vnd.apple.mpegurl"),
        (MEDIA + "v-0123456789ab.m4s", "video/iso.segment"),
        (MEDIA + "v-init-0123456789ab.mp4", "video/mp4"),
        (MEDIA + "s-0123456789ab.vtt", "text/vtt; charset=utf-8"),
        (MEDIA + "p.jpg", "image/jpeg"),
        (MEDIA + "link-in.jpg", "image/jpeg"),
        ("/catalog/index.html", "text/html; charset=utf-8"),
        ("/catalog/feed.xml", "application/xml; charset=utf-8"),
    ],
)
def test_types_lengths_and_headers(port: int, library: Path, path: str, type: str) -> None:
    for method in ("GET", "HEAD"):
        answer = Answer(port, path, method, Origin="https://elsewhere.example")
        data = (library / path.lstrip("/")).read_bytes()
        assert answer.status == 200
        assert answer.body == (data if method == "GET" else b"")
        assert answer.headers["Content-Type"] == type
        assert answer.headers["Content-Length"] == str(len(data))
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert "Content-Range" in answer.headers["Access-Control-Expose-Headers"]


def test_the_front_door_leads_to_the_catalog(port: int) -> None:
    for path in ("/", "/catalog/", "/catalog"):
        answer = Answer(port, path)
        assert (answer.status, answer.headers["Location"]) == (307, "/catalog/index.html")


@pytest.mark.parametrize(
    ("asked", "status", "start", "stop"),
    [
        ("bytes=0-0", 206, 0, 1),
        ("bytes=100-199", 206, 100, 200),
        ("bytes=10000-", 206, 10000, 10240),
        ("bytes=-16", 206, 10224, 10240),
        ("bytes=10000-99999", 206, 10000, 10240),
        ("bytes=10240-", 416, 0, 0),
    ],
)
def test_ranges(port: int, asked: str, status: int, start: int, stop: int) -> None:
    answer = Answer(port, MEDIA + "v-0123456789ab.m4s", Range=asked)
    assert answer.status == status
    if status == 206:
        assert answer.body == DATA[start:stop]
        assert answer.headers["Content-Range"] == f"bytes {start}-{stop - 1}/{len(DATA)}"
    else:
        assert answer.headers["Content-Range"] == f"bytes */{len(DATA)}"


def test_what_did_not_change_is_not_sent_again(port: int) -> None:
    first = Answer(port, MEDIA + "p.jpg")
    again = Answer(port, MEDIA + "p.jpg", If_None_Match=f'"other", W/{first.headers["ETag"]}')
    assert (again.status, again.body) == (304, b"")
    assert again.headers["ETag"] == first.headers["ETag"]
    assert Answer(port, MEDIA + "p.jpg", If_None_Match='"other"').status == 200


def test_hashed_names_are_cached_for_ever_and_pointers_never(port: int) -> None:
    assert "immutable" in Answer(port, MEDIA + "v-0123456789ab.m4s").headers["Cache-Control"]
    for path in ("/lessons/a-1/master.m3u8", "/catalog/index.html"):
        assert Answer(port, path).headers["Cache-Control"] == "no-cache"


def test_playlists_are_packed_for_those_who_ask(port: int, library: Path) -> None:
    path = "/lessons/a-1/master.m3u8"
    plain = Answer(port, path)
    packed = Answer(port, path, Accept_Encoding="gzip, br")
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.body) == plain.body
    assert len(packed.body) < len(plain.body)
    assert all("Accept-Encoding" in one.headers["Vary"] for one in (plain, packed))
    assert packed.headers["ETag"] != plain.headers["ETag"]
    assert "Content-Encoding" not in Answer(port, path, Accept_Encoding="gzip;q=0").headers
    assert "Content-Encoding" not in Answer(port, MEDIA + "p.jpg", Accept_Encoding="gzip").headers
    ranged = Answer(port, path, Accept_Encoding="gzip", Range="bytes=0-6")
    assert (ranged.status, ranged.body) == (206, b"#EXTM3U")


def test_a_browser_may_ask_from_another_origin(port: int) -> None:
    answer = Answer(
        port,
        MEDIA + "p.jpg",
        "OPTIONS",
        Origin="https://elsewhere.example",
        Access_Control_Request_Method="GET",
        Access_Control_Request_Headers="range",
    )
    assert answer.status == 200
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert "range" in answer.headers["Access-Control-Allow-Headers"].lower()


@pytest.mark.parametrize(
    "path",
    [
        *("/secret", "/cache/secret", "/.hidden", "/lessons/.hidden", "/lessons/../secret"),
        *(
            "/../outside.json",
            "/%2e%2e/outside.json",
            "/..%2foutside.json",
            "/%2e%2e%2foutside.json",
        ),
        *("/lessons/%2e%2e/secret", "/lessons/%2e%2e%2f%2e%2e%2foutside.json", "//etc/passwd"),
        *("/lessons/..%5c..%5coutside.json", "/etc/passwd", "/lessons//etc/passwd"),
        *("/lessons/a-1/master.m3u8%00", "/lessons/a-1/%00", "/lessons/a-1/master.m3u8/"),
        *("/lessons", "/lessons/", "/lessons/a-1", MEDIA, MEDIA + "nothing.m4s"),
        *(MEDIA + "link-out.json", MEDIA + "link-cache.json", MEDIA + "folder-out/outside.json"),
        *(MEDIA + "pipe.json", MEDIA + "locked.json", MEDIA + "%ff%fe", "/" + "a" * 5000),
    ],
)
def test_nothing_else_is_shown(port: int, path: str) -> None:
    answer = Answer(port, path)
    assert answer.status == 404
    assert answer.body == b"Not found\n"


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_nothing_is_written(port: int, method: str) -> None:
    assert Answer(port, MEDIA + "p.jpg", method).status == 405


def test_a_folder_without_a_catalog_is_explained(tmp_path: Path) -> None:
    with pytest.raises(FarmError, match="farm run"):
        watch(tmp_path, port=0, browse=False)


def test_a_taken_port_is_explained(port: int, library: Path) -> None:
    with pytest.raises(FarmError, match="--port"):
        watch(library, port=port, browse=False)


def test_ctrl_c_ends_it_in_peace(library: Path) -> None:
    code = (
        "import sys, pathlib; from farm.watch import watch;"
        "watch(pathlib.Path(sys.argv[1]), port=0, browse=False)"
    )
    running = subprocess.Popen(
        [sys.executable, "-c", code, str(library)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert running.stdout is not None
    url = running.stdout.readline().split()[0]
    port = int(url.split(":")[2].split("/")[0])
    deadline = time.monotonic() + 20
    while True:
        try:
            assert Answer(port, "/catalog/index.html").status == 200
            break
        except ConnectionError:
            assert time.monotonic() < deadline
            time.sleep(0.05)
    running.send_signal(2)
    out, errors = running.communicate(timeout=20)
    assert (running.returncode, errors) == (0, "")
    assert out.endswith("Stopped.\n")
