"""Which encoding a file of captions is in, decided from its bytes; and its text.

A caption file is short, and the bytes of one Chinese encoding are often valid in the other. So the
candidates are scored by what they would make the text: characters everybody uses count for a
candidate, rare ones, those of no language here and bytes it cannot read count against it.
"""

import codecs
from collections import Counter
from dataclasses import dataclass
from functools import cache

BAD = "\ufffd"
"""What stands for bytes that mean nothing in the encoding."""

_LOOKED_AT = 200_000
"""Bytes that decide; a caption file is seldom longer."""

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)

_CANDIDATES = ("gb18030", "big5hkscs", "utf-8")
"""GB18030 holds GBK and GB2312, Big5-HKSCS holds Big5; UTF-8 where a few bytes are damaged."""

_NAMES = {"big5hkscs": "Big5", "gb18030": "GB18030", "utf-8": "UTF-8"}
_UTF16 = {"utf-16-le": "UTF-16 (LE)", "utf-16-be": "UTF-16 (BE)"}

_SURE = 1.0
"""By how much the mean score of a character has to be better than the other candidate's."""

_FREQUENT = frozenset(
    "的一是不了在人有我他这个们中来上大为和国地到以说时要就出会可也你对生能而子那得于着下自之"
    "年过发后作里用道行所然家种事成方多经么去法学如都同现当没动面起看定天分还进好小部其些主样"
    "理心她本前开但因只从想实日军者意无力它与长把机十民第公此已工使情明性知全三又关点正业外将"
    "两高间由问很最重并物手应战向头文体政美相见被利什二等产或新己制身果加西斯月话合回特代内信"
    "表化老给世位次度门任常先海通教儿原东声提立及比员解水名真论处走义各入几口认条平系气题活尔"
    "更别打女变四神总何电数安少报才结反受目太量再感建务做接必场件计管期市直德资命山金指克许统"
    "区保至队形社便空决治展马科司五基眼书非则听白却界达光放强即像难且权思王象完设式色路记南品"
    "住告类求据程北边死张该交规万取拉格望觉术领共确传师观清今切院让识候带导争运课讲农种植肥菜"
    "這個們來為國說時會對於著過發後裡種經學現當沒動還進實軍無與長機業將兩間從問應戰頭體見產"
    "話內給門東聲員論處走義幾認條氣題爾別變總電數報結務場計資許統區隊決馬書聽則達強難權萬術"
    "領確傳師觀讓識帶導爭運課講農線關開點樣頁單圖電腦網視訊請點選檔案輸軟體設備檢測壓溫"
    "吗呢吧啊哪谁怎哦嗯首接节完怎样请看图屏幕按键键盘鼠标单击选择文件夹软件窗口菜棚滴灌土壤苗"
    "嗎呢吧啊哪誰怎節鍵盤滑鼠擇資料夾窗灌溉壤苗溫度濕病蟲害葉"
    "瓜果树鱼猪羊牛鸡鸭玉米麦稻棉豆茶虾根茎叶虫剪枝修喂饲疫防治謝谢迎樹魚豬雞鴨麥蝦莖飼餵"
)  # fmt: skip
_MARKS = frozenset("，。？！、：；“”‘’《》（）—…·「」『』　％【】～")


@dataclass(frozen=True, slots=True)
class Decoded:
    text: str
    """Line ends are `\\n`; bytes that could not be read are U+FFFD, one a run."""
    encoding: str
    """As people know it: `UTF-8`, `GB18030`, `Big5`, `UTF-16 (LE)`."""
    sure: bool
    """Whether every other encoding is out of the question."""


def decode(data: bytes) -> Decoded:
    """Never raises: what cannot be read is marked in the text."""
    for bom, name in _BOMS:
        if data.startswith(bom):
            return Decoded(_text(data[len(bom) :], name), _named(name), True)
    certain = _wide(data) or _utf8(data)
    if certain is not None:
        return Decoded(_text(data, certain), _named(certain), True)
    scores = {name: score(data[:_LOOKED_AT], name) for name in _CANDIDATES}
    best, second, _ = sorted(_CANDIDATES, key=lambda name: -scores[name])
    return Decoded(_text(data, best), _named(best), scores[best] - scores[second] >= _SURE)


def score(data: bytes, encoding: str) -> float:
    """Mean worth of the characters beyond ASCII, from -4 (unreadable) to 3 (everyday words)."""
    counted = Counter(_text(data, encoding))
    beyond = {character: n for character, n in counted.items() if character >= "\x80"}
    total = sum(beyond.values())
    return sum(_worth(character) * n for character, n in beyond.items()) / total if total else 0.0


def _worth(character: str) -> float:
    if character == BAD:
        return -4
    if character in _FREQUENT:
        return 3
    if character in _MARKS:
        return 2
    if character in _common():
        return 1
    return -1 if "\u4e00" <= character <= "\u9fff" else -2


@cache
def _common() -> frozenset[str]:
    """The characters both standards sorted first, as the more common ones.

    GB 2312 puts 3755 into rows 16 to 55; Big5 puts 5401 into 0xA440 to 0xC67E.
    """
    rows = (range(0xB0, 0xD8), range(0xA1, 0xFF)), (range(0xA4, 0xC7), range(0x40, 0xFF))
    return frozenset(
        character
        for (leads, trails), name in zip(rows, ("gb2312", "big5"), strict=True)
        for lead in leads
        for trail in trails
        if "\u4e00" <= (character := bytes((lead, trail)).decode(name, "replace")[:1]) <= "\u9fff"
    )


def _wide(data: bytes) -> str | None:
    """UTF-16 without a mark: every other byte of its digits, colons and line ends is zero."""
    head = data[: min(len(data), _LOOKED_AT) & ~1]
    even, odd = head[::2].count(0), head[1::2].count(0)
    if not head or max(even, odd) * 20 < len(head) or min(even, odd) * 10 > max(even, odd):
        return None
    return "utf-16-le" if odd > even else "utf-16-be"


def _utf8(data: bytes) -> str | None:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return None
    return "utf-8"


def _text(data: bytes, encoding: str) -> str:
    text = data.decode(encoding, "replace")
    return text.replace("\r\n", "\n").replace("\r", "\n").removeprefix("\ufeff")


def _named(encoding: str) -> str:
    return (_NAMES | _UTF16)[encoding]
