"""What lies where on data discs, and how a course is laid over several."""

import io
import unicodedata
from fractions import Fraction
from pathlib import Path

import pycdlib
import pytest
from hypothesis import given
from hypothesis import strategies as st

from encoders.artifact import finish
from encoders.datadisc import DataDiscTask, make_data_disc
from encoders.product import Chapter
from encoders.tasks import Artifact
from farm.disc.datadisc import CD, Captions, DiscLesson, Media, data_disc_tasks
from farm.disc.names import Names, safe_name
from farm.errors import Refused


def artifact(name: str, size: int) -> Artifact:
    return Artifact(name, size, "0" * 64, "video/mp4")


def lesson(title: str, size: int = 1000, **fields: object) -> DiscLesson:
    given: dict[str, object] = {
        "title": title,
        "base": "松原",
        "speaker": "",
        "description": "",
        "category": "agriculture",
        "duration": Fraction(60),
        "videos": (Media(artifact("video-0.mp4", size), "MP4"),),
        "audios": (),
        "captions": (),
        "chapters": (),
        "poster": None,
    }
    return DiscLesson(**{**given, **fields})  # type: ignore[arg-type]


def tasks(*lessons: DiscLesson, capacity: int = CD) -> tuple[DataDiscTask, ...]:
    return data_disc_tasks(
        "课程", lessons, name="datadisc", label="C", capacity=capacity, inputs="i", folder="f"
    )


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("水稻育秧（上）", "水稻育秧（上）"),
        ('第1讲: 什么是"芽"?', "第1讲： 什么是＂芽＂？"),
        ("a/b\\c*d<e>f|g;h", "a／b＼c＊d＜e＞f｜g；h"),
        ("../../etc/passwd", "／..／etc／passwd"),
        ("con", "_con"),
        ("Lpt1 .txt", "_Lpt1 .txt"),
        ("结尾...  ", "结尾"),
        ("\u202e倒\u0000置\n换行", "倒置 换行"),
        ("𠮷野家😀", "〓野家〓"),
        (" . ", "lesson"),
        ("长" * 90, "长" * 64),
    ],
)
def test_names_are_safe_and_stay_readable(title: str, name: str) -> None:
    assert safe_name(title) == name


@given(st.text(max_size=100))
def test_no_title_makes_a_name_a_computer_refuses(title: str) -> None:
    name = safe_name(title)
    assert 0 < len(name) <= 64
    assert not set(name) & set('\\/:*?"<>|;')
    assert name == name.strip(" ").rstrip(".")
    assert all(ord(letter) < 0x10000 for letter in name)
    assert all(unicodedata.category(letter) not in {"Cc", "Cf", "Cs"} for letter in name)
    assert safe_name(name) == name


def test_names_equal_but_for_case_are_told_apart() -> None:
    names = Names()
    assert [names.new(stem, ".mp4") for stem in ("Rice", "RICE", "rice")] == [
        "Rice.mp4",
        "RICE-2.mp4",
        "rice-3.mp4",
    ]


def test_a_lesson_has_a_folder_with_everything_of_it() -> None:
    text = artifact("text-0.vtt", 10)
    full = lesson(
        "育秧",
        audios=(Media(artifact("a.mp3", 5), "MP3"), Media(artifact("a.opus", 5), "Opus")),
        captions=(Captions("zh-CN", "中文", text, ()), Captions("zh-CN", "大字", text, ())),
        chapters=(Chapter(Fraction(0), "开头", artifact("c.jpg", 5)),),
        poster=artifact("p.jpg", 5),
    )
    (task,) = tasks(full, lesson("育秧"))
    assert [one.path for one in task.files] == [
        "lessons/01 育秧/育秧.mp4",
        "lessons/01 育秧/育秧.mp3",
        "lessons/01 育秧/育秧.opus",
        "lessons/01 育秧/育秧.zh-CN.vtt",
        "lessons/01 育秧/育秧-2.zh-CN.vtt",
        "lessons/01 育秧/chapters/01.jpg",
        "lessons/01 育秧/poster.jpg",
        "lessons/02 育秧/育秧.mp4",
    ]
    assert [one.path for one in task.texts] == ["index.html", "说明 README.txt"]


def test_a_course_goes_on_as_few_discs_as_hold_it_in_order() -> None:
    size = 300_000_000
    discs = tasks(*(lesson(f"第{n}课", size) for n in range(1, 6)))
    titles = [[one.path.split("/")[1] for one in task.files] for task in discs]
    assert titles == [["01 第1课", "02 第2课"], ["03 第3课", "04 第4课"], ["05 第5课"]]
    assert [(one.name, one.label, one.disc, one.discs) for one in discs] == [
        ("datadisc-1", "C_1", 1, 3),
        ("datadisc-2", "C_2", 2, 3),
        ("datadisc-3", "C_3", 3, 3),
    ]
    assert "第 2 张，共 3 张" in discs[1].texts[0].text


def test_a_lesson_too_large_for_the_disc_is_refused_in_words() -> None:
    with pytest.raises(Refused, match=r"第1课 needs 80. MB, and a disc has 734 MB; give a larger"):
        tasks(lesson("第1课", 800_000_000))
    with pytest.raises(Refused, match=r"5\.0 GB, and a file on a data disc at most"):
        tasks(lesson("第1课", 5_000_000_000), capacity=10**10)


def test_what_was_reckoned_is_not_less_than_the_image_and_not_much_more(tmp_path: Path) -> None:
    inputs = tmp_path / "inputs"
    inputs.mkdir()
    made = [finish(inputs, f"f{n}", "mp4", bytes(5000 + n), "video/mp4") for n in range(200)]
    lessons = [
        lesson(
            f"第{n}课" + "长" * 40,
            videos=(Media(made[n], "MP4"),),
            chapters=tuple(Chapter(Fraction(0), "节", one) for one in made[10 + n :: 5]),
        )
        for n in range(5)
    ]
    few = _smallest(lessons)
    (task,) = data_disc_tasks(
        "课程",
        lessons,
        name="datadisc",
        label="C",
        capacity=few,
        inputs=str(inputs),
        folder=str(tmp_path),
    )
    image = make_data_disc(task, lambda _: None).files[0].file
    assert few - 500_000 < image.size <= few


def _smallest(lessons: list[DiscLesson]) -> int:
    """The least capacity at which they are laid on one disc."""
    low, high = 0, 1 << 25
    while high - low > 4096:
        middle = (low + high) // 2
        try:
            fits = len(tasks(*lessons, capacity=middle)) == 1
        except Refused:
            fits = False
        low, high = (low, middle) if fits else (middle, high)
    return high


@pytest.mark.parametrize("title", ["长", "长a", "é", "Greenhouse ", "𠮷é长x"])
def test_long_titles_stay_apart_in_a_real_image(title: str, tmp_path: Path) -> None:
    """Of 30 to 200 characters; one stem with six endings, and two tracks of one language."""
    (tmp_path / "in").mkdir()

    def made(ending: str) -> Artifact:
        return finish(tmp_path / "in", "f", ending, ending.encode(), "video/mp4")

    def full(length: int) -> DiscLesson:
        return lesson(
            (title * length)[:length],
            videos=(Media(made("mp4"), "MP4"), Media(made("webm"), "WebM")),
            audios=(Media(made("mp3"), "MP3"), Media(made("m4a"), "M4A")),
            captions=tuple(Captions(one, one, made("vtt"), ()) for one in ("zh-CN", "zh-CN", "en")),
        )

    (task,) = data_disc_tasks(
        "课程",
        [full(length) for length in (*range(30, 66), 99, 103, 150, 200)],
        name="datadisc",
        label="C",
        capacity=CD,
        inputs=str(tmp_path / "in"),
        folder=str(tmp_path),
    )
    image = pycdlib.PyCdlib()
    image.open(str(tmp_path / make_data_disc(task, lambda _: None).files[0].file.name))
    for one in task.files:
        for view in ("joliet_path", "rr_path", "udf_path"):
            back = io.BytesIO()
            image.get_file_from_iso_fp(back, **{view: f"/{one.path}"})
            assert back.getvalue().decode() == one.file.name.rpartition(".")[2]
    image.close()
