"""Files that name other files and hosts, and want them opened."""

import struct
from pathlib import Path

from tests.hostile.attack import Attack, refused
from tests.hostile.boxes import Box, edit, join, parse
from tests.hostile.scene import Scene, healthy

LIST = refused("playlist-as-media")
ANY = refused("playlist-as-media", "not-media", "format-not-allowed", "text-file")


def dash(scene: Scene, url: str, before: str = "") -> Path:
    """A DASH manifest whose only representation is `url`."""
    path = scene.upload / "lecture.mp4"
    path.write_text(
        f'<?xml version="1.0"?>{before}\n'
        '<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" profiles='
        '"urn:mpeg:dash:profile:isoff-on-demand:2011" mediaPresentationDuration="PT2S" '
        'minBufferTime="PT1S"><Period><AdaptationSet mimeType="video/mp4">'
        f'<Representation id="1" bandwidth="1000"><BaseURL>{url}</BaseURL>'
        "</Representation></AdaptationSet></Period></MPD>\n"
    )
    return path


def dash_other_tenant(scene: Scene) -> Path:
    return dash(scene, str(scene.secret))


def dash_file_url(scene: Scene) -> Path:
    return dash(scene, f"file://{scene.secret}")


def dash_network(scene: Scene) -> Path:
    return dash(scene, f"{scene.canary.url}/steal.mp4")


def dash_disguised(scene: Scene) -> Path:
    """A DEL, which XML allows, so that it is not taken for text."""
    return dash(scene, str(scene.secret), before="<!-- \x7f -->")


def concat_sibling(scene: Scene) -> Path:
    (scene.upload / "sibling.mp4").write_bytes(scene.secret.read_bytes())
    path = scene.upload / "lecture.mp4"
    path.write_text("ffconcat version 1.0\nfile sibling.mp4\n")
    return path


def concat_disguised(scene: Scene) -> Path:
    path = concat_sibling(scene)
    path.write_bytes(path.read_bytes() + b"# \x01\x02\n")
    return path


def playlist(scene: Scene, name: str, url: str) -> Path:
    path = scene.upload / name
    path.write_text(
        "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-TARGETDURATION:2\n#EXT-X-PLAYLIST-TYPE:VOD\n"
        f"#EXTINF:2.0,\n{url}\n#EXT-X-ENDLIST\n"
    )
    return path


def hls_file(scene: Scene) -> Path:
    return playlist(scene, "lecture.mp4", f"file://{scene.secret}")


def hls_network(scene: Scene) -> Path:
    return playlist(scene, "lecture.ts", f"{scene.canary.url}/steal.ts")


def hls_named_so(scene: Scene) -> Path:
    return playlist(scene, "lecture.m3u8", f"{scene.canary.url}/steal.mp4")


def hls_disguised(scene: Scene) -> Path:
    path = hls_named_so(scene)
    path.write_bytes(path.read_bytes() + b"# \x01\x02\n")
    return path


def hls_key(scene: Scene) -> Path:
    """An EXT-X-KEY that wants a key fetched."""
    path = hls_file(scene)
    key = f'#EXT-X-KEY:METHOD=AES-128,URI="{scene.canary.url}/key"'
    path.write_text(path.read_text().replace("#EXTINF", f"{key}\n#EXTINF"))
    return path


def session_description(scene: Scene) -> Path:
    """SDP: would listen for RTP, and ask the other side for it."""
    path = scene.upload / "lecture.mp4"
    path.write_text(
        "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=lecture\nc=IN IP4 127.0.0.1\nt=0 0\n"
        f"m=video {scene.canary.port} RTP/AVP 96\na=rtpmap:96 H264/90000\n"
    )
    return path


def asx(scene: Scene) -> Path:
    path = scene.upload / "lecture.asf"
    path.write_text(f'<ASX version="3"><Entry><Ref href="{scene.canary.url}/a"/></Entry></ASX>')
    return path


def link(scene: Scene) -> Path:
    path = scene.upload / "lecture.mp4"
    path.write_text(f"{scene.canary.url}/lecture.mp4\n")
    return path


def external_url(scene: Scene) -> Path:
    """An mp4 whose samples are said to lie in another file: a `url ` data reference."""
    location = f"file://{scene.secret}\0".encode()
    return _external(scene, Box(b"url ", bytes(4) + location))


def external_alias(scene: Scene) -> Path:
    """The same with the Macintosh alias that FFmpeg would follow with `-enable_drefs 1`."""
    where = ("V" + str(scene.secret).replace("/", ":")).encode()
    where += bytes(len(where) % 2)
    record = (
        bytes(10)
        + b"\1V".ljust(28, b"\0")
        + bytes(12)
        + bytes([len(scene.secret.name)])
        + scene.secret.name.encode().ljust(63, b"\0")
        + bytes(16)
        + struct.pack(">HH", 2, 2)  # one folder up, and down two steps of the path below
        + bytes(16)
        + struct.pack(">HH", 2, len(where))
        + where
        + struct.pack(">HH", 0xFFFF, 0)
    )
    return _external(scene, Box(b"alis", bytes(4) + record))


def _external(scene: Scene, reference: Box) -> Path:
    """A recording without sample data, all of its tracks pointing to `reference`."""
    entries = struct.pack(">II", 0, 1) + reference.data()
    data = edit(healthy("mp4"), b"dref", lambda _: entries)
    path = scene.upload / "lecture.mp4"
    path.write_bytes(join([box for box in parse(data) if box.kind != b"mdat"]))
    return path


REFERENCES = (
    Attack("dash-other-tenant", dash_other_tenant, LIST),
    Attack("dash-file-url", dash_file_url, LIST),
    Attack("dash-network", dash_network, LIST),
    Attack("dash-disguised", dash_disguised, ANY),
    Attack("concat-sibling", concat_sibling, LIST),
    Attack("concat-disguised", concat_disguised, ANY),
    Attack("hls-file", hls_file, LIST),
    Attack("hls-network", hls_network, LIST),
    Attack("hls-named-so", hls_named_so, LIST),
    Attack("hls-disguised", hls_disguised, ANY),
    Attack("hls-key", hls_key, LIST),
    Attack("session-description", session_description, LIST),
    Attack("asx", asx, LIST),
    Attack("link", link, LIST),
    Attack("external-url", external_url, refused("undecodable", "zero-duration", "not-media")),
    Attack("external-alias", external_alias, refused("undecodable", "zero-duration", "not-media")),
)
