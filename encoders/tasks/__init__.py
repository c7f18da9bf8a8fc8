"""The tasks a child process does, and what it hands back. `python -m encoders TASK.json`.

A task names its source file and the folder it may write to; every file it hands back lies in that
folder under its final, content-addressed name. A task is self-contained: nothing but the source
and the task decides the bytes that come out.
"""

from encoders.tasks.common import (
    Artifact,
    Encoded,
    Segment,
)
from encoders.tasks.inspection import (
    InspectTask,
    Limits,
)
from encoders.tasks.pictures import (
    Change,
    Changes,
    ChunkResult,
    ChunkTask,
    Elementary,
    Gop,
    Grid,
    Poster,
    RasterRendition,
    Shape,
    Sheet,
    Source,
    Span,
    Thumbnails,
    VideoRendition,
)
from encoders.tasks.sound import (
    LONGEST_IDENT,
    AudioRendition,
    AudioResult,
    AudioTask,
    Ident,
    SoundRendition,
    SoundResult,
    SoundSource,
    SoundTask,
)
from encoders.tasks.stills import (
    MOST_STILLS,
    Still,
    StillsResult,
    StillsTask,
)
from encoders.tasks.text import (
    Caption,
    SubtitleResult,
    SubtitleSegment,
    SubtitleTask,
)

__all__ = [
    "LONGEST_IDENT",
    "MOST_STILLS",
    "Artifact",
    "AudioRendition",
    "AudioResult",
    "AudioTask",
    "Caption",
    "Change",
    "Changes",
    "ChunkResult",
    "ChunkTask",
    "Elementary",
    "Encoded",
    "Gop",
    "Grid",
    "Ident",
    "InspectTask",
    "Limits",
    "Poster",
    "RasterRendition",
    "Segment",
    "Shape",
    "Sheet",
    "SoundRendition",
    "SoundResult",
    "SoundSource",
    "SoundTask",
    "Source",
    "Span",
    "Still",
    "StillsResult",
    "StillsTask",
    "SubtitleResult",
    "SubtitleSegment",
    "SubtitleTask",
    "Thumbnails",
    "VideoRendition",
]
