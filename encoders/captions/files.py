"""A file of captions: what it is, judged by its content, and the captions in it."""

import re
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from encoders.captions.charset import BAD, Decoded, decode
from encoders.captions.check import MOST
from encoders.captions.findings import Faults
from encoders.captions.raw import Raw
from encoders.captions.script import read_script
from encoders.captions.srt import read_srt, times_of
from encoders.captions.webvtt import read_webvtt

LARGEST = 5
"""MB (10^6 bytes) of a file; 12 hours of speech have a fifth of it."""

_LINES = 400_000
"""Read of a file."""

_GARBLED = 4
"""One in so many characters beyond ASCII unreadable: the encoding is none we know."""

_WEBVTT = re.compile(r"WEBVTT(?:\s|$)")
_SCRIPT = re.compile(r"^[ \t]*(?:\[script info\]|\[events\]|dialogue\s*:)", re.I | re.M)

_BINARY = (
    (b"PK\3\4", "a document or an archive", "文档或压缩包"),
    (b"\xd0\xcf\x11\xe0", "an Office document", "Office 文档"),
    (b"%PDF", "a PDF document", "PDF 文档"),
    (b"{\\rtf", "an RTF document", "RTF 文档"),
    (b"\0\0\1\xba", "DVD subpictures", "DVD 图形字幕"),
    (b"PG", "Blu-ray subpictures", "蓝光图形字幕"),
)
_OTHERS = (
    (re.compile(r"<(?:\w+:)?tt[\s>]"), "TTML", "TTML 字幕"),
    (re.compile(r"<sami[\s>]", re.I), "SAMI", "SAMI 字幕"),
    (re.compile(r"<!doctype html|<html[\s>]", re.I), "a web page", "网页"),
    (re.compile(r"^\{\d+\}\{\d*\}", re.M), "MicroDVD", "MicroDVD 字幕"),
    (re.compile(r"^\[\d+:\d\d(?:\.\d+)?\]", re.M), "LRC lyrics", "LRC 歌词"),
    (re.compile(r"^# VobSub index file"), "a VobSub index", "VobSub 索引"),
)


def read_file(path: Path, faults: Faults) -> list[Raw]:
    """Everything in the file that has times; nothing where it is no file of captions.

    Raises OSError where the file cannot be read.
    """
    size = path.stat().st_size
    if size > LARGEST * 1_000_000:
        faults.add("captions-too-large", size=-(-size // 1_000_000), limit=LARGEST)
        return []
    data = path.read_bytes()
    for magic, kind, kind_zh in _BINARY:
        if data.startswith(magic):
            _refuse(faults, kind, kind_zh)
            return []
    decoded = decode(data)
    return _read(decoded, faults) if _legible(decoded, faults) else []


def _legible(decoded: Decoded, faults: Faults) -> bool:
    bad = decoded.text.count(BAD)
    if bad * _GARBLED > sum(mark >= "\x80" for mark in decoded.text):
        faults.add("captions-undecodable")
        return False
    if not decoded.sure:
        faults.add("captions-encoding-unsure", encoding=decoded.encoding)
    elif decoded.encoding != "UTF-8":
        faults.add("captions-encoding", encoding=decoded.encoding)
    return True


def _read(decoded: Decoded, faults: Faults) -> list[Raw]:
    text = decoded.text.lstrip()
    skipped = decoded.text[: len(decoded.text) - len(text)].count("\n")
    lines = [""] * skipped + text.split("\n", _LINES)
    if len(lines) > _LINES:
        faults.add("captions-too-many", _LINES + 1)
        del lines[_LINES:]
    for at, line in enumerate(lines, 1):
        if BAD in line:
            faults.add("captions-bad-bytes", at, encoding=decoded.encoding)
    if _WEBVTT.match(text):
        return list(_some(read_webvtt(lines, faults)))
    if _SCRIPT.search(text):
        return list(_some(read_script(lines, faults)))
    if any("-->" in line or times_of(line) for line in lines):
        return list(_some(read_srt(lines, faults)))
    for pattern, kind, kind_zh in _OTHERS:
        if pattern.search(text[:5000]):
            _refuse(faults, kind, kind_zh)
            return []
    _refuse(faults, "", "")
    return []


def _some(raws: Iterator[Raw]) -> Iterator[Raw]:
    """No more than it takes to see that there are too many."""
    return islice(raws, MOST + 1)


def _refuse(faults: Faults, kind: str, kind_zh: str) -> None:
    """Say what the file is instead, where that is known."""
    detail = f": it looks like {kind}" if kind else ""
    detail_zh = f"，看起来是{kind_zh}" if kind_zh else ""
    faults.add("captions-not-taken", detail=detail, detail_zh=detail_zh)
