"""What people say of a lesson: it stays said when its recording is handed in again without it."""

from collections.abc import Mapping
from dataclasses import replace

from encoders.facts import Facts
from encoders.product import Tags
from farm.model import Category, Metadata, Recording, title_of
from farm.pointers import newest, read_numbered
from farm.request import STREAM
from farm.store import Store
from manifests.entries import CATEGORIES
from manifests.jsonld import about_of_entry
from manifests.model import About, Release

CAPTIONS = "captions"
"""Of a release's notes: how captions were made."""


def remembered(store: Store, recording: Recording) -> Recording:
    """The recording with what is not said of it now as the newest release has it: what waits for
    the office, or is published.

    Its date too: the same bytes copied again later are the same lesson.
    """
    known = newest(store, recording.lesson)
    if known is None:
        return recording
    release, _ = read_numbered(store, recording.lesson, known.pointer.release)
    metadata = _completed(recording.metadata, release.about or about_of_entry(release.entry))
    return replace(recording, date=release.entry.published, metadata=metadata)


def _completed(said: Metadata, known: About) -> Metadata:
    shown = known.base if known.base != said.base else None
    return Metadata(
        title=said.title or known.title,
        base=said.base,
        category=said.category or Category(known.category),
        course=known.course if said.course is None else said.course,
        number=known.number if said.number is None else said.number,
        speaker=known.speaker if said.speaker is None else said.speaker,
        audience=known.audience if said.audience is None else said.audience,
        keywords=known.keywords or None if said.keywords is None else said.keywords,
        awards=known.awards or None if said.awards is None else said.awards,
        licence=known.licence if said.licence is None else said.licence,
        description=known.description if said.description is None else said.description,
        language=known.language if said.language is None else said.language,
        recorded=known.recorded if said.recorded is None else said.recorded,
        base_name=said.base_name or shown,
    )


def published_profiles(store: Store, lesson: str) -> Mapping[str, str]:
    """Of the newest release, each with its kind; none where there is none."""
    known = newest(store, lesson)
    if known is None:
        return {}
    release, _ = read_numbered(store, lesson, known.pointer.release)
    kinds = {one.profile: one.kind for one in release.products}
    return {name: kinds.get(name, "hls") for name in profiles_of(release)}


def burnt(store: Store, lesson: str) -> bool:
    """Whether captions are drawn into pictures of the newest release."""
    known = newest(store, lesson)
    if known is None:
        return False
    release, _ = read_numbered(store, lesson, known.pointer.release)
    return bool(release.notes.get(CAPTIONS, {}).get("burnt"))


def profiles_of(release: Release) -> tuple[str, ...]:
    """A release of before products were listed had the stream alone."""
    return tuple(dict.fromkeys(one.profile for one in release.products)) or STREAM


def category_of(recording: Recording, facts: Facts) -> Category:
    """The one that was said, or an audio programme where there is no picture, else a feature."""
    found = Category.FEATURE if facts.video else Category.AUDIO
    return recording.metadata.category or found


def about_of(recording: Recording, facts: Facts) -> About:
    """What the release and everything made of it say of the lesson."""
    return said_about(recording, category_of(recording, facts))


def said_about(recording: Recording, otherwise: Category) -> About:
    """`otherwise`: the category where none was said."""
    said = recording.metadata
    return About(
        title=said.title or title_of(recording.path),
        base=said.base_name or said.base,
        category=(said.category or otherwise).value,
        course=said.course or None,
        number=said.number or None,
        speaker=said.speaker or None,
        audience=said.audience or None,
        keywords=said.keywords or (),
        awards=said.awards or (),
        licence=said.licence or None,
        description=said.description or None,
        language=said.language or None,
        recorded=said.recorded or None,
    )


def tags_of(about: About, published: str) -> Tags:
    """What a player shows of a file of the lesson. `published`: the recording's day, ISO 8601."""
    return Tags(
        title=about.title,
        artist=about.speaker or about.base,
        album=about.course or "",
        track=about.number,
        date=about.recorded or published,
        genre=CATEGORIES[about.category][0],
        comment=about.description or "",
        licence=about.licence or "",
    )
