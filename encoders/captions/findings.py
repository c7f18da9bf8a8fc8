"""What can be wrong with a file of captions: how grave it is, what it says, and what to do.

Messages are templates; `{line}` is the line of the file, counted from 1.
"""

from collections import Counter, defaultdict
from dataclasses import dataclass
from fractions import Fraction

from encoders.facts import Finding
from encoders.findings import NOTE, REFUSAL, WARNING, Entry, clock

_TOLD = 5
"""Faults of one kind told one by one; the others are told in one finding."""
_LISTED = 20
"""Lines named in it."""

_SAVE = "Save it again as SRT or WebVTT in UTF-8, and submit that."
_SAVE_ZH = "请用字幕软件另存为 UTF-8 编码的 SRT 或 WebVTT 文件后再提交。"
_LOOK = "Correct it and submit the captions again if it is needed."
_LOOK_ZH = "如需保留该字幕，请改正后重新提交字幕文件。"
_CHECK = "Check the caption there, and correct it in the file if it is wrong."
_CHECK_ZH = "请核对该处字幕；如有误，请在字幕文件中改正。"

ENTRIES: dict[str, Entry] = {
    "captions-too-large": Entry(
        REFUSAL,
        "The caption file has {size} MB; at most {limit} MB are taken.",
        "字幕文件有 {size} MB，最多允许 {limit} MB。",
        "Check that it is the caption file and not the recording.",
        "请确认提交的是字幕文件而不是录像。",
    ),
    "captions-not-taken": Entry(
        REFUSAL,
        "The file is not SRT, WebVTT or ASS{detail}.",
        "文件不是 SRT、WebVTT 或 ASS 字幕{detail_zh}。",
        _SAVE,
        _SAVE_ZH,
    ),
    "captions-undecodable": Entry(
        REFUSAL,
        "The text of the caption file cannot be read in any known encoding.",
        "字幕文件的文字编码无法识别。",
        _SAVE,
        _SAVE_ZH,
    ),
    "captions-none": Entry(
        REFUSAL,
        "The caption file holds no caption that could be shown.",
        "字幕文件中没有可以显示的字幕。",
        "Check that it is the file that belongs to this lesson.",
        "请确认字幕文件与本课对应。",
    ),
    "captions-encoding": Entry(
        NOTE,
        "The caption file was read as {encoding}.",
        "字幕文件按 {encoding} 编码读取。",
        "Nothing needs to be done if the captions look right.",
        "如字幕显示正常，无需处理。",
    ),
    "captions-encoding-unsure": Entry(
        WARNING,
        "The caption file was read as {encoding}; there is too little text to be sure.",
        "字幕文件按 {encoding} 编码读取，但文字太少，无法确定。",
        "Look at the captions; if they are garbled: " + _SAVE,
        "请核对字幕；如为乱码，" + _SAVE_ZH,
    ),
    "captions-bad-bytes": Entry(
        WARNING,
        "Line {line}: some bytes are no text in {encoding}; they are shown as \ufffd.",
        "第 {line} 行：有字节不是有效的 {encoding} 文字，显示为 \ufffd。",
        _CHECK,
        _CHECK_ZH,
    ),
    "captions-bad-time": Entry(
        WARNING,
        "Line {line}: the time cannot be read ({text}); the caption is left out.",
        "第 {line} 行：时间无法识别（{text}），该条字幕已舍弃。",
        _LOOK,
        _LOOK_ZH,
    ),
    "captions-ends-early": Entry(
        WARNING,
        "Line {line}: the caption ends before it starts; it is shown from {start} to {stop}.",
        "第 {line} 行：字幕的结束时间不晚于开始时间，改为从 {start} 显示到 {stop}。",
        _CHECK,
        _CHECK_ZH,
    ),
    "captions-empty": Entry(
        NOTE,
        "Line {line}: the caption has no text and is left out.",
        "第 {line} 行：字幕没有文字，已舍弃。",
        "Nothing needs to be done.",
        "无需处理。",
    ),
    "captions-after-end": Entry(
        WARNING,
        "Line {line}: the caption starts at {start}, after the end of the lesson; it is left out.",
        "第 {line} 行：字幕从 {start} 开始，晚于课件结尾，已舍弃。",
        "Check that the file belongs to this lesson and was not timed to another cut.",
        "请确认字幕文件与本课对应，且时间轴与本次剪辑一致。",
    ),
    "captions-before-start": Entry(
        WARNING,
        "Line {line}: the caption ends before the lesson begins; it is left out.",
        "第 {line} 行：字幕在课件开始之前结束，已舍弃。",
        "Check that the file belongs to this lesson and was not timed to another cut.",
        "请确认字幕文件与本课对应，且时间轴与本次剪辑一致。",
    ),
    "captions-stray": Entry(
        NOTE,
        "Line {line}: this text belongs to no caption and is left out.",
        "第 {line} 行：该文字不属于任何字幕，已舍弃。",
        "If it is part of a caption, remove the blank line before it.",
        "如果它是上一条字幕的内容，请删去其前的空行。",
    ),
    "captions-crowded": Entry(
        WARNING,
        "Line {line}: more than {limit} captions at {start}; this one is left out.",
        "第 {line} 行：{start} 处同时显示的字幕超过 {limit} 条，该条已舍弃。",
        "Correct the times, so that one caption follows the other.",
        "请改正时间，使字幕前后相接。",
    ),
    "captions-too-long": Entry(
        WARNING,
        "Line {line}: the caption has {count} characters and is cut off after {limit}.",
        "第 {line} 行：字幕有 {count} 个字符，超过 {limit} 个的部分已截去。",
        "Split it into several captions.",
        "请拆分成多条字幕。",
    ),
    "captions-wordy": Entry(
        WARNING,
        "Line {line}: the caption is {count} characters wide; of more than {limit} the end may be "
        "cut off on television and discs.",
        "第 {line} 行：字幕有 {count} 个字宽，超过 {limit} 个字时，电视和光盘上可能显示不全。",
        "Split it into several captions.",
        "请拆分成多条字幕。",
    ),
    "captions-too-many": Entry(
        WARNING,
        "Line {line}: the file is too long; the captions from here on are left out.",
        "第 {line} 行：字幕文件过长，其后的字幕已舍弃。",
        "Check that the file holds the captions of one lesson only.",
        "请确认文件中只有一课的字幕。",
    ),
}


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong in a file, before it is told."""

    code: str
    line: int | None
    """From 1; None where the whole file is meant."""
    words: dict[str, object]
    start: Fraction | None
    stop: Fraction | None


class Faults:
    """Everything wrong in one file; a hostile one fills no memory with it."""

    def __init__(self) -> None:
        self._kept: dict[str, list[Fault]] = defaultdict(list)
        self._counted: Counter[str] = Counter()

    def add(
        self,
        code: str,
        line: int | None = None,
        start: Fraction | None = None,
        stop: Fraction | None = None,
        **words: object,
    ) -> None:
        """`words` fill the templates of `code` in `ENTRIES`."""
        self._counted[code] += 1
        if len(self._kept[code]) < _TOLD + _LISTED:
            self._kept[code].append(Fault(code, line, words, start, stop))

    def told(self) -> tuple[Finding, ...]:
        """In order of the table, then of lines; many of one kind are summed up."""
        findings: list[Finding] = []
        for code in ENTRIES:
            kept = sorted(self._kept[code], key=lambda one: one.line or 0)
            findings += [_finding(one) for one in kept[:_TOLD]]
            if len(kept) > _TOLD:
                findings.append(_rest(code, kept[_TOLD:], self._counted[code] - _TOLD))
        return tuple(findings)


def _finding(one: Fault) -> Finding:
    entry = ENTRIES[one.code]
    words = one.words | {"line": one.line, "start": clock(one.start), "stop": clock(one.stop)}
    return Finding(
        code=one.code,
        severity=entry.severity,
        message=entry.message.format_map(words),
        message_zh=entry.message_zh.format_map(words),
        remedy=entry.remedy,
        remedy_zh=entry.remedy_zh,
        start=one.start,
        stop=one.stop,
    )


def _rest(code: str, rest: list[Fault], count: int) -> Finding:
    entry = ENTRIES[code]
    numbers = [str(one.line) for one in rest]
    more = count > len(rest)
    lines, lines_zh = ", ".join(numbers), "、".join(numbers)
    what, what_zh = _SUMMED[code]
    return Finding(
        code=code,
        severity=entry.severity,
        message=f"{count} more {what}: lines {lines}{', ...' if more else ''}.",
        message_zh=f"另有 {count} 处{what_zh}：第 {lines_zh} {'…… ' if more else ''}行。",
        remedy=entry.remedy,
        remedy_zh=entry.remedy_zh,
    )


_SUMMED = {
    "captions-bad-bytes": ("lines with bytes that are no text", "含有无效文字编码"),
    "captions-bad-time": (
        "captions left out, as their times cannot be read",
        "时间无法识别，已舍弃",
    ),
    "captions-ends-early": (
        "captions that end before they start",
        "结束时间不晚于开始时间，已修正",
    ),
    "captions-empty": ("captions without text", "字幕没有文字，已舍弃"),
    "captions-after-end": ("captions left out after the lesson's end", "晚于课件结尾，已舍弃"),
    "captions-before-start": ("captions left out before the lesson", "早于课件开头，已舍弃"),
    "captions-stray": ("pieces of text that belong to no caption", "文字不属于任何字幕，已舍弃"),
    "captions-crowded": ("captions left out, too many at a time", "同时显示的字幕过多，已舍弃"),
    "captions-wordy": (
        "captions too long for television and discs",
        "字幕过长，电视上可能显示不全",
    ),
    "captions-too-long": ("captions cut off, too long", "字幕过长，已截短"),
}
"""The kinds that can come often, in few words."""
