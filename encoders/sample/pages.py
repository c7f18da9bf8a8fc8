"""The slides of the sample lecture."""

import math

from PIL import Image, ImageFilter

from encoders.sample.canvas import (
    BLUSH,
    CARD,
    HEIGHT,
    INK,
    LEAF,
    LINE,
    MINT,
    MUTED,
    PAPER,
    PINE,
    SAND,
    SKY,
    SOIL,
    TOMATO,
    WATER,
    WIDTH,
    Canvas,
    Point,
)

LESSON = "温室番茄滴灌技术"
LEFT = 72

PLANTS: tuple[Point, ...] = ((420, 470), (570, 470), (720, 470), (870, 470))
"""Where the drip line lets drops fall, on the diagram."""
PIPE: tuple[Point, ...] = ((212, 330), (300, 330), (300, 470), (930, 470))
"""The water's way from the tank along the diagram's drip line."""

FILTER: Point = (300, 400)
"""Middle of the filter on that way."""


def title() -> Image.Image:
    page = Canvas.blank(WIDTH, HEIGHT, PAPER)
    page.ellipse((1060, 250), 470, 470, (241, 241, 227))
    page.ellipse((1060, 250), 370, 370, (232, 238, 220))
    for rib in range(5):
        radius = 120 + 62 * rib
        page.arc((900, 470), radius, radius, (180, 360), (206, 219, 200), 2.5)
    page.rectangle((0, 0, 14, HEIGHT), PINE)
    _vine(page)
    page.rectangle((LEFT, 176, LEFT + 118, 212), PINE, 18)
    page.text((LEFT + 59, 193), "第 三 讲", "bold", 19, CARD, "mm")
    page.text((LEFT - 3, 284), "温室番茄", "title", 82, PINE)
    page.text((LEFT - 3, 386), "滴灌技术", "title", 82, PINE)
    page.rectangle((LEFT, 456, LEFT + 64, 461), TOMATO, 2)
    page.text((LEFT, 500), "省水 · 省肥 · 少病 · 增产", "regular", 28, MUTED)
    return page.finished()


def _vine(page: Canvas) -> None:
    """A tomato plant on its string."""
    stem = [(780 + 16 * math.sin(y / 70), y) for y in range(90, 640, 6)]
    page.line([(780, 40), (780, 640)], LINE, 2)
    page.line(list(stem), LEAF, 8)
    for index, (x, y) in enumerate(stem[4::11]):
        side = 1 if index % 2 else -1
        page.leaf((x, y), (side * 92, -34), LEAF)
        page.leaf((x, y + 8), (side * 74, 30), (47, 119, 71))
        page.leaf((x, y - 4), (-side * 46, -30), (86, 160, 104))
    for x, y, size in ((738, 300, 30), (706, 338, 27), (748, 352, 24)):
        page.tomato((x, y), size)
    for x, y, size in ((834, 438, 32), (872, 470, 27), (826, 494, 25)):
        page.tomato((x, y), size)
    page.ellipse((780, 652), 120, 16, SAND)


def heading(number: int, text: str) -> Canvas:
    """A page with its heading."""
    page = Canvas.blank(WIDTH, HEIGHT, PAPER)
    page.rectangle((0, 0, 14, HEIGHT), PINE)
    page.text((LEFT, 92), text, "title", 46, PINE)
    page.rectangle((LEFT, 132, LEFT + 48, 136), TOMATO, 2)
    page.text((LEFT, 676), f"{number}", "bold", 17, LEAF)
    page.text((LEFT + 26, 676), f"{LESSON} · 第三讲", "regular", 16, MUTED)
    return page


def bullets(
    number: int, text: str, points: tuple[tuple[str, str], ...], done: float
) -> Image.Image:
    """Points (words and a remark) that come one after the other; `done` goes from 0 to 1."""
    page = heading(number, text)
    page.ellipse((1104, 270), 128, 128, MINT)
    page.leaf((1104, 214), (70, -74), LEAF)
    page.leaf((1104, 214), (-62, -62), (47, 119, 71))
    for x, y, size in ((1060, 262, 40), (1146, 276, 44), (1100, 330, 38)):
        page.tomato((x, y), size)
    shown = min(len(points), 1 + int(done * (len(points) + 0.6)))
    for index, (words, remark) in enumerate(points[:shown]):
        top = 178 + index * 116
        newest = index == shown - 1
        shadowed(page, (LEFT, top, 850, top + 94), CARD if not newest else MINT)
        page.drop((LEFT + 48, top + 54), 19, WATER if not newest else LEAF)
        page.text((LEFT + 48, top + 53), str(index + 1), "bold", 20, CARD, "mm")
        page.text((LEFT + 96, top + 33), words, "bold", 29, INK)
        page.text((LEFT + 96, top + 68), remark, "regular", 19, MUTED)
    return page.finished()


def shadowed(page: Canvas, box: tuple[float, float, float, float], colour: tuple[int, ...]) -> None:
    left, top, right, bottom = box
    page.rectangle((left, top + 3, right, bottom + 4), (233, 228, 215), 14)
    page.rectangle(box, colour, 14)


def diagram(number: int) -> Image.Image:
    """The drip system; the moving water is drawn over it."""
    page = heading(number, "一套滴灌系统怎样工作")
    page.rectangle((LEFT, 560, 952, 632), SOIL, 10)
    page.rectangle((LEFT, 560, 952, 574), (150, 112, 82), 6)
    page.rectangle((118, 470, 130, 562), MUTED)
    page.rectangle((194, 470, 206, 562), MUTED)
    shadowed(page, (98, 236, 226, 474), CARD)
    page.rectangle((104, 268, 220, 468), SKY, 8)
    page.rectangle((104, 312, 220, 468), (118, 178, 218), 8)
    page.text((162, 390), "蓄水池", "bold", 24, CARD, "mm")
    page.line(list(PIPE), PINE, 13)
    page.line(list(PIPE), (92, 168, 214), 6)
    page.rectangle((266, 376, 334, 424), TOMATO, 10)
    page.text((300, 399), "过滤", "bold", 21, CARD, "mm")
    for x, y in PLANTS:
        _plant(page, x, 560)
        page.rectangle((x - 9, y - 9, x + 9, y + 12), PINE, 4)
        page.ellipse((x, 586), 46, 17, (96, 70, 54))
    _label(page, (556, 226), "滴头：每小时约 2 升", (570, 456))
    _label(page, (812, 226), "湿润根部，行间干燥", (870, 580))
    return page.finished()


def _plant(page: Canvas, x: float, ground: float) -> None:
    middle = x + 34
    page.line([(middle, ground), (middle, ground - 190)], LEAF, 5)
    for step in range(5):
        y = ground - 44 - step * 32
        page.leaf((middle, y), (40, -20), LEAF)
        page.leaf((middle, y - 10), (-38, -18), (47, 119, 71))
    page.tomato((middle + 16, ground - 74), 11)
    page.tomato((middle - 14, ground - 112), 11)


def _label(page: Canvas, at: Point, words: str, target: Point) -> None:
    x, y = at
    page.line([(x, y + 16), target], MUTED, 1.5)
    page.ellipse(target, 4, 4, TOMATO)
    page.rectangle((x - 118, y - 21, x + 118, y + 21), CARD, 21)
    page.text((x, y - 1), words, "regular", 19, INK, "mm")


STAGES = (
    ("苗期", 0.4, 0.9),
    ("开花", 0.8, 1.6),
    ("坐果", 1.2, 2.4),
    ("盛果", 1.8, 3.5),
    ("末期", 1.1, 2.2),
)
"""Name, and litres a plant and day: by drip, by furrow."""


def chart(number: int, grown: float) -> Image.Image:
    """Bars that have grown to the part `grown` of their height."""
    page = heading(number, "每株每天用多少水")
    left, right, base, unit = 128.0, 900.0, 590.0, 104.0
    for litres in range(5):
        y = base - litres * unit * 0.95
        page.line([(left, y), (right, y)], LINE, 1.5)
        page.text((left - 16, y - 1), str(litres), "regular", 18, MUTED, "rm")
    page.text((left - 40, base - 4 * unit * 0.95 - 30), "升", "regular", 18, MUTED)
    width = (right - left) / len(STAGES)
    for index, (name, drip, furrow) in enumerate(STAGES):
        middle = left + width * (index + 0.5)
        part = min(1.0, max(0.0, grown * 1.6 - index * 0.15))
        for value, offset, colour in ((furrow, -26, (206, 190, 168)), (drip, 26, LEAF)):
            top = base - value * unit * 0.95 * part
            page.rectangle((middle + offset - 22, top, middle + offset + 22, base), colour, 5)
            page.rectangle((middle + offset - 22, base - 5, middle + offset + 22, base), colour)
            if part == 1.0:
                page.text((middle + offset, top - 15), f"{value}", "bold", 18, INK, "mm")
        page.text((middle, base + 25), name, "bold", 22, INK, "mm")
    page.line([(left, base), (right, base)], MUTED, 2)
    _legend(page, 610, (206, 190, 168), "沟灌")
    _legend(page, 720, LEAF, "滴灌")
    shadowed(page, (944, 176, 1224, 372), BLUSH)
    page.text((1084, 236), "省水一半", "title", 44, TOMATO, "mm")
    page.text((1084, 292), "每亩每季少用约", "regular", 21, INK, "mm")
    page.text((1084, 332), "120 立方米", "bold", 28, INK, "mm")
    return page.finished()


def _legend(page: Canvas, x: float, colour: tuple[int, ...], words: str) -> None:
    page.rectangle((x, 164, x + 22, 186), colour, 5)
    page.text((x + 32, 174), words, "regular", 20, INK)


def summary(number: int, done: float) -> Image.Image:
    page = heading(number, "记住三句话")
    cards = (
        ("少量多次", "每天一到两次", "每次不超过半小时", WATER, SKY),
        ("看天看苗", "阴雨天减半", "盛果期加量", LEAF, MINT),
        ("勤洗过滤", "每周冲洗一次", "滴头才不会堵", TOMATO, BLUSH),
    )
    shown = min(3, 1 + int(done * 4))
    for index, (words, first, second, colour, tint) in enumerate(cards[:shown]):
        left = LEFT + index * 392
        middle = left + 184
        shadowed(page, (left, 176, left + 368, 430), CARD)
        page.rectangle((left, 176, left + 368, 284), tint, 14)
        page.rectangle((left, 264, left + 368, 284), tint)
        page.text((middle, 228), words, "title", 44, colour, "mm")
        page.text((middle, 334), first, "regular", 26, INK, "mm")
        page.text((middle, 382), second, "regular", 26, INK, "mm")
    if done > 0.75:
        page.text((LEFT, 545), "谢谢收看，下一讲：追肥配方", "bold", 30, PINE)
    return page.finished()


def greenhouse(width: int, height: int) -> Image.Image:
    """What is behind the speaker, out of focus."""
    back = Canvas.blank(width, height, (214, 230, 214))
    for x in range(-20, width + 40, 46):
        back.line([(x, 0), (x + 30, height)], (236, 243, 234), 7)
    for index in range(14):
        x, y = 20 * index, height * 0.62 + 18 * math.sin(index * 2.1)
        back.leaf((x, height), (14 * math.cos(index * 1.7), y - height - 24), LEAF)
        back.ellipse((x + 9, y + 26), 8, 8, TOMATO if index % 3 == 0 else (104, 160, 92))
    return back.image.filter(ImageFilter.GaussianBlur(9))
