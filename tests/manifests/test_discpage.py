"""The page and the note of a data disc, as texts; what a browser makes of them is tested there."""

import hashlib
import json
import re
from base64 import b64encode
from fractions import Fraction

from manifests.discpage import (
    DiscPage,
    PageCaptions,
    PageChapter,
    PageCue,
    PageFile,
    PageLesson,
    disc_note,
    disc_page,
)

NASTY = '"</script><img src=x onerror=alert(1)>\u2028\u202e水稻'


def lesson(title: str) -> PageLesson:
    folder = "lessons/01 水稻 #1%"
    return PageLesson(
        number=1,
        title=title,
        base=title,
        speaker=title,
        description=title,
        category="agriculture",
        duration=Fraction(3725),
        folder=folder,
        videos=(PageFile(f"{folder}/水稻.mp4", 5 << 20, "video/mp4", "MP4"),),
        audios=(),
        captions=(
            PageCaptions(
                "zh-CN",
                title,
                f"{folder}/水稻.vtt",
                (PageCue(Fraction(1, 3), Fraction(2), f"<b>{title}</b>\n二"),),
            ),
        ),
        chapters=(PageChapter(Fraction(10), title, None),),
        poster=None,
    )


def inner(text: str, opening: str) -> str:
    return text.split(opening, 1)[1].split("</", 1)[0]


def test_the_policy_knows_the_script_and_the_style() -> None:
    text = disc_page(DiscPage("课程", 1, 1, (lesson("水稻"),))).text
    policy = re.findall(r'Policy" content="([^"]*)"', text)[0]
    for opening in ("<script>", "<style>"):
        digest = hashlib.sha256(inner(text, opening).encode()).digest()
        assert f"'sha256-{b64encode(digest).decode()}'" in policy
    assert "unsafe" not in policy
    assert "http" not in policy.replace("http-equiv", "")


def test_whatever_people_wrote_stays_text() -> None:
    text = disc_page(DiscPage(NASTY, 1, 1, (lesson(NASTY),))).text
    assert "<img src=x" not in text
    assert text.count("</script>") == 2
    data = json.loads(inner(text, 'id="data">'))
    assert data[0]["title"] == NASTY.replace("\u2028", " ").replace("\u202e", "")
    assert data[0]["captions"][0]["cues"][0][:2] == [0.333, 2.0]
    assert data[0]["captions"][0]["cues"][0][2].endswith("</b>\n二")


def test_addresses_are_escaped_for_a_browser() -> None:
    text = disc_page(DiscPage("课程", 1, 1, (lesson("水稻"),))).text
    assert 'href="lessons/01%20%E6%B0%B4%E7%A8%BB%20%231%25/%E6%B0%B4%E7%A8%BB.mp4"' in text


def test_the_note_opens_in_old_editors() -> None:
    note = disc_note(DiscPage("课程", 2, 3, (lesson("水稻"),))).text
    assert note.startswith("\ufeff课程　第 2 张，共 3 张 · Disc 2 of 3\r\n")
    assert "1. 水稻（1:02:05）\r\n   lessons/01 水稻 #1%\r\n" in note
    assert note.count("\n") == note.count("\r\n")
