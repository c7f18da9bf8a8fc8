"""Lectures made by code whose changes are known, of every kind a base hands in."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
from PIL import Image

from tests.encoders import known_pages as pages
from tests.encoders.known_pages import HEIGHT, WIDTH, Picture, Random

Painter = Callable[[float], Picture]
"""The picture so many seconds after its scene began."""
Effect = Callable[[Picture, float], Picture]
"""A picture as it is seen at this second of the lecture."""


@dataclass(frozen=True, slots=True)
class Scene:
    seconds: float
    paint: Painter
    enter: float = 0
    """Seconds its fade from the scene before it takes."""
    through: str = "cut"
    """How it comes: `cut`, `fade`, `wipe`, `push` or `black`."""
    new: bool = True
    """Whether its beginning counts as a change."""


@dataclass(frozen=True, slots=True)
class Lecture:
    scenes: tuple[Scene, ...]
    effects: tuple[Effect, ...] = ()

    @property
    def seconds(self) -> float:
        return sum(scene.seconds for scene in self.scenes)

    @property
    def changes(self) -> tuple[tuple[float, float], ...]:
        """Spans in which each is under way, seconds."""
        found, at = [], 0.0
        for number, scene in enumerate(self.scenes):
            if number and scene.new:
                found.append((at, at + scene.enter))
            at += scene.seconds
        return tuple(found)

    def pictures(self, rate: float) -> Iterator[Picture]:
        """At `rate` a second."""
        begins, number = 0.0, 0
        for index in range(round(self.seconds * rate)):
            time = index / rate
            while time >= begins + self.scenes[number].seconds - 1e-6:
                begins += self.scenes[number].seconds
                number += 1
            picture = self._scene(number, max(0.0, time - begins))
            for effect in self.effects:
                picture = effect(picture, time)
            yield picture

    def _scene(self, number: int, inside: float) -> Picture:
        scene = self.scenes[number]
        picture = scene.paint(inside)
        if number == 0 or inside >= scene.enter:
            return picture
        before = self.scenes[number - 1]
        return _blend(
            before.paint(before.seconds + inside), picture, inside / scene.enter, scene.through
        )


def _blend(old: Picture, new: Picture, done: float, through: str) -> Picture:
    edge = round(WIDTH * done)
    if through == "wipe":
        return np.concatenate([new[:, :edge], old[:, edge:]], axis=1)
    if through == "push":
        return np.concatenate([old[:, edge:], new[:, :edge]], axis=1)
    if through == "black":
        old, new = (old, np.zeros_like(old)) if done < 0.5 else (np.zeros_like(old), new)
        done = done * 2 % 1
    return (old + (new.astype(np.float32) - old) * done).astype(np.uint8)


def _held(picture: Picture) -> Painter:
    return lambda _: picture


def _deck(
    random: Random,
    count: int,
    make: Callable[[], Picture],
    through: str = "cut",
    enter: tuple[float, float] = (0, 0),
) -> tuple[Scene, ...]:
    return tuple(
        Scene(_stay(random), _held(make()), float(random.uniform(*enter)), through)
        for _ in range(count)
    )


def _stay(random: Random) -> float:
    return round(float(random.uniform(5, 10)), 1)


# --- what is seen beside the slides --------------------------------------------------------------


def head(random: Random, left: int, top: int, width: int, height: int) -> Effect:
    """A filmed speaker in an insert: sways, nods, waves, never rests."""
    back = pages.texture(random, width, height)
    face = pages.texture(random, 60, 80)
    phases = random.uniform(0, 6, 4)

    def effect(picture: Picture, time: float) -> Picture:
        seen = picture.copy()
        view = seen[top : top + height, left : left + width]
        view[:] = back
        sway = width * (0.12 * math.sin(1.3 * time + phases[0]) + 0.05 * math.sin(3.1 * time))
        nod = height * 0.06 * math.sin(2.2 * time + phases[1])
        _oval(view, width / 2 + sway, height * 0.45 + nod, width * 0.2, height * 0.28, face)
        _oval(view, width / 2 + sway * 0.6, height * 1.05, width * 0.4, height * 0.35, face)
        wave = math.sin(2.7 * time + phases[2])
        if wave > 0:
            _oval(view, width * 0.8, height * (1 - 0.5 * wave), width * 0.09, height * 0.1, face)
        return seen

    return effect


def _oval(view: Picture, x: float, y: float, across: float, down: float, skin: Picture) -> None:
    rows, columns = np.mgrid[: view.shape[0], : view.shape[1]]
    inside = ((columns - x) / across) ** 2 + ((rows - y) / down) ** 2 < 1
    u = ((columns - x).astype(int) + 30) % skin.shape[1]
    v = ((rows - y).astype(int) + 40) % skin.shape[0]
    view[inside] = skin[v, u][inside]


def pointer(random: Random) -> Effect:
    """A mouse pointer that wanders and rests."""
    phases = random.uniform(0, 6, 2)

    def effect(picture: Picture, time: float) -> Picture:
        seen = picture.copy()
        moved = time if time % 9 < 6 else time - time % 9 + 6
        x = int(WIDTH * (0.5 + 0.4 * math.sin(0.9 * moved + phases[0])))
        y = int(HEIGHT * (0.5 + 0.4 * math.sin(1.4 * moved + phases[1])))
        for row in range(min(10, HEIGHT - y)):
            seen[y + row, x : x + row // 2 + 2] = 255
            seen[y + row, x : x + 1] = 0
        return seen

    return effect


def grain(random: Random, deviation: float) -> Effect:
    """A camera's noise, another at every picture."""
    pool = random.normal(0, deviation, (HEIGHT + 40, WIDTH + 40, 1)).astype(np.int16)

    def effect(picture: Picture, time: float) -> Picture:
        down, right = np.random.default_rng(round(time * 1000)).integers(0, 40, 2)
        noisy = picture + pool[down : down + HEIGHT, right : right + WIDTH]
        return noisy.clip(0, 255).astype(np.uint8)

    return effect


def insert(random: Random, left: int, top: int, width: int, height: int) -> Effect:
    """A video that plays in the slide, with cuts of its own."""
    films = [pages.texture(random, width * 2, height + 30) for _ in range(4)]

    def effect(picture: Picture, time: float) -> Picture:
        seen = picture.copy()
        film, inside = films[int(time / 3.7) % 4], time % 3.7
        x, y = int(width * inside / 4), int(15 + 14 * math.sin(3 * time))
        seen[top : top + height, left : left + width] = film[y : y + height, x : x + width]
        return seen

    return effect


def projector(random: Random) -> Effect:
    """A screen filmed from a seat: keystoned, dim at the edges, shaken, drifting in light."""
    rows, columns = np.mgrid[:HEIGHT, :WIDTH].astype(np.float32)
    dim = 1 - 0.35 * (((columns / WIDTH - 0.5) ** 2 + (rows / HEIGHT - 0.5) ** 2) * 2)
    phases = random.uniform(0, 6, 4)

    def effect(picture: Picture, time: float) -> Picture:
        x = 1.1 * math.sin(1.7 * time + phases[0]) + 0.5 * math.sin(7 * time)
        y = 0.9 * math.sin(2.3 * time + phases[1]) + 0.4 * math.sin(9 * time)
        turned = Image.fromarray(picture).transform(
            (WIDTH, HEIGHT),
            Image.Transform.PERSPECTIVE,
            (1.12, 0.05, -30 + x, 0.0, 1.16, -18 + y, 0.0001, 0.0002),
            Image.Resampling.BILINEAR,
            fillcolor=(40, 38, 36),
        )
        light = 0.8 + 0.1 * math.sin(0.6 * time + phases[2])
        return (np.asarray(turned) * (dim * light)[:, :, None]).astype(np.uint8)

    return effect


def flicker(random: Random) -> Effect:
    """Lamps that flicker, and a flash of a camera now and then."""
    phase = float(random.uniform(0, 3))

    def effect(picture: Picture, time: float) -> Picture:
        flash = 130 if (time + phase) % 7 < 0.3 else 0
        gain = 0.86 + 0.14 * math.sin(5 * time)
        return (picture * gain + flash).clip(0, 255).astype(np.uint8)

    return effect


# --- kinds of lecture ----------------------------------------------------------------------------


def _clean(random: Random, count: int) -> Lecture:
    makes = (lambda: pages.slide(random), lambda: pages.chart(random))
    return Lecture(_deck(random, count, lambda: makes[int(random.random() < 0.25)]()))


def _beside(random: Random, count: int) -> Lecture:
    left = int(WIDTH * random.uniform(0.66, 0.74))
    speaker = head(random, left, 60, WIDTH - left, 130)
    return Lecture(_deck(random, count, lambda: pages.slide(random, right=left - 8)), (speaker,))


def _corner(random: Random, count: int) -> Lecture:
    speaker = head(random, WIDTH - 120, HEIGHT - 94, 116, 90)
    return Lecture(_deck(random, count, lambda: pages.slide(random)), (speaker,))


def _pointer(random: Random, count: int) -> Lecture:
    return Lecture(_deck(random, count, lambda: pages.slide(random)), (pointer(random),))


def _faded(random: Random, count: int) -> Lecture:
    return Lecture(_deck(random, count, lambda: pages.slide(random), "fade", (0.4, 1.4)))


def _wiped(random: Random, count: int) -> Lecture:
    decks = [
        _deck(random, count // 2, lambda: pages.slide(random), through, (0.4, 1.2))
        for through in ("wipe", "push")
    ]
    return Lecture(decks[0] + decks[1])


def _black(random: Random, count: int) -> Lecture:
    return Lecture(_deck(random, count, lambda: pages.slide(random), "black", (0.6, 1.4)))


def _builds(random: Random, count: int) -> Lecture:
    scenes = []
    for _ in range(count):
        title, lines = pages.words(random, 6), pages.points(random)
        for shown in range(1, len(lines) + 1):
            page = pages.slide(random, title=title, lines=lines[:shown])
            faded = float(random.uniform(0, 0.6))
            scenes.append(
                Scene(
                    round(float(random.uniform(1.5, 3)), 1),
                    _held(page),
                    faded if shown > 1 else 0,
                    "fade",
                    new=shown == 1,
                )
            )
    return Lecture(tuple(scenes))


def _insert(random: Random, count: int) -> Lecture:
    film = insert(random, 220, 70, 180, 130)
    return Lecture(_deck(random, count, lambda: pages.slide(random, right=214)), (film,))


def _noisy(random: Random, count: int) -> Lecture:
    effects = (grain(random, float(random.uniform(4, 9))),)
    return Lecture(_deck(random, count, lambda: pages.slide(random)), effects)


def _projected(random: Random, count: int) -> Lecture:
    effects = (projector(random), grain(random, 3))
    return Lecture(_deck(random, count, lambda: pages.slide(random)), effects)


def _flicker(random: Random, count: int) -> Lecture:
    return Lecture(_deck(random, count, lambda: pages.slide(random)), (flicker(random),))


def _dark(random: Random, count: int) -> Lecture:
    effects = (grain(random, 2),)
    return Lecture(_deck(random, count, lambda: pages.slide(random, theme=pages.DARK)), effects)


def _alike(random: Random, count: int) -> Lecture:
    """The same heading and as many lines, as long as before: only what they say is another."""
    title, long = pages.words(random, 6), [int(random.integers(16, 30)) for _ in range(4)]

    def make() -> Picture:
        lines = tuple(pages.words(random, length) for length in long)
        return pages.slide(random, title=title, lines=lines)

    return Lecture(_deck(random, count, make))


def _film(random: Random, count: int) -> Lecture:
    def shot() -> Painter:
        seen = pages.texture(random, WIDTH * 2, HEIGHT + 60)
        subject = pages.texture(random, 60, 80)
        speed, tremble = float(random.uniform(0, 40)), float(random.uniform(0, 12))
        walks = random.random() < 0.5

        def paint(time: float) -> Picture:
            x = min(WIDTH, int(speed * time))
            y = int(30 + tremble * math.sin(4.1 * time))
            picture = seen[y : y + HEIGHT, x : x + WIDTH].copy()
            if walks:
                _oval(picture, 40 + 35 * time, 150, 40, 80, subject)
            return picture

        return paint

    return Lecture(tuple(Scene(_stay(random), shot()) for _ in range(count)), (grain(random, 3),))


def _screencast(random: Random, count: int) -> Lecture:
    scenes: list[Scene] = []
    for number in range(count):
        lines, dark = pages.code(random, 40), bool(number % 2)
        frozen = int(random.integers(1 << 30))

        def show(
            shown: list[str], scrolled: int = 0, dark: bool = dark, frozen: int = frozen
        ) -> Picture:
            return pages.window(np.random.default_rng(frozen), shown, scrolled, dark=dark)

        steps = [show(lines[:8])]
        typed = pages.words(random, 24)
        steps += [show([*lines[:8], typed[:end]]) for end in range(3, 25, 3)]
        lines[8] = typed
        steps += [show(lines[:19])]
        steps += [show(lines, down) for down in (1, 3, 4, 5)]
        stays = [1.5, *[0.4] * 8, 1.5, *[0.8] * 3, 2.0]
        scenes += [
            Scene(stay, _held(page), new=first == 0)
            for first, (stay, page) in enumerate(zip(stays, steps, strict=True))
        ]
    return Lecture(tuple(scenes), (pointer(random),))


KINDS: dict[str, Callable[[Random, int], Lecture]] = {
    "clean slides": _clean,
    "speaker beside": _beside,
    "speaker in the corner": _corner,
    "mouse pointer": _pointer,
    "faded": _faded,
    "wiped and pushed": _wiped,
    "through black": _black,
    "points that come one by one": _builds,
    "video in the slide": _insert,
    "camera noise": _noisy,
    "filmed projection": _projected,
    "flicker and flashes": _flicker,
    "dark theme": _dark,
    "only the body differs": _alike,
    "film": _film,
    "screencast": _screencast,
}


def lecture(kind: str, seed: int, count: int) -> Lecture:
    """Of `count` slides, shots or windows."""
    return KINDS[kind](np.random.default_rng([seed, *kind.encode()]), count)


def frame_of(picture: Picture) -> av.VideoFrame:
    """As the shaper hands it on: yuv420p, limited range."""
    return av.VideoFrame.from_ndarray(picture, "rgb24").reformat(format="yuv420p")


def coded(made: Lecture, path: Path, rate: int, bitrate: int) -> Path:
    """Encoded as a poor line had it: few bits, long groups of pictures."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=rate)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        stream.codec_context.bit_rate = bitrate
        stream.codec_context.gop_size = rate * 4
        stream.codec_context.thread_count = 1
        stream.options = {"preset": "veryfast", "maxrate": str(bitrate), "bufsize": str(bitrate)}
        for picture in made.pictures(rate):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, "rgb24")))
        container.mux(stream.encode(None))
    return path
