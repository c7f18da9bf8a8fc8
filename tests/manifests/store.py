"""A folder as a farm would leave it: lessons in all four categories, one film that really plays."""

import hashlib
import re
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

from PIL import Image, ImageDraw

from manifests.catalog import catalog_json
from manifests.course import course_entry, course_folder, course_id
from manifests.details import details_json
from manifests.feed import course_feeds, feed_xml
from manifests.hls import lesson_texts, objects_of
from manifests.lesson_page import lesson_page
from manifests.m3u8 import read_media
from manifests.model import (
    About,
    Audio,
    Catalog,
    CatalogEntry,
    Chapter,
    CourseEntry,
    CourseRelease,
    Disc,
    DiscLesson,
    DiscSet,
    Object,
    Offer,
    Pointer,
    Presentation,
    Product,
    ProductFile,
    Release,
    Segment,
    Sheet,
    Size,
    Subtitle,
    Text,
    Video,
)
from manifests.release import languages, pointer_json, release_json, rendition_values, sizes
from manifests.site import site_files
from tests.tools.sample_hls import RATE, SIZES, make_hls

FILM = "hengyang-0a1b2c3d4e5f"
RADIO = "changsha-5f4e3d2c1b0a"
WHOLE = "changsha-111122223333"
"""One file to download, and no stream."""
SECONDS = 12

TITLES = (
    ("agriculture", "温室番茄的滴灌：从选址到收获", "岳阳", "设施蔬菜"),
    ("agriculture", "水稻稻瘟病的识别与防治", "常德", "水稻栽培"),
    ("agriculture", "油茶低产林改造技术", "衡阳", "油茶"),
    ("agriculture", "柑橘大实蝇绿色防控 第 2 讲", "怀化", "柑橘"),
    ("feature", "青山作证", "长沙", None),
    ("feature", "十八洞村的路：一个苗寨怎样走出大山，又怎样把年轻人请回来", "湘西", "脱贫故事"),
    ("feature", "湘江岸边的支部书记", "湘潭", "基层党建"),
    ("computer", "第 1 课 认识电子表格", "湖南农业大学", "办公软件入门"),
    ("computer", "第 2 课 用公式算农场的账", "湖南农业大学", "办公软件入门"),
    ("computer", "第 10 课 打印与分享", "湖南农业大学", "办公软件入门"),
    ("audio", "田间广播：春季施肥", "常德", "田间广播"),
    ("audio", "田间广播：防汛抗旱问答", "常德", "田间广播"),
)
COLOURS = {
    "agriculture": ("#a9c98f", "#3b7a3e"),
    "feature": ("#e6b58f", "#a8502b"),
    "computer": ("#a8c4e6", "#2b62a5"),
    "audio": ("#cdb4de", "#7b4a9c"),
}


@dataclass(frozen=True, slots=True)
class Made:
    """A lesson's values as they were published."""

    presentation: Presentation
    entry: CatalogEntry


def make_store(folder: Path, extra: int = 0, hls_js: str | None = None) -> Catalog:
    """Two playable lessons and a shelf of others (`extra` more), with pages and feed."""
    film = _film(folder)
    radio = _radio(folder, film.presentation)
    whole = _whole(folder, film.presentation)
    shelf = [_shelved(folder, n) for n in range(len(TITLES) + extra)]
    catalog = Catalog(1, None, (film.entry, radio.entry, whole, *shelf), (_discs(folder),))
    data = catalog_json(catalog.lessons, catalog.number, catalog.previous, catalog.courses)
    _write(folder / "catalog/releases/1.json", data)
    pointer = Pointer("catalog", 1, "releases/1.json", hashlib.sha256(data).hexdigest(), 1)
    _write(folder / "catalog/catalog.json", pointer_json(pointer))
    for text in (*site_files(catalog, hls_js), feed_xml(catalog), *course_feeds(catalog)):
        _write(folder / text.path, text.text.encode())
    return catalog


def _film(folder: Path) -> Made:
    home = folder / "lessons" / FILM
    make_hls(home, SECONDS)
    media = home / "media"
    videos = tuple(_video(media, f"{height}p", width, height) for width, height, _ in SIZES)
    sound = _read(media, "audio")
    audio = Audio("audio", "zh", "普通话", 2, "mp4a.40.2", sound[0], sound[1])
    text = Segment(_kept(media, "text-000.vtt", "text/vtt"), Fraction(SECONDS))
    p = Presentation(
        duration=Fraction(SECONDS),
        video=videos,
        audio=(audio, replace(audio, name="audio-2", language="en", label="English")),
        subtitles=(Subtitle("subtitles", "zh", "中文字幕", (text,)),),
        sheets=(_sheet(media),),
        poster=_poster(media, "电影", "agriculture"),
    )
    return _publish(
        home, p, FILM, "节水灌溉 · Drip irrigation <b>&amp; \u202eevil</b>", "agriculture"
    )


def _radio(folder: Path, film: Presentation) -> Made:
    home = folder / "lessons" / RADIO
    sound = film.audio[0]
    for stored in (sound.init, *(segment.object for segment in sound.segments)):
        _write(home / stored.path, (folder / "lessons" / FILM / stored.path).read_bytes())
    p = replace(film, video=(), audio=(sound,), subtitles=(), sheets=(), poster=None)
    return _publish(home, p, RADIO, "村村响：今日农事", "audio")


def _whole(folder: Path, film: Presentation) -> CatalogEntry:
    """The film's pictures and segments joined: a file browsers play."""
    home, media = folder / "lessons" / WHOLE, folder / "lessons" / FILM
    video = film.video[0]
    pieces = (video.init, *(segment.object for segment in video.segments))
    _write(home / "media/film.mp4", b"".join((media / one.path).read_bytes() for one in pieces))
    file = _kept(home / "media", "film.mp4", "video/mp4")
    product = _product("download", "供电脑和手机下载", "For computers and phones", (file,))
    entry = CatalogEntry(
        lesson=WHOLE,
        release=1,
        title="节水灌溉（下载版）",
        base="衡阳",
        category="agriculture",
        course="节水灌溉",
        duration=film.duration,
        master=None,
        poster=None,
        thumbnails=None,
        sizes=(),
        languages=("zh",),
        published="2024-05-21",
        number=3,
        offers=(Offer("download", f"lessons/{WHOLE}/{file.path}", file.size, file.type),),
    )
    return _released(home, entry, Release(1, entry, {}, (), (), (file,), {}, (product,)))


def _discs(folder: Path) -> CourseEntry:
    """Two DVDs with what is printed for them, and a Video CD."""
    id = course_id("节水灌溉")
    media = folder / course_folder(id) / "media"
    roles = {"dvd-1": "iso", "dvd-2": "iso", "vcd": "bin", "label": "pdf", "cue": "cue"}
    for name, ending in roles.items():
        _write(media / f"{name}.{ending}", name.encode())
    kept = {name: _kept(media, f"{name}.{ending}", "x/y") for name, ending in roles.items()}

    def disc(name: str, other: str) -> Disc:
        files = (ProductFile("main", kept[name]), ProductFile(other, kept[other]))
        return Disc((DiscLesson(FILM, 1),), 700, files)

    dvds = DiscSet("dvd", (disc("dvd-1", "label"), disc("dvd-2", "label")))
    return course_entry(
        CourseRelease(1, id, "节水灌溉", (dvds, DiscSet("vcd", (disc("vcd", "cue"),))))
    )


def _product(profile: str, chinese: str, english: str, files: tuple[Object, ...]) -> Product:
    roles = ("main", "label", "cue")
    return Product(
        profile=profile,
        kind=profile,
        title=english,
        title_zh=chinese,
        files=tuple(map(ProductFile, roles, files)),
        duration=Fraction(SECONDS),
        bit_rate=None,
        codecs=("MPEG-2", "AC-3") if profile == "dvd" else ("H.264", "AAC"),
        languages=("zh",),
        measured={},
    )


def _publish(home: Path, p: Presentation, lesson: str, title: str, category: str) -> Made:
    texts = lesson_texts(p)
    for text in texts:
        _write(home / text.path, text.text.encode())
    place = f"lessons/{lesson}"
    entry = CatalogEntry(
        lesson=lesson,
        release=1,
        title=title,
        base="衡阳",
        category=category,
        course="节水灌溉",
        duration=p.duration,
        master=f"{place}/master.m3u8",
        poster=f"{place}/{p.poster.path}" if p.poster else None,
        thumbnails=_thumbnails(place, texts),
        sizes=sizes(p),
        languages=languages(p),
        published="2024-05-20T08:00:00+08:00",
        number=2 if p.video else 1,
        chapters=3 if p.video else 0,
        speaker="王老师",
    )
    _write(home / "media/d.iso", b"disc")
    _write(home / "media/d.pdf", b"label")
    disc = _kept(home / "media", "d.iso", "application/vnd.efi.iso")
    label = _kept(home / "media", "d.pdf", "application/pdf")
    product = _product("dvd", "DVD 影碟机", "DVD players", (disc, label))
    chapters = _chapters(home / "media") if p.video else ()
    pictures = tuple(one.picture for one in chapters if one.picture)
    objects = (*objects_of(p), disc, label, *pictures)
    values = rendition_values(p)
    release = Release(1, entry, {}, (), values, objects, {}, (product,), chapters)
    return Made(p, _released(home, entry, release))


def _chapters(media: Path) -> tuple[Chapter, ...]:
    titles = ("为什么要节水 <i>", "滴灌带怎样铺", "算一算一亩地的账")
    return tuple(
        Chapter(Fraction(4 * n), title, _poster(media, str(n), "agriculture", n) if n else None)
        for n, title in enumerate(titles)
    )


def _released(home: Path, entry: CatalogEntry, release: Release) -> CatalogEntry:
    """Written with its details and its page; the entry that leads to them."""
    about = About(
        title=entry.title,
        base=entry.base,
        category=entry.category,
        course=entry.course,
        number=entry.number,
        speaker=entry.speaker,
        audience="种植户",
        keywords=("滴灌", "</script><b>"),
        awards=("全国党员教育电视片二等奖",),
        licence="CC-BY-4.0",
        description="讲怎样用最少的水种出最好的番茄。",
    )
    details = details_json(about, release.products, release.chapters)
    _write(home / details.path, details.text.encode())
    entry = replace(entry, details=f"lessons/{entry.lesson}/{details.path}")
    release = replace(release, entry=entry, about=about)
    page = lesson_page(release)
    _write(home / "index.html", page.text.encode())
    data = release_json(release)
    _write(home / "releases/1.json", data)
    digest = hashlib.sha256(data).hexdigest()
    pointer = Pointer(entry.lesson, 1, "releases/1.json", digest, 1)
    _write(home / "lesson.json", pointer_json(pointer))
    return entry


def _thumbnails(place: str, texts: tuple[Text, ...]) -> str | None:
    return next((f"{place}/{text.path}" for text in texts if text.path.endswith(".vtt")), None)


def _video(media: Path, name: str, width: int, height: int) -> Video:
    init, segments = _read(media, name)
    return Video(name, width, height, Fraction(RATE), "avc1.64000D", init, segments)


def _read(media: Path, name: str) -> tuple[Object, tuple[Segment, ...]]:
    """FFmpeg's own playlist tells the durations; the files get the names a farm gives them."""
    text = (media / f"{name}.m3u8").read_text().replace("#EXT-X-ALLOW-CACHE:YES\n", "")
    listed = read_media(text)
    segments = tuple(
        Segment(
            _kept(media, entry.uri, "video/iso.segment"),
            Fraction(entry.duration),
            _first_picture((media / entry.uri).read_bytes()),
        )
        for entry in listed.entries
    )
    return _kept(media, f"{name}-init.mp4", "video/mp4"), segments


def _first_picture(segment: bytes) -> int:
    """A guess that is inside the segment: the page does not use I-frame playlists."""
    return len(segment) // 2


def _kept(media: Path, name: str, kind: str) -> Object:
    data = (media / name).read_bytes()
    digest = hashlib.sha256(data).hexdigest()
    stem, _, extension = name.rpartition(".")
    path = f"media/{stem}-{digest[:12]}.{extension}"
    (media.parent / path).write_bytes(data)
    return Object(path, len(data), digest, kind)


def _sheet(media: Path) -> Sheet:
    image = Image.new("RGB", (480, 180), "#223")
    draw = ImageDraw.Draw(image)
    times = tuple(Fraction(2 * n) for n in range(6))
    for n, time in enumerate(times):
        x, y = n % 3 * 160, n // 3 * 90
        draw.rectangle((x, y, x + 159, y + 89), fill=f"hsl({60 * n}, 55%, 45%)")
        draw.text((x + 60, y + 35), f"{time} s", fill="white", font_size=20)
    image.save(media / "sheet.jpg")
    return Sheet(_kept(media, "sheet.jpg", "image/jpeg"), 160, 90, 3, times)


def _poster(media: Path, words: str, category: str, n: int = 0) -> Object:
    """Hills under a sky: something to look at in a few hundred bytes."""
    media.mkdir(parents=True, exist_ok=True)
    light, deep = COLOURS[category]
    image = Image.new("RGB", (480, 270), light)
    draw = ImageDraw.Draw(image)
    draw.ellipse((330 - 20 * n % 250, 30, 400 - 20 * n % 250, 100), fill="#fff6d8")
    draw.ellipse((-160 + 30 * n % 200, 130, 330, 420), fill=deep)
    draw.ellipse((170, 160 + 6 * n % 40, 640, 460), fill=f"{deep}cc")
    draw.text((24, 24), words, fill="white", font_size=20)
    image.save(media / "poster.jpg", quality=70)
    return _kept(media, "poster.jpg", "image/jpeg")


def _shelved(folder: Path, n: int) -> CatalogEntry:
    """Listed, with a poster and what the page reads, but with no media."""
    category, title, base, course = TITLES[n % len(TITLES)]
    lesson = f"base{n % 11}-{n:012x}"
    place = f"lessons/{lesson}"
    poster = None
    if category != "audio":
        poster = f"{place}/{_poster(folder / place / 'media', f'{n}', category, n).path}"
    length = Fraction(1500 + 137 * n)
    details = details_json(About(title, base, category), (), ())
    _write(folder / place / details.path, details.text.encode())
    _write(folder / place / "master.m3u8", b"#EXTM3U\n")
    rungs = (("audio", 64, 0, 0), ("240p", 149, 426, 240), ("360p", 350, 640, 360))
    more = (("480p", 620, 854, 480), ("720p", 1150, 1280, 720), ("1080p", 2400, 1920, 1080))
    kept = rungs[:1] if category == "audio" else (*rungs, *more)
    return CatalogEntry(
        lesson=lesson,
        release=1 + n % 3,
        title=title if n < len(TITLES) else f"{title} {n}",
        base=base,
        category=category,
        course=course,
        duration=length,
        master=f"{place}/master.m3u8",
        poster=poster,
        thumbnails=None,
        sizes=tuple(
            Size(name, int(rate * 125 * length), width, height)
            for name, rate, width, height in kept
        ),
        languages=("zh",),
        published=f"2024-05-{1 + n % 19:02}",
        number=_number(title, n) if course else None,
        speaker="李建国",
        details=f"{place}/{details.path}",
        chapters=5,
        offers=(
            Offer("broadcast", f"{place}/media/broadcast-{n:012x}.ts", 10**9, "video/mp2t"),
            Offer("dvd", f"{place}/media/dvd-{n:012x}.iso", 10**9, "application/vnd.efi.iso"),
        ),
    )


def _number(title: str, n: int) -> int:
    """As the title has it."""
    match = re.match(r"第 (\d+) 课", title)
    return int(match[1]) if match else n + 1


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def fetched(page: str) -> set[str]:
    """Files of the catalog folder that a page names."""
    return set(re.findall(r'(?:href|src)="([a-z]+-[0-9a-f]{12}\.[a-z.]+)"', page))
