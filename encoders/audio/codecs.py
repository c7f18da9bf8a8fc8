"""What is particular to each codec of a whole file of sound.

What goes into an encoder comes out of a decoder later, by the codec's delay. MP3 and Opus files say
by how much, and players leave that out. A bare MP2 or AC-3 stream cannot say it, and an AAC one
needs an edit list many players of MP4 ignore; from these, a first packet that holds nothing but the
delay is left out, which makes sound be where it should be for everybody. The price is a fade-in
over the delay: 10 ms, 5 ms and 21 ms.
"""

from dataclasses import dataclass, field

from encoders.audio.level import AAC, Habit


@dataclass(frozen=True, slots=True)
class Codec:
    name: str
    """As people know it."""
    encoder: str
    """FFmpeg's name."""
    samples: str
    """FFmpeg's name of the sample format the encoder takes."""
    format: str
    """FFmpeg's name of the muxer."""
    reader: str
    """FFmpeg's name of the demuxer."""
    extension: str
    type: str
    """Media (MIME) type."""
    frame: int
    """Samples of a packet where files last whole ones; 1 where they say where to stop."""
    silence: int = 0
    """Samples put in front, so that the delay fills up the packets that are left out."""
    drops: bool = False
    """Whether packets of before sample 0 are left out."""
    rates: tuple[int, ...] = (44_100, 48_000)
    """Hz."""
    habit: Habit = AAC
    """Of speech at the profiles' rates, measured."""
    encoding: dict[str, str] = field(default_factory=dict)
    muxing: dict[str, str] = field(default_factory=dict)
    delay: int = 0
    """Samples a decoder gives out before the first one, and is told to leave out."""
    blind: int = 0
    """Samples of padding the file cannot tell of, where its last packet has no more."""

    def whole(self, length: int) -> int:
        """The next length at or after `length` that a file can tell of."""
        padding = -(length + self.delay) % _MP3_PACKET
        return length + padding if padding <= self.blind else length


CODER = "fast"
"""Not the default `twoloop`: measured on speech and music at 64 kb/s, `fast` left less noise (2 to
11 dB less overall, less over the masking threshold), put peaks 1 dB instead of 4.6 dB over those
it was given, and took a fifth of the time (FFmpeg 8.1)."""

_MP3_PACKET = 1152
_MP3_DELAY = 1105
"""Samples: of LAME and of a decoder together (libmp3lame, http://lame.sourceforge.net/tech-FAQ.txt)."""
_MP2_DELAY = 481
"""Samples: 512 - 32 + 1, of the polyphase filter bank (libavcodec/mpegaudioenc_template.c)."""
_AC3_DELAY = 256
"""Samples: half a transform (ATSC A/52, 7.9)."""

CODECS = {
    "mp2": Codec(
        name="MP2",
        encoder="mp2",
        samples="s16",
        format="mp2",
        reader="mp3",
        extension="mp2",
        type="audio/mpeg",
        frame=1152,
        silence=1152 - _MP2_DELAY,
        drops=True,
    ),
    "ac3": Codec(
        name="AC-3",
        encoder="ac3",
        samples="fltp",
        format="ac3",
        reader="ac3",
        extension="ac3",
        type="audio/ac3",
        frame=1536,
        silence=1536 - _AC3_DELAY,
        drops=True,
    ),
    "aac": Codec(
        name="AAC",
        encoder="aac",
        samples="fltp",
        format="mp4",
        reader="mp4",
        extension="m4a",
        type="audio/mp4",
        frame=1024,
        drops=True,
        encoding={"aac_coder": CODER},
        muxing={"movflags": "+faststart", "write_btrt": "0"},
    ),
    "mp3": Codec(
        name="MP3",
        encoder="libmp3lame",
        samples="fltp",
        format="mp3",
        reader="mp3",
        extension="mp3",
        type="audio/mpeg",
        frame=1,
        # The Xing header alone, which has the delay; tags are put before it later.
        muxing={"id3v2_version": "0", "write_xing": "1"},
        delay=_MP3_DELAY,
        blind=46,
        habit=Habit(lost=0.3),
    ),
    "opus": Codec(
        name="Opus",
        encoder="libopus",
        samples="flt",
        format="opus",
        reader="ogg",
        extension="opus",
        type="audio/ogg",
        frame=1,
        rates=(48_000,),
        habit=Habit(headroom=1.4),
    ),
}
