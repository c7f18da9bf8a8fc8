"""Renditions on the rasters of television: what broadcast and disc profiles need of a recording."""

from dataclasses import replace
from fractions import Fraction

from encoders.broadcast.rates import video_rate
from encoders.facts import VideoTrack
from encoders.profiles import Broadcast, Dvd, Profile, Stream, Television, VideoCd
from encoders.tasks import Caption, RasterRendition
from farm.plan.ladder import display_size

NARROW, WIDE = Fraction(4, 3), Fraction(16, 9)
FULL_HEIGHT = 480
"""Lines of two fields, of NTSC; PAL has more."""


def rasters(
    track: VideoTrack, profile: Profile, burn: tuple[Caption, ...]
) -> tuple[RasterRendition, ...]:
    """In the profile's order; none where it is no profile of television.

    `burn`: captions to draw into the picture where the profile has no other place for them.
    """
    match profile:
        case Broadcast():
            return tuple(_broadcast(track, profile, stream, burn) for stream in profile.streams)
        case Dvd():
            return tuple(
                replace(
                    _disc(track, profile.video, f"{profile.name}-q{finest}", "mpeg2", finest),
                    aspect=display_of(track),
                    joins=False,
                )
                for finest in profile.quantisers
            )
        case VideoCd():
            return (_video_cd(track, profile, burn),)
        case _:
            return ()


def display_of(track: VideoTrack) -> Fraction:
    """The nearer of the two displays there are: fewer and narrower black bars."""
    width, height = display_size(track)
    aspect = width / height
    return WIDE if aspect * aspect > NARROW * WIDE else NARROW


def _broadcast(
    track: VideoTrack, profile: Broadcast, stream: Stream, burn: tuple[Caption, ...]
) -> RasterRendition:
    sound = profile.audio
    bitrate = video_rate(
        stream.total,
        sound.bitrate,
        codec=sound.codec,
        sample_rate=sound.sample_rate,
        rate=profile.rate,
        gop=profile.gop,
    )
    return RasterRendition(
        name=f"{profile.name}-{stream.name}",
        codec="h264",
        width=stream.width,
        height=stream.height,
        aspect=display_of(track),
        rate=profile.rate,
        fields=None,
        gop=profile.gop,
        b_frames=profile.b_frames,
        bitrate=bitrate,
        maxrate=bitrate,
        buffer=int(bitrate * profile.buffer),
        quantiser=None,
        preset=profile.preset,
        burn=burn,
    )


def _video_cd(track: VideoTrack, profile: VideoCd, burn: tuple[Caption, ...]) -> RasterRendition:
    codec = "mpeg1" if profile.kind == "vcd" else "mpeg2"
    disc = _disc(track, profile.video, profile.name, codec, profile.quantiser)
    return replace(disc, burn=burn)


def _disc(
    track: VideoTrack,
    video: Television,
    name: str,
    codec: str,
    quantiser: int,
) -> RasterRendition:
    """For players that know 4:3 alone, as those of Video CDs do."""
    return RasterRendition(
        name=name,
        codec=codec,
        width=video.width,
        height=video.height,
        aspect=NARROW,
        rate=video.rate,
        fields=_fields(track, video, codec),
        gop=video.gop,
        b_frames=video.b_frames,
        bitrate=video.bitrate,
        maxrate=video.maxrate,
        buffer=video.buffer,
        quantiser=quantiser,
        preset=None,
        burn=(),
    )


def _fields(track: VideoTrack, video: Television, codec: str) -> str | None:
    """Those of an interlaced tape are kept where the disc shows as many of them a second, and has
    the lines for two: players show 240 or 288 lines once a picture, not as fields."""
    upright = track.rotation == 0 and not track.mirrored
    tall_enough = track.height >= video.height >= FULL_HEIGHT
    same_rate = not track.variable and track.rate == video.rate
    if codec == "mpeg2" and upright and tall_enough and same_rate:
        return None if track.field_order == "progressive" else track.field_order
    return None
