"""From facts to tasks: what all profiles asked for need, each piece once."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TypeVar

from encoders.profiles import (
    AudioFiles,
    Broadcast,
    DataDisc,
    Dvd,
    Profile,
    Segmented,
    Streaming,
    VideoCd,
)
from encoders.tasks import Caption, RasterRendition, VideoRendition
from farm.errors import Refused
from farm.plan.captions import captions
from farm.plan.chunks import Work, chunks
from farm.plan.ladder import output_rate, renditions
from farm.plan.model import AudioPlan, CaptionFile, Idents, Plan, ProfilePlan, Reel, SoundPlan
from farm.plan.rasters import rasters
from farm.plan.reels import Placed, placed
from farm.plan.sounds import NONE, files, segmented

PICTURES_ONLY = (Broadcast, Dvd, VideoCd)
"""Kinds that are nothing without pictures."""

T = TypeVar("T", AudioPlan, VideoRendition)


@dataclass(frozen=True, slots=True)
class Timing:
    """What is alike in all that is encoded in segments."""

    segment: Fraction
    """Seconds."""
    chunk: Fraction
    """Seconds."""
    max_rate: Fraction
    """Pictures a second."""


USUAL = Timing(Fraction(6), Fraction(30), Fraction(30))
"""Of lessons that nobody streams: so that streaming them later finds their pieces."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Everything a plan depends on."""

    reels: tuple[Reel, ...]
    """An intro, the recording, an outro; none of them refused."""
    main: int
    """Which of the reels is the recording."""
    profiles: tuple[Profile, ...]
    captions: tuple[CaptionFile, ...] = ()
    burn: tuple[Caption, ...] = ()
    """Captions drawn into pictures of profiles that have no other place for them."""
    idents: Idents = NONE


def make_plan(wanted: Wanted) -> Plan:
    """Every task of the profiles. Raises Refused where a profile cannot be made of the recording,
    ValueError where profiles do not go together (see `timing_of`)."""
    facts = wanted.reels[wanted.main].facts
    timing = timing_of(wanted.profiles)
    _check(wanted)
    rate = None if facts.video is None else output_rate(facts.video, timing.max_rate)
    reels = placed(wanted.reels, wanted.main, rate)
    duration = sum((reel.duration for reel in reels), Fraction(0))
    pool = _Pool(reels, wanted, timing)
    profiles = tuple(pool.planned(profile) for profile in wanted.profiles)
    return Plan(
        duration=duration,
        rate=rate,
        starts=tuple(reel.offset for reel in reels),
        chunks=chunks(reels, pool.work(rate)) if rate is not None else (),
        audio=tuple(pool.audio.values()),
        sounds=tuple(pool.sounds.values()),
        subtitles=captions(reels[wanted.main], wanted.captions, duration),
        profiles=profiles,
    )


def timing_of(profiles: Sequence[Profile]) -> Timing:
    """Raises ValueError where two profiles want segments that cannot both be had."""
    found: dict[Timing, str] = {}
    for profile in profiles:
        if isinstance(profile, Segmented):
            timing = Timing(profile.segment, profile.chunk, profile.max_rate)
            found.setdefault(timing, profile.name)
    if len(found) > 1:
        one, other, *_ = found.values()
        raise ValueError(
            f"The profiles {one!r} and {other!r} differ in segment, chunk or max_rate, which all "
            "of one lesson have alike; make them so in their files."
        )
    return next(iter(found), USUAL)


def _check(wanted: Wanted) -> None:
    facts = wanted.reels[wanted.main].facts
    for profile in wanted.profiles:
        if facts.video is None and isinstance(profile, PICTURES_ONLY):
            raise Refused(
                f"The recording has no picture, which the profile {profile.name!r} needs; use "
                "--profile audio. 录音没有画面，请使用 --profile audio。"
            )
        if not facts.audio and isinstance(profile, AudioFiles):
            raise Refused(
                f"The recording has no sound, which the profile {profile.name!r} needs; leave that "
                "profile out. 录像没有声音，请不要选择该配置。"
            )


class _Pool:
    """Work by name: what two profiles both need is in it once."""

    def __init__(self, reels: tuple[Placed, ...], wanted: Wanted, timing: Timing) -> None:
        self._reels, self._wanted, self._timing = reels, wanted, timing
        self._facts = reels[wanted.main].facts
        self._renditions: dict[str, VideoRendition] = {}
        self._rasters: dict[str, RasterRendition] = {}
        self.audio: dict[str, AudioPlan] = {}
        self.sounds: dict[str, SoundPlan] = {}

    def planned(self, profile: Profile) -> ProfilePlan:
        track = self._facts.video
        segments, named = [], []
        if isinstance(profile, Segmented):
            if track is not None:
                segments = [
                    _shared(self._renditions, one, profile.name)
                    for one in renditions(track, profile)
                ]
            plans = segmented(
                self._reels, self._facts, profile.audio, self._timing.segment, "audio"
            )
            named = [_shared(self.audio, one, profile.name) for one in plans]
        if track is not None:
            fields = rasters(track, profile, self._wanted.burn)
            self._rasters |= {one.name: one for one in fields}
            segments += [one.name for one in fields]
        sounds = files(self._reels, self._facts, profile, self._wanted.idents)
        self.sounds |= {one.name: one for one in sounds}
        return ProfilePlan(
            profile, tuple(segments), tuple(named), tuple(one.name for one in sounds)
        )

    def work(self, rate: Fraction) -> Work:
        streaming = (one for one in self._wanted.profiles if isinstance(one, Streaming))
        return Work(
            rate=rate,
            segment=self._timing.segment,
            chunk=self._timing.chunk,
            renditions=tuple(self._renditions.values()),
            rasters=tuple(self._rasters.values()),
            seek=next((one.thumbnails for one in streaming), None),
        )


def _shared(known: dict[str, T], one: T, profile: str) -> str:
    """The name under which `one` is known: its own, or, where that is taken by another, one that
    tells whose it is."""
    for name in (one.name, f"{profile}-{one.name}"):
        renamed = _renamed(one, name)
        if known.setdefault(name, renamed) == renamed:
            return name
    raise AssertionError("a profile's own names are distinct")


def _renamed(one: T, name: str) -> T:
    if isinstance(one, AudioPlan):
        rendition = replace(one.task.rendition, name=name)
        return replace(one, name=name, task=replace(one.task, rendition=rendition))
    return replace(one, name=name)


def resolved(names: Iterable[str], profiles: Mapping[str, Profile]) -> tuple[Profile, ...]:
    """The profiles of these names, each once, before a data disc those whose files it holds.

    Raises KeyError with the name that is none.
    """
    found: dict[str, Profile] = {}
    for name in names:
        profile = profiles[name]
        if isinstance(profile, DataDisc):
            found |= {one.name: one for one in resolved(profile.contents, profiles)}
        found[name] = profile
    return tuple(found.values())
