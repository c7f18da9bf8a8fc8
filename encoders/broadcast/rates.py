"""How the packets of a stream are shared out: how often what is due, what is left for pictures."""

import math
from dataclasses import dataclass
from fractions import Fraction

PACKET = 188
PAYLOAD = 184
PACKET_BITS = PACKET * 8

PCR_EVERY = Fraction(20, 1000)
PAT_EVERY = Fraction(80, 1000)
"""Also of the PMT."""
SDT_EVERY = Fraction(1)
NIT_EVERY = Fraction(1, 2)
"""Seconds at most: well within TR 101 290."""

VIDEO_HEAD = 19
SOUND_HEAD = 14
"""Bytes of a PES header with two time stamps, and with one."""
PCR_BYTES = 8
"""An adaptation field with a PCR in it."""

SOUND_PES = 12 * PAYLOAD
"""Bytes of a PES packet of sound at most: filled up with whole frames."""
SOUND_SPAN = Fraction(3, 10)
"""Seconds of sound in one at most: a time stamp is due every 700 ms."""

SAMPLES = {"mp2": 1152, "aac": 1024}
"""Of a frame, by codec."""
ADTS = 7
"""Bytes of the header every frame of AAC gets."""
_AAC_SWING = Fraction(21, 20)  # FFmpeg's encoder keeps to its rate over a second, about


@dataclass(frozen=True, slots=True)
class Periods:
    """In packets, from the start of one to that of the next."""

    pcr: int
    pat: int
    """Also of the PMT."""
    sdt: int
    nit: int


def periods(muxrate: int) -> Periods:
    """What is due together is sent one after the other, so the later ones come early to be in time.

    Raises ValueError where the rate is too low for any.
    """
    packets = Fraction(muxrate, PACKET_BITS)
    pcr = math.floor(PCR_EVERY * packets)

    def due(every: Fraction, before: int) -> int:
        """With so many tables due `before` it, and the PCRs that fall between them."""
        return math.floor(every * packets) - before - math.ceil(Fraction(before + 1, pcr - 1))

    if pcr < 2 or (pat := due(PAT_EVERY, 1)) < 8:
        raise ValueError(f"{muxrate} b/s are too few for a transport stream; use 250000 or more")
    return Periods(pcr=pcr, pat=pat, sdt=due(SDT_EVERY, 2), nit=due(NIT_EVERY, 3))


def video_rate(
    muxrate: int,
    audio_rate: int,
    *,
    tracks: int = 1,
    codec: str = "mp2",
    sample_rate: int = 48_000,
    rate: Fraction = Fraction(25),
    gop: int = 25,
) -> int:
    """Bits a second of H.264 that always fit: the `maxrate` of its rendition.

    All else is counted at its most: tables, PCRs, `tracks` of sound of `audio_rate` bits a second
    each, and for every picture a PES header and a last packet with one byte in it.

    Raises ValueError where nothing is left.
    """
    packets = Fraction(muxrate, PACKET_BITS)
    due = periods(muxrate)
    tables = packets * (Fraction(2, due.pat) + Fraction(1, due.sdt) + Fraction(1, due.nit))
    sound = tracks * sound_packets(audio_rate, codec, sample_rate) if tracks else 0
    left = (packets - tables - sound) * PAYLOAD
    left -= packets / due.pcr * PCR_BYTES
    left -= rate * (VIDEO_HEAD + PAYLOAD - 1) + rate / gop * 2  # 2: the random access flag
    if left * 8 < 1000:
        raise ValueError(
            f"{muxrate} b/s leave nothing for pictures beside {tracks} x {audio_rate} b/s of sound"
        )
    return math.floor(left * 8 / 1000) * 1000


def sound_packets(bitrate: int, codec: str, sample_rate: int) -> Fraction:
    """Packets a second one track takes at most."""
    frames = Fraction(sample_rate, SAMPLES[codec])
    size = Fraction(bitrate, 8) / frames
    if codec == "aac":
        size = size * _AAC_SWING + ADTS
    whole = math.ceil(size)
    count = max(1, min((SOUND_PES - SOUND_HEAD) // whole, math.floor(SOUND_SPAN * frames)))
    return frames / count * math.ceil(Fraction(SOUND_HEAD + count * whole, PAYLOAD))
