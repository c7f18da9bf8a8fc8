"""A short lesson encoded in segments, and the MP4 that is made of them."""

from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

from encoders.captions.whole import document
from encoders.download import DownloadSound, DownloadTask, DownloadText, make_download
from encoders.product import Chapter, Product
from encoders.tasks import Artifact, Caption, Encoded
from tests.encoders import chunking
from tests.encoders.sound import clicks, encode, record, task_for
from tests.encoders.tagging import TAGS, cover_in
from tests.media import lecture

SECONDS = 6
CAPTIONS = (
    Caption(Fraction(1, 2), Fraction(5, 2), "春耕备耕\nSpring ploughing"),
    Caption(Fraction(3), Fraction(4), "<i>选种</i> &amp; 育苗"),
)
CHAPTERS = (Chapter(Fraction(0), "开始", None), Chapter(Fraction(12, 5), "选种 Seeds", None))


@dataclass(frozen=True)
class Lesson:
    folder: Path
    video: tuple[Encoded, ...]
    sounds: tuple[DownloadSound, ...]

    def task(self, folder: Path, **changes: object) -> DownloadTask:
        folder.mkdir(parents=True, exist_ok=True)
        task = DownloadTask(
            name="download",
            video=self.video,
            sounds=self.sounds,
            texts=(
                DownloadText("chi", "中文", Artifact("zh.vtt", 0, "", "text/vtt")),
                DownloadText("eng", "English", Artifact("en.vtt", 0, "", "text/vtt")),
            ),
            chapters=CHAPTERS,
            cover=Artifact("cover.jpeg", 0, "", "image/jpeg"),
            tags=TAGS,
            duration=Fraction(SECONDS),
            inputs=str(self.folder),
            folder=str(folder),
        )
        return replace(task, **changes)  # type: ignore[arg-type]

    def make(self, folder: Path, **changes: object) -> tuple[Product, Path]:
        product = make_download(self.task(folder, **changes), lambda _: None)
        return product, folder / product.files[0].file.name


def lesson_in(folder: Path) -> Lesson:
    """Two chunks with B pictures, and two languages."""
    source = lecture(folder / "a.mkv", seconds=SECONDS, size=(160, 90), gop=75)
    made = [
        chunking.encoded(task, folder)
        for task in chunking.tasks(source, rate=25, slots=25 * SECONDS, cuts=[1], segment=50)
    ]
    sounds = []
    spoken = clicks(SECONDS, [0.5, 5.5])
    for name, language, label in (("audio", "chi", "普通话"), ("audio-2", "eng", "English")):
        track = record(folder / f"{name}.mkv", [(Fraction(0), spoken)])
        task = task_for(track, folder)
        task = replace(task, rendition=replace(task.rendition, name=name), segment=Fraction(2))
        sounds.append(DownloadSound(language, label, encode(task).encoded))
    cover_in(folder)
    (folder / "zh.vtt").write_text(document(CAPTIONS))
    (folder / "en.vtt").write_text(document([replace(CAPTIONS[0], text="Spring &lt;here&gt;")]))
    return Lesson(folder, tuple(result.encoded[0] for result in made), tuple(sounds))
