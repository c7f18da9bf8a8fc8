"""Chinese encodings are told apart, also where a file has hardly any text."""

from pathlib import Path

import pytest

from encoders.captions.charset import decode
from tests.encoders.captions import codes, read, shown

SIMPLIFIED = (
    "今天我们讲滴灌。",
    "水压 0.3 兆帕",
    "首先看温室大棚的通风",
    "欢迎收看农业科技讲座",
    "把种子放进营养钵",
    "好的，谢谢",
    "白菜霜霉病的防治",
    "点击“开始”按钮",
    "第二章 果树嫁接",
    "请打开浏览器输入网址",
    "猪圈要勤打扫、勤消毒",
    "稻瘟病",
    "啊？",
    "施肥",
    "蚯蚓粪",
    "黄瓜",
    "羊羔痢疾",
    "如何充分发挥这些处理器的性能确实值得思考",
    "本题数量级不大，可以考虑暴力破解",
    "蔷薇科苹果属",
)
TRADITIONAL = (
    "今天我們講滴灌。",
    "水壓 0.3 兆帕",
    "首先看溫室大棚的通風",
    "歡迎收看農業科技講座",
    "把種子放進營養缽",
    "好的，謝謝",
    "白菜霜黴病的防治",
    "點擊「開始」按鈕",
    "第二章 果樹嫁接",
    "請打開瀏覽器輸入網址",
    "豬圈要勤打掃、勤消毒",
    "稻瘟病",
    "啊？",
    "施肥",
    "蚯蚓糞",
    "黃瓜",
    "羊羔痢疾",
    "通道接聽程式開啟時，會接受內部通道",
    "原來我的思路是正確的，只是沒有實作",
    "薔薇科蘋果屬",
)
CUE = "1\r\n00:00:01,000 --> 00:00:03,000\r\n{}\r\n\r\n"

ENCODED = [
    *((text, "gb18030", "GB18030") for text in (*SIMPLIFIED, *TRADITIONAL)),
    *((text, "big5", "Big5") for text in TRADITIONAL),
    *((text, "utf-16-le", "UTF-16 (LE)") for text in SIMPLIFIED[:12]),
    *((text, "utf-16-be", "UTF-16 (BE)") for text in TRADITIONAL[:12]),
    *((text, "utf-8", "UTF-8") for text in SIMPLIFIED[:12]),
]


@pytest.mark.parametrize(("text", "codec", "name"), ENCODED)
def test_one_short_cue_is_enough(text: str, codec: str, name: str) -> None:
    decoded = decode(CUE.format(text).encode(codec))
    assert (decoded.encoding, decoded.text) == (name, CUE.format(text).replace("\r\n", "\n"))


@pytest.mark.parametrize("codec", ["utf-8-sig", "utf-16"])
def test_a_mark_at_the_start_decides(codec: str) -> None:
    decoded = decode(CUE.format("滴灌").encode(codec))
    assert decoded.text == CUE.format("滴灌").replace("\r\n", "\n")
    assert decoded.sure


def test_hong_kong_characters() -> None:
    text = CUE.format("佢哋喺度學嘢，唔該晒")
    assert decode(text.encode("big5hkscs")).text == text.replace("\r\n", "\n")


def test_characters_beyond_gbk() -> None:
    text = CUE.format("㐇𠮷先生讲水稻种植技术")
    assert decode(text.encode("gb18030")).text == text.replace("\r\n", "\n")


def test_a_few_damaged_bytes_do_not_change_the_encoding(tmp_path: Path) -> None:
    data = CUE.format("今天我们讲滴灌").encode().replace("讲".encode(), b"\xe8\xae")
    result = read(tmp_path, data)
    assert shown(result) == [(1, 3, "今天我们\ufffd滴灌")]
    (finding,) = result.findings
    assert (finding.code, finding.message[:7]) == ("captions-bad-bytes", "Line 3:")
    assert finding.message_zh.startswith("第 3 行：")


def test_the_encoding_is_said(tmp_path: Path) -> None:
    result = read(tmp_path, CUE.format("今天我们讲滴灌").encode("gb18030"))
    assert [f.message for f in result.findings] == ["The caption file was read as GB18030."]


def test_doubt_is_said(tmp_path: Path) -> None:
    assert codes(read(tmp_path, CUE.format("蓖麻").encode("gb18030"))) == [
        "captions-encoding-unsure"
    ]


def test_no_known_encoding_is_refused(tmp_path: Path) -> None:
    result = read(tmp_path, CUE.format("été à Paris, où ça ? déjà là").encode("latin-1"))
    assert codes(result) == ["captions-undecodable"]
    assert result.captions == ()
