"""Recordings published as they are, as a `download` or `audio` product: all of the farm but the
encoding, which tests of tables and metadata need not wait for."""

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

from encoders.facts import Facts
from farm.batch import Means
from farm.catalog import enter
from farm.events import Emit, Failed, Published
from farm.lesson import Lesson, assemble
from farm.metadata import about_of, published_profiles, remembered
from farm.model import Recording
from farm.pointers import folder_of
from farm.publish import publish, take_fence
from farm.recording import identify
from farm.request import Request
from farm.store import Store
from manifests.model import Chapter, Object, Product, ProductFile

SECONDS = Fraction(90)
FACTS = Facts(
    container="mp3",
    size=1,
    origin=Fraction(0),
    duration=SECONDS,
    video=None,
    audio=(),
    subtitles=(),
    chapters=(),
    pictures=(),
    findings=(),
)
TYPES = {"audio": ("mp3", "audio/mpeg"), "download": ("mp4", "video/mp4")}


def product_of(recording: Recording, profile: str) -> Product:
    """The recording itself, under a name with its hash."""
    extension, kind = TYPES.get(profile, ("bin", "application/octet-stream"))
    path = f"media/{profile}-{recording.sha256[:12]}.{extension}"
    stored = Object(path, recording.size, recording.sha256, kind)
    return Product(
        profile=profile,
        kind=profile,
        title=f"For {profile}",
        title_zh="供下载",
        files=(ProductFile("main", stored),),
        duration=SECONDS,
        bit_rate=64_000,
        codecs=("MP3",),
        languages=("zh",),
        measured={"loudness_lkfs": -16.1},
    )


def lesson_of(
    recording: Recording, profiles: Sequence[str] = ("audio",), chapters: Sequence[Chapter] = ()
) -> Lesson:
    return assemble(
        recording,
        FACTS,
        (),
        about_of(recording, FACTS),
        streaming=None,
        products=[product_of(recording, one) for one in profiles],
        chapters=chapters,
    )


def publish_whole(
    store: Store,
    recording: Recording,
    profiles: Sequence[str] = ("audio",),
    chapters: Sequence[Chapter] = (),
    public_url: str | None = None,
) -> Lesson:
    recording = remembered(store, recording)
    made = lesson_of(recording, profiles, chapters)
    for one in made.objects:
        store.put(folder_of(recording.lesson) + one.path, recording.path, type=one.type)
    done = publish(store, recording.lesson, made, take_fence(store, recording.lesson))
    enter(store, done.entry, public_url)
    draft = replace(made.draft, number=done.release, entry=done.entry)
    return replace(made, draft=draft)


def produce(means: Means, requests: Sequence[Request], emit: Emit) -> int:
    """What a file begins with `broken` cannot be made."""
    status = 0
    for request in requests:
        recording = identify(request.path, request.metadata)
        if request.path.read_bytes().startswith(b"broken"):
            emit(Failed(recording=request.shown, error="It is broken.", status=4))
            status = 4
            continue
        profiles = request.wanted(published_profiles(means.store, recording.lesson))
        done = publish_whole(means.store, recording, profiles, public_url=means.public_url)
        emit(
            Published(
                recording=request.shown,
                lesson=recording.lesson,
                release=done.draft.number,
                master="",
                store=means.store.url,
                changed=True,
            )
        )
    return status
