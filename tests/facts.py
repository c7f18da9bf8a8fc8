"""Facts for tests of pure code: a plain recording, with what a test cares for replaced."""

from fractions import Fraction
from typing import Any

from encoders.facts import AudioTrack, Facts, KeyFrame, Picture, SubtitleTrack, VideoTrack
from encoders.profiles import Profile
from farm.plan import Material, Plan, Reel, Wanted, make_plan


def key_frames(
    times: list[Fraction | int], *, leading: int = 0, rate: int = 25
) -> tuple[KeyFrame, ...]:
    return tuple(
        KeyFrame(
            packet=int(time * rate),
            pts=int(time * 90000),
            dts=int(time * 90000),
            time=Fraction(time),
            leading=leading,
            bytes=int(time * 10_000),
        )
        for time in times
    )


def video(seconds: int, *, gop: int = 2, **changes: Any) -> VideoTrack:
    fields: dict[str, Any] = {
        "stream": 0,
        "codec": "h264",
        "width": 1280,
        "height": 720,
        "sample_aspect": Fraction(1),
        "rotation": 0,
        "mirrored": False,
        "pixel_format": "yuv420p",
        "color_space": "bt709",
        "full_range": False,
        "transfer": "bt709",
        "time_base": Fraction(1, 90000),
        "rate": Fraction(25),
        "variable": False,
        "field_order": "progressive",
        "frames": seconds * 25,
        "packets": seconds * 25,
        "start": Fraction(0),
        "stop": Fraction(seconds),
        "key_frames": key_frames(list(range(0, seconds, gop))),
        "shifts": (),
        "seekable": True,
        "bitrate": 80_000,
    }
    return VideoTrack(**{**fields, **changes})


def audio(seconds: int, **changes: Any) -> AudioTrack:
    fields: dict[str, Any] = {
        "stream": 1,
        "codec": "aac",
        "sample_rate": 48000,
        "channels": 2,
        "layout": "stereo",
        "language": None,
        "title": None,
        "time_base": Fraction(1, 48000),
        "start": Fraction(0),
        "stop": Fraction(seconds),
        "shifts": (),
        "loudness": -23.0,
        "true_peak": -3.0,
        "dead_channels": (),
        "clipped": 0,
    }
    return AudioTrack(**{**fields, **changes})


def facts(
    picture: VideoTrack | None,
    sound: tuple[AudioTrack, ...] = (),
    subtitles: tuple[SubtitleTrack, ...] = (),
    **changes: Any,
) -> Facts:
    ends = [track.stop for track in (picture, *sound) if track is not None]
    fields: dict[str, Any] = {
        "container": "mov,mp4,m4a,3gp,3g2,mj2",
        "size": 1_000_000,
        "origin": Fraction(0),
        "duration": max(ends),
        "video": picture,
        "audio": sound,
        "subtitles": subtitles,
        "chapters": (),
        "pictures": (Picture(time=Fraction(4), luma=0.5, detail=0.2),) if picture else (),
        "findings": (),
    }
    return Facts(**{**fields, **changes})


def planned(known: Facts, *profiles: Profile, path: str = "recording.mp4") -> Plan:
    """The plan of one recording by itself."""
    reel = Reel(Material(path, "0" * 64, 1), known)
    return make_plan(Wanted((reel,), 0, profiles))
