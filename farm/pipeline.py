"""One recording in, one published lesson out: the stages in their order."""

import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Self

from encoders.facts import Facts
from encoders.profiles import Broadcast, Profile, VideoCd
from encoders.tasks import LONGEST_IDENT, Caption
from farm.catalog import enter
from farm.crew import Crew, OwnCrew
from farm.errors import FarmError, Overtaken, Refused
from farm.events import Captioned, Emit, Inspected, Published, Stage, Started
from farm.finished import lesson_of
from farm.inspection import inspect, known_facts, reasons, refusal
from farm.making import Maker
from farm.metadata import about_of, burnt, published_profiles, remembered
from farm.model import Metadata, Recording
from farm.package import Pieces
from farm.plan import (
    CaptionFile,
    Idents,
    Material,
    Plan,
    Reel,
    Wanted,
    make_plan,
    resolved,
    timing_of,
)
from farm.pointers import newest_release, tries
from farm.products import data_disc_orders, made_of, orders
from farm.progress import StageProgress
from farm.publish import publish, take_fence
from farm.recording import identify
from farm.request import Request
from farm.settings import refuse_office
from farm.store import Store
from farm.tools import check_tools

QUICK = 1.0
"""Seconds an inspection takes where the recording is short or refused: no need of workers yet.
Where it goes on at a pace that will take longer, they start beside it."""

STREAM = "hls"
"""The kind of profile of which a lesson has one: another takes its place."""
NO_CAPTIONS = (
    "There are no captions to draw into the pictures; give a file of them with --captions, or "
    "leave --burn out. 没有可以压制到画面中的字幕，请用 --captions 提交字幕文件，或不使用 --burn。"
)
NOBODY = Metadata(title=None, base="clip")
"""Of files that are handed in with a recording."""

log = logging.getLogger(__name__)


class BadProfiles(FarmError):
    """A profile is not at hand, or does not go with another one of the lesson."""

    status = 2


@dataclass(frozen=True, slots=True)
class Extras:
    """What is asked of all recordings of a run beside their own requests."""

    burn: bool | None = None
    """Whether the first captions are drawn into the pictures of broadcast and Video CD."""


@dataclass(frozen=True, slots=True)
class _Asked:
    """A recording with all that is handed in with it, inspected."""

    recording: Recording
    shown: str
    reels: tuple[Reel, ...]
    main: int
    profiles: tuple[Profile, ...]
    captions: tuple[CaptionFile, ...]
    idents: Idents
    burn: bool
    """Whether there is a profile that captions are drawn into, and it is wished."""
    said_burn: bool
    """Whether it was wished now, not only before."""

    @property
    def facts(self) -> Facts:
        return self.reels[self.main].facts

    def own_chapters(self, plan: Plan) -> tuple[tuple[Fraction, str], ...]:
        """Those the recording came with, behind what is before it."""
        before = plan.starts[self.main]
        return tuple((before + mark.start, mark.title) for mark in self.facts.chapters)


class Farm:
    """A store, profiles and workers, ready to take recordings.

    `workers` and `address` are those of a crew of its own; where it is given a `crew` it takes that
    one, and closes it too. `held`: lessons wait for the office, and enter no catalog.
    """

    def __init__(
        self,
        *,
        store: Store,
        profiles: Mapping[str, Profile],
        work: Path,
        emit: Emit,
        workers: int | None = None,
        address: str | None = None,
        crew: Crew | None = None,
        public_url: str | None = None,
        held: bool = False,
    ) -> None:
        self._store = store
        self._profiles = profiles
        self._crew = crew or OwnCrew(workers, address)
        self._work = work
        self._emit = emit
        self._public_url = public_url
        self._held = held

    def __enter__(self) -> Self:
        """Raises OfficeStore where it would publish in an office's store, StoreError."""
        if not self._held:
            refuse_office(self._store)
        self._store.probe()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._crew.close()

    def inspect_only(self, request: Request) -> Facts:
        """Look at a recording, and note in the store what was found: `produce` need not look again.

        Tells `Started`, how far it is, and `Inspected`; a recording that cannot become a lesson is
        not refused, but `facts.refused`. Raises FarmError.
        """
        recording = identify(request.path, request.metadata)
        self._emit(Started(recording=request.shown, lesson=recording.lesson))
        return self._facts(recording, request.shown, working=False)

    def produce(self, request: Request, extras: Extras) -> Published:
        """Make and publish (or hold) one lesson; what is finished already is kept. Raises
        FarmError."""
        recording = identify(request.path, request.metadata)
        self._emit(Started(recording=request.shown, lesson=recording.lesson))
        fence = take_fence(self._store, recording.lesson)
        for _ in tries(f"the releases of {recording.lesson}"):
            since = newest_release(self._store, recording.lesson)
            try:
                return self._produced(request, extras, recording, fence, since)
            except Overtaken as error:
                # What the other run added or was told stays: both are in what is made now.
                log.info("%s", error)
        raise AssertionError("tries ends by raising")

    def _produced(
        self, request: Request, extras: Extras, recording: Recording, fence: int, since: int
    ) -> Published:
        """`since`: the newest release. Raises Overtaken where another has become it."""
        recording = remembered(self._store, recording)
        asked = self._asked(request, recording, extras)
        maker = Maker(
            self._store, self._crew, self._work, self._emit, request.shown, recording.lesson
        )
        plan = self._plan(asked, maker)
        pieces = maker.pieces(plan)
        self._tell_captions(request, plan, pieces)
        about = about_of(recording, asked.facts)
        made = made_of(recording, about, plan, pieces, asked.own_chapters(plan))
        products = maker.products(tuple(orders(made)), lambda gone: maker.pieces(plan, gone))
        discs = tuple(data_disc_orders(made, products))
        products += maker.products(discs, lambda _: None)
        progress = StageProgress(self._emit, request.shown, Stage.PUBLISH)
        lesson = lesson_of(recording, asked.facts, about, made, products)
        for warning in lesson.warnings:
            log.info("recommendation not met: %s", warning)
        done = publish(
            self._store,
            recording.lesson,
            lesson,
            fence,
            progress.update,
            since=since,
            held=self._held,
        )
        if not self._held:
            enter(self._store, done.entry, self._public_url)
        progress.update(1.0)
        published = Published(
            recording=request.shown,
            lesson=recording.lesson,
            release=done.release,
            master=done.entry.master,
            store=self._store.url,
            changed=done.changed,
            products=tuple((offer.profile, offer.path) for offer in done.entry.offers),
        )
        self._emit(published)
        return published

    def _tell_captions(self, request: Request, plan: Plan, pieces: Pieces) -> None:
        found = [pieces.subtitles[text.name].findings for text in plan.subtitles]
        if any(found):
            findings = tuple(one for each in found for one in each)
            self._emit(Captioned(recording=request.shown, findings=findings))

    def _plan(self, asked: _Asked, maker: Maker) -> Plan:
        wanted = Wanted(
            asked.reels, asked.main, asked.profiles, asked.captions, idents=asked.idents
        )
        plan = make_plan(wanted)
        burn = self._captions(asked, plan, maker)
        return make_plan(replace(wanted, burn=burn)) if asked.burn else plan

    def _captions(self, asked: _Asked, plan: Plan, maker: Maker) -> tuple[Caption, ...]:
        """The first ones, read before anything is encoded: files that were handed in must be such,
        and what is drawn into pictures must be known. Raises Refused."""
        texts = plan.subtitles[: max(len(asked.captions), asked.burn)]
        only = replace(plan, chunks=(), audio=(), sounds=(), subtitles=texts)
        read = maker.texts(only).subtitles if texts else {}
        for text in texts:
            why = reasons(read[text.name].findings)
            if why:
                raise Refused(f"The captions {text.material.path} cannot be used: {why}")
        first = read[texts[0].name].captions if texts else ()
        if asked.burn and not first and asked.said_burn:
            raise Refused(NO_CAPTIONS)
        return first

    # --- what is handed in -----------------------------------------------------------------------

    def _asked(self, request: Request, recording: Recording, extras: Extras) -> _Asked:
        facts = self._inspect(recording, request.shown)
        profiles = self._wanted(request, recording)
        check_tools(profiles)
        before = self._clip(request.intro, "intro", facts)
        after = self._clip(request.outro, "outro", facts)
        return _Asked(
            recording=recording,
            shown=request.shown,
            reels=(*before, Reel(material_of(recording), facts), *after),
            main=len(before),
            profiles=profiles,
            captions=tuple(
                CaptionFile(material_of(identify(one.path, NOBODY)), one.language)
                for one in request.captions
            ),
            idents=Idents(self._ident(request.ident_before), self._ident(request.ident_after)),
            said_burn=bool(extras.burn),
            burn=self._burns(extras, recording)
            and any(isinstance(one, Broadcast | VideoCd) for one in profiles),
        )

    def _burns(self, extras: Extras, recording: Recording) -> bool:
        """As it is said now, or as the lesson is published."""
        return burnt(self._store, recording.lesson) if extras.burn is None else extras.burn

    def _wanted(self, request: Request, recording: Recording) -> tuple[Profile, ...]:
        """What is asked for is added to what is published; another stream takes the place of one.

        Raises BadProfiles where a profile is not at hand, or two do not go together.
        """
        before = published_profiles(self._store, recording.lesson)
        names = request.wanted(tuple(before))
        try:
            streams = any(one.kind == STREAM for one in resolved(names, self._profiles))
            kept = [name for name, kind in before.items() if kind != STREAM or not streams]
            chosen = resolved(dict.fromkeys([*kept, *names]), self._profiles)
            timing_of(chosen)
        except KeyError as error:
            known = ", ".join(sorted(self._profiles))
            raise BadProfiles(
                f"There is no profile {error}, which the lesson was made by, or its sidecar or "
                f"base asks for; there are: {known}. Give its folder with --profile-dir."
            ) from error
        except ValueError as error:
            raise BadProfiles(str(error)) from error
        return chosen

    def _clip(self, path: Path | None, name: str, main: Facts) -> tuple[Reel, ...]:
        """A clip before or after the recording; none where `path` is None. Raises Refused."""
        if path is None:
            return ()
        reel = self._inspected(path, name)
        if main.video is not None and reel.facts.video is None:
            raise Refused(
                f"The {name} {path} has no picture; give one that has. 片头或片尾没有画面。"
            )
        return (reel,)

    def _ident(self, path: Path | None) -> Material | None:
        """A station's sound. Raises Refused where it is none, or too long."""
        if path is None:
            return None
        reel = self._inspected(path, "ident")
        if not reel.facts.audio:
            raise Refused(f"The ident {path} has no sound; give one that has. 台标文件没有声音。")
        if reel.facts.duration > LONGEST_IDENT:
            raise Refused(
                f"The ident {path} lasts longer than {LONGEST_IDENT} s; give a shorter one. "
                f"台标超过 {LONGEST_IDENT} 秒，请改用较短的。"
            )
        return reel.material

    def _inspected(self, path: Path, name: str) -> Reel:
        clip = identify(path, NOBODY)
        facts = known_facts(self._store, clip) or inspect(
            self._store, clip, self._work, lambda _: None
        )
        if facts.refused:
            raise Refused(f"The {name} {path} cannot be used: {refusal(facts)}")
        return Reel(material_of(clip), facts)

    def _inspect(self, recording: Recording, shown: str) -> Facts:
        facts = self._facts(recording, shown, working=True)
        if facts.refused:
            raise Refused(refusal(facts))
        return facts

    def _facts(self, recording: Recording, shown: str, *, working: bool) -> Facts:
        facts = known_facts(self._store, recording)
        if facts is None:
            facts = self._examine(recording, shown, working=working)
        self._emit(
            Inspected(recording=shown, duration=float(facts.duration), findings=facts.findings)
        )
        return facts

    def _examine(self, recording: Recording, shown: str, *, working: bool) -> Facts:
        """Inspect; where that will take a while, and there is work to come (`working`), workers
        start beside it."""
        progress = StageProgress(self._emit, shown, Stage.INSPECT)
        began: float | None = None

        def see(done: float) -> None:
            nonlocal began
            progress.update(done)
            began = time.monotonic() if began is None else began
            if working and time.monotonic() - began > QUICK * done:
                self._crew.expect()

        facts = inspect(self._store, recording, self._work, see)
        progress.update(1.0)
        return facts


def material_of(recording: Recording) -> Material:
    return Material(str(recording.path), recording.sha256, recording.size)
