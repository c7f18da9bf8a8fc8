"""The sample lecture: what is shown, for how long, and what is said."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from PIL import Image

from encoders.sample import pages

TITLE = "温室番茄滴灌技术 第三讲"

_STATES = 12
"""Different pages a scene that builds up is drawn as."""


@dataclass(frozen=True, slots=True)
class Scene:
    seconds: float
    page: Callable[[float], Image.Image]
    """The page when so much of the scene (0 to 1) is over."""
    says: tuple[str, ...]
    moving: str = "slide"
    """`slide`, `water` (drops over the page) or `walk` (a film instead of a page)."""

    def state(self, time: float) -> float:
        """What `page` is asked for at this second of the scene: few values, so few drawings."""
        return min(1.0, int(time / self.seconds * _STATES) / _STATES)


@dataclass(frozen=True, slots=True)
class Growing(Scene):
    """Its page moves for the first second only."""

    def state(self, time: float) -> float:
        return min(1.0, time / 1.2)


def scenes(seconds: float, film: bool) -> tuple[Scene, ...]:
    """The deck, stretched to so many seconds in all; with a film in it for long lectures."""
    deck = _deck() if film else tuple(scene for scene in _deck() if scene.moving != "walk")
    stretch = seconds / sum(scene.seconds for scene in deck)
    return tuple(
        type(scene)(scene.seconds * stretch, scene.page, scene.says, scene.moving) for scene in deck
    )


def _deck() -> tuple[Scene, ...]:
    why = (
        ("比沟灌省水一半", "水直接送到根部，行间不湿"),
        ("肥料随水走", "每次少量，吸收更充分"),
        ("空气干爽，病害少", "灰霉病、晚疫病明显减轻"),
        ("一个人管三个棚", "开关阀门就能浇水"),
    )
    return (
        Scene(5, lambda _: pages.title(), OPENING),
        Scene(8, partial(pages.bullets, 2, "为什么用滴灌", why), WHY),
        Scene(7.5, lambda _: pages.diagram(3), HOW, "water"),
        Scene(4, lambda _: pages.title(), WALKING, "walk"),
        Growing(6.5, partial(pages.chart, 4), HOW_MUCH),
        Scene(5, partial(pages.summary, 5), CLOSING),
    )


OPENING = (
    "大家好，今天讲温室番茄滴灌。",
    "滴灌，就是把水一滴一滴送到根部。",
    "学会这一讲，您的大棚每年能省下一半的水。",
)
WHY = (
    "为什么用滴灌？第一，省水。第二，省肥。",
    "第三，病害少。第四，省工。",
    "沟灌的时候，行间都是湿的，棚里湿度大，容易得灰霉病。",
    "用了滴灌，水只湿润根部，肥料也跟着水走。",
)
HOW = (
    "水从蓄水池出来，先过滤，再进支管。",
    "每个滴头，一小时大约两升水。",
    "过滤器一定要装，不然滴头很快就堵了。",
    "支管要铺平，一头高一头低，水就不均匀。",
)
WALKING = ("我们到棚里看一看。", "大家看，这一行的叶子很干净，没有病斑。")
HOW_MUCH = (
    "盛果期用水最多，每株每天一点八升。",
    "同样的时候，沟灌要三升半，差不多是两倍。",
    "苗期不要浇多，浇多了根扎不下去。",
)
CLOSING = (
    "记住，少量多次，看天看苗，勤洗过滤。",
    "有问题，请到服务站来问我们。谢谢大家。",
)
