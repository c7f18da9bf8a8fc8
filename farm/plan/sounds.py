"""What of a recording's sound is encoded: in segments for streaming, in files for the rest."""

from collections.abc import Sequence
from fractions import Fraction

from encoders.facts import AudioTrack, Facts
from encoders.profiles import AudioFiles, Broadcast, Dvd, Profile, Sound, Track, VideoCd
from encoders.tasks import (
    AudioRendition,
    AudioTask,
    Ident,
    SoundRendition,
    SoundSource,
    SoundTask,
)
from farm.plan.languages import UNKNOWN, language_name, language_tag
from farm.plan.model import AudioPlan, Idents, Material, SoundPlan
from farm.plan.reels import Placed

WEIGHT = Fraction(1, 20)
"""Work of a second of sound beside a second of pictures."""
NONE = Idents()
DISC_TRACKS = 8
"""Of sound on a DVD (DVD-Video: eight audio streams of a title)."""


def segmented(
    reels: Sequence[Placed], main: Facts, sound: Sound, segment: Fraction, prefix: str
) -> tuple[AudioPlan, ...]:
    """Every track of the recording, `prefix` being the first one's name."""
    return tuple(
        AudioPlan(
            name=name,
            language=language_tag(track.language),
            label=track.title or label(track.language, index),
            material=tuple(reel.material for reel in reels),
            task=AudioTask(
                sources=sources,
                rendition=AudioRendition(
                    name=name,
                    bitrate=sound.bitrate,
                    channels=_channels(sources),
                    sample_rate=sound.sample_rate,
                    loudness=sound.loudness,
                    true_peak=sound.true_peak,
                ),
                segment=segment,
                folder="",
            ),
            weight=_weight(reels),
        )
        for index, track in enumerate(main.audio)
        for name, sources in [(_numbered(prefix, index), _sources(reels, index))]
    )


def files(
    reels: Sequence[Placed], main: Facts, profile: Profile, idents: Idents
) -> tuple[SoundPlan, ...]:
    """The sound files a profile needs; none where it needs none."""
    match profile:
        case Broadcast() | VideoCd():
            return _tracks(reels, main, profile.audio, profile.name, most=1)
        case Dvd():
            return _tracks(reels, main, profile.audio, profile.name, most=DISC_TRACKS)
        case AudioFiles() if main.audio:
            return _audio_files(reels, main.audio[0], profile, idents)
        case _:
            return ()


def _tracks(
    reels: Sequence[Placed], main: Facts, sound: Track, prefix: str, *, most: int
) -> tuple[SoundPlan, ...]:
    return tuple(
        _plan(
            reels,
            index,
            track,
            SoundRendition(
                name=_numbered(f"{prefix}-sound", index),
                codec=sound.codec,
                bitrate=sound.bitrate,
                channels=sound.channels,
                sample_rate=sound.sample_rate,
                loudness=sound.loudness,
                true_peak=sound.true_peak,
            ),
        )
        for index, track in enumerate(main.audio[:most])
    )


def _audio_files(
    reels: Sequence[Placed], track: AudioTrack, profile: AudioFiles, idents: Idents
) -> tuple[SoundPlan, ...]:
    return tuple(
        _plan(
            reels,
            0,
            track,
            SoundRendition(
                name=f"{profile.name}-{one.name}",
                codec=one.codec,
                bitrate=one.bitrate,
                channels=one.channels,
                sample_rate=one.sample_rate,
                loudness=profile.loudness,
                true_peak=profile.true_peak,
            ),
            trim=profile.trim,
            idents=idents,
            crossfade=profile.crossfade,
        )
        for one in profile.formats
    )


def _plan(
    reels: Sequence[Placed],
    index: int,
    track: AudioTrack,
    rendition: SoundRendition,
    *,
    trim: bool = False,
    idents: Idents = NONE,
    crossfade: Fraction = Fraction(0),
) -> SoundPlan:
    return SoundPlan(
        name=rendition.name,
        language=language_tag(track.language),
        label=track.title or label(track.language, index),
        material=(
            *(reel.material for reel in reels),
            *filter(None, (idents.before, idents.after)),
        ),
        task=SoundTask(
            sources=_sources(reels, index),
            rendition=rendition,
            trim=trim,
            before=_ident(idents.before, crossfade),
            after=_ident(idents.after, crossfade),
            folder="",
        ),
        weight=_weight(reels),
    )


def _ident(clip: Material | None, crossfade: Fraction) -> Ident | None:
    return None if clip is None else Ident(clip.path, crossfade)


def _sources(reels: Sequence[Placed], index: int) -> tuple[SoundSource, ...]:
    """That track of every reel; of clips around the recording, their only or first one."""
    return tuple(_source(reel, index) for reel in reels)


def _source(reel: Placed, index: int) -> SoundSource:
    tracks = reel.facts.audio
    track = tracks[index] if index < len(tracks) else next(iter(tracks), None)
    if track is None:
        return SoundSource(
            path=reel.material.path,
            stream=None,
            shifts=(),
            origin=reel.facts.origin,
            duration=reel.duration,
            measured=None,
            true_peak=None,
            channels=1,
            live_channels=(0,),
        )
    live = tuple(n for n in range(track.channels) if n not in track.dead_channels)
    if not live or track.channels > 2:
        live = tuple(range(track.channels))
    return SoundSource(
        path=reel.material.path,
        stream=track.stream,
        shifts=track.shifts,
        origin=reel.facts.origin,
        duration=reel.duration,
        measured=track.loudness,
        true_peak=track.true_peak,
        channels=track.channels,
        live_channels=live,
    )


def _channels(sources: Sequence[SoundSource]) -> int:
    return min(2, max(len(source.live_channels) for source in sources))


def _weight(reels: Sequence[Placed]) -> float:
    return float(sum(reel.duration for reel in reels) * WEIGHT)


def _numbered(prefix: str, index: int) -> str:
    return prefix if index == 0 else f"{prefix}-{index + 1}"


def label(language: str | None, index: int) -> str:
    """What a player's menu shows; distinct for every track."""
    tag = language_tag(language)
    name = language_name(tag) or ("原声 Original" if tag == UNKNOWN else tag)
    return name if index == 0 else f"{name} {index + 1}"
