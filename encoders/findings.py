"""Every finding an inspection can make: how grave it is, what it says, and what to do.

Messages are templates; `{start}` and `{stop}` are times of the lesson, filled in by `finding`.
"""

from dataclasses import dataclass
from fractions import Fraction

from encoders.facts import Finding, Severity

NOTE, WARNING, REFUSAL = Severity.NOTE, Severity.WARNING, Severity.REFUSAL


@dataclass(frozen=True, slots=True)
class Entry:
    severity: Severity
    message: str
    message_zh: str
    remedy: str
    remedy_zh: str


_EXPORT = "Export or record it again, and submit the new file."
_EXPORT_ZH = "请重新导出或重新录制后再提交。"
_MENDED = "Nothing needs to be done: it was mended."
_MENDED_ZH = "无需处理：已自动修正。"
_NOTHING = "Nothing needs to be done."
MENDED = "Nothing needs to be done"
"""With which a remedy begins where a person has nothing to decide."""
_NOTHING_ZH = "无需处理。"
_WATCH = "Watch the lesson there before it is published."
_WATCH_ZH = "发布前请在该处核对画面和声音。"
_MP4 = "Export it as MP4 with H.264 and AAC, and submit that."
_MP4_ZH = "请导出为 MP4（H.264 + AAC）后再提交。"

FINDINGS: dict[str, Entry] = {
    # --- What is no recording, or none we can take -------------------------------------------
    "empty-file": Entry(
        REFUSAL,
        "The file is empty.",
        "文件为空。",
        "Copy or upload it again; check the size on the recorder.",
        "请重新复制或上传，并核对录制设备上的文件大小。",
    ),
    "not-media": Entry(
        REFUSAL,
        "The file is not a recording that can be read{detail}.",
        "文件不是可读取的录像或录音{detail_zh}。",
        "Check that it plays on your computer; if it does not, copy it again from the recorder.",
        "请确认本机能播放；若不能播放，请从录制设备重新复制。",
    ),
    "unfinished": Entry(
        REFUSAL,
        "The recording was never finished: its index (moov) is missing or damaged.",
        "录制没有正常结束：文件缺少索引（moov）或索引已损坏。",
        "Repair it with the recorder's own tool, or copy the file again.",
        "请用录制设备自带的修复工具修复，或重新复制文件。",
    ),
    "text-file": Entry(
        REFUSAL,
        "The file holds text, not a recording{detail}.",
        "文件内容是文本，不是录像或录音{detail_zh}。",
        "Submit the recording itself; a download may have saved an error page instead.",
        "请提交录像文件本身；下载时可能误存了出错网页。",
    ),
    "git-lfs-pointer": Entry(
        REFUSAL,
        "The file is a Git LFS pointer, not the recording it stands for.",
        "文件只是 Git LFS 指针，不是录像本身。",
        "Fetch the real file with `git lfs pull` and submit that.",
        "请先用 git lfs pull 取回真实文件再提交。",
    ),
    "archive": Entry(
        REFUSAL,
        "The file is an archive or a document, not a recording{detail}.",
        "文件是压缩包或文档，不是录像或录音{detail_zh}。",
        "Unpack it and submit the recordings in it.",
        "请解压后提交其中的录像文件。",
    ),
    "silk-voice": Entry(
        REFUSAL,
        "The file is a SILK voice message of a chat program, which cannot be decoded.",
        "文件是聊天软件的 SILK 语音消息，无法解码。",
        "Export the voice as MP3 or M4A, or record it again with a recorder.",
        "请将语音导出为 MP3 或 M4A，或用录音软件重新录制。",
    ),
    "playlist-as-media": Entry(
        REFUSAL,
        "The file only points to other files{detail}; it holds no recording.",
        "文件只是播放列表或清单{detail_zh}，不含录像内容。",
        "Submit the recording itself.",
        "请提交录像文件本身。",
    ),
    "format-not-allowed": Entry(
        REFUSAL,
        "The file's format is not one the farm takes.",
        "不接受这种文件格式。",
        _MP4,
        _MP4_ZH,
    ),
    "no-streams": Entry(
        REFUSAL,
        "The file holds neither pictures nor sound.",
        "文件中既没有画面也没有声音。",
        _EXPORT,
        _EXPORT_ZH,
    ),
    "undecodable": Entry(
        REFUSAL,
        "Nothing in the recording can be decoded.",
        "录像中的画面和声音都无法解码。",
        _MP4,
        _MP4_ZH,
    ),
    "codec-not-allowed": Entry(
        REFUSAL,
        "The recording's codec is not one the farm takes: {codec}.",
        "不接受这种编码：{codec}。",
        _MP4,
        _MP4_ZH,
    ),
    "scrambled": Entry(
        REFUSAL,
        "The recording is encrypted (DRM or scrambled).",
        "录像已加密（DRM 或加扰）。",
        "Submit a copy without protection.",
        "请提交未加密的版本。",
    ),
    "too-large-picture": Entry(
        REFUSAL,
        "The picture is {width}x{height}, which is larger than the farm takes.",
        "画面为 {width}x{height}，超过允许的最大尺寸。",
        "Export it at 1920x1080 and submit that.",
        "请以 1920x1080 导出后再提交。",
    ),
    "tiny-picture": Entry(
        REFUSAL,
        "The picture is {width}x{height}, too small to be watched or encoded.",
        "画面为 {width}x{height}，过小，无法观看和编码。",
        _EXPORT,
        _EXPORT_ZH,
    ),
    "too-many-streams": Entry(
        REFUSAL,
        "The file holds {count} streams; at most {limit} are taken.",
        "文件含 {count} 个流，最多允许 {limit} 个。",
        "Export it with one picture and one sound track.",
        "请只保留一路画面和一路声音后重新导出。",
    ),
    "too-long": Entry(
        REFUSAL,
        "The recording lasts {length}; at most {limit} is taken.",
        "录像时长 {length}，最长允许 {limit}。",
        "Cut it into lessons and submit each of them.",
        "请剪成单课后分别提交。",
    ),
    "zero-duration": Entry(
        REFUSAL,
        "The recording has no duration: it holds no pictures and no sound to play.",
        "录像时长为零：没有可播放的画面和声音。",
        _EXPORT,
        _EXPORT_ZH,
    ),
    # --- What was mended ----------------------------------------------------------------------
    "wrong-extension": Entry(
        WARNING,
        "The file's name ends in {extension}, but its format is {container}.",
        "文件扩展名为 {extension}，实际格式为 {container}。",
        "Nothing needs to be done; rename it before you give it to others.",
        "无需处理；转交他人前请更正扩展名。",
    ),
    "truncated": Entry(
        WARNING,
        "The recording breaks off at {start}; the rest of the file is missing or damaged.",
        "录像在 {start} 处中断，其后内容缺失或损坏。",
        "What there is will be used; copy the file again if the end matters.",
        "将使用已有部分；如需完整结尾，请重新复制文件。",
    ),
    "broken-index": Entry(
        NOTE,
        "The recording cannot be searched by time, so it is read from its start.",
        "录像没有可用的时间索引，将从头顺序读取。",
        "Nothing needs to be done; it takes a little longer.",
        "无需处理，只是处理时间稍长。",
    ),
    "starts-late": Entry(
        WARNING,
        "The recording's own clock starts at {seconds} s instead of zero.",
        "录像自带时钟从 {seconds} 秒开始，而不是零。",
        _MENDED,
        _MENDED_ZH,
    ),
    "negative-start": Entry(
        WARNING,
        "The recording starts {seconds} s before its own zero; marked not to be shown.",
        "录像在零点之前还有 {seconds} 秒内容，已标记为不显示。",
        "Nothing needs to be done: it is cut off, as players do.",
        "无需处理：按播放器惯例予以剪除。",
    ),
    "timestamp-jump": Entry(
        WARNING,
        "The recording's clock jumps by {seconds} s at {start}.",
        "录像时钟在 {start} 处跳变 {seconds} 秒。",
        "It was mended, picture and sound together. " + _WATCH,
        "画面与声音已一并修正。" + _WATCH_ZH,
    ),
    "video-starts-late": Entry(
        WARNING,
        "The picture starts {seconds} s after the sound.",
        "画面比声音晚 {seconds} 秒开始。",
        "The first picture is shown until then; cut the beginning if that is not wanted.",
        "此前将显示第一帧画面；如不需要，请剪去开头。",
    ),
    "audio-starts-late": Entry(
        WARNING,
        "The sound starts {seconds} s after the picture.",
        "声音比画面晚 {seconds} 秒开始。",
        "There is silence until then; cut the beginning if that is not wanted.",
        "此前为静音；如不需要，请剪去开头。",
    ),
    "video-ends-early": Entry(
        WARNING,
        "The picture ends at {start}, the sound only at {stop}.",
        "画面在 {start} 结束，声音到 {stop} 才结束。",
        "The last picture is shown until the end; cut the end if that is not wanted.",
        "其后将一直显示最后一帧；如不需要，请剪去结尾。",
    ),
    "audio-ends-early": Entry(
        WARNING,
        "The sound ends at {start}, the picture only at {stop}.",
        "声音在 {start} 结束，画面到 {stop} 才结束。",
        "There is silence until the end; check the microphone and the cable.",
        "其后为静音；请检查话筒和连接线。",
    ),
    "size-changes": Entry(
        WARNING,
        "The picture's size changes to {width}x{height} at {start}.",
        "画面尺寸在 {start} 处变为 {width}x{height}。",
        "All is fitted into the first shape. " + _WATCH,
        "已统一适配为最初的画面形状。" + _WATCH_ZH,
    ),
    "decode-errors": Entry(
        WARNING,
        "{count} damaged pieces of sound could not be decoded, the first at {start}.",
        "有 {count} 处声音数据损坏无法解码，首处在 {start}。",
        "There is silence instead. " + _WATCH,
        "损坏处为静音。" + _WATCH_ZH,
    ),
    "undecodable-track": Entry(
        WARNING,
        "One {kind} track (stream {stream}, {codec}) cannot be decoded and is left out.",
        "第 {stream} 路{kind_zh}（{codec}）无法解码，已舍弃。",
        "If it is needed: " + _MP4,
        "如需保留：" + _MP4_ZH,
    ),
    "other-video": Entry(
        NOTE,
        "There are {count} picture tracks; only one, stream {stream}, is used.",
        "共有 {count} 路画面，仅使用第 {stream} 路。",
        "Submit the other one as a lesson of its own if it is wanted.",
        "如需其他画面，请单独提交。",
    ),
    "video-gap": Entry(
        WARNING,
        "Pictures are missing from {start} to {stop}.",
        "从 {start} 到 {stop} 缺少画面。",
        "The picture before is held. " + _WATCH,
        "其间保持前一帧画面。" + _WATCH_ZH,
    ),
    "audio-gap": Entry(
        WARNING,
        "Sound is missing from {start} to {stop}.",
        "从 {start} 到 {stop} 缺少声音。",
        "There is silence instead. " + _WATCH,
        "其间为静音。" + _WATCH_ZH,
    ),
    # --- What a person should know of picture and sound ----------------------------------------
    "variable-rate": Entry(
        NOTE,
        "The picture rate varies, at most about {rate} pictures a second.",
        "帧率可变，最高约每秒 {rate} 帧。",
        "Nothing needs to be done: the lesson gets a constant rate.",
        "无需处理：课件将使用固定帧率。",
    ),
    "interlaced": Entry(
        NOTE,
        "The picture is interlaced.",
        "画面为隔行扫描。",
        "Nothing needs to be done: it is deinterlaced.",
        "无需处理：将自动去隔行。",
    ),
    "letterbox": Entry(
        NOTE,
        "Black bars take {share} % of the picture.",
        "黑边占画面的 {share}%。",
        "Nothing needs to be done; record without bars to get a larger picture.",
        "无需处理；录制时去掉黑边可使画面更大。",
    ),
    "still-picture": Entry(
        NOTE,
        "The picture hardly ever changes.",
        "画面几乎没有变化。",
        "If it is not meant to be one slide, check the camera or the screen capture.",
        "如果不是单张幻灯片，请检查摄像机或屏幕采集。",
    ),
    "black-picture": Entry(
        WARNING,
        "The picture is black from {start} to {stop}.",
        "从 {start} 到 {stop} 画面为黑场。",
        "Check the camera, the cable and the lens cap.",
        "请检查摄像机、连接线和镜头盖。",
    ),
    "hdr": Entry(
        WARNING,
        "The picture is HDR ({transfer}); its colours may look pale on ordinary screens.",
        "画面为 HDR（{transfer}），在普通屏幕上颜色可能偏淡。",
        "Switch HDR off on the camera, or export it as standard range (BT.709).",
        "请关闭摄像机的 HDR，或以标准动态范围（BT.709）导出。",
    ),
    "no-audio": Entry(
        NOTE,
        "The recording has no sound.",
        "录像没有声音。",
        "If there should be sound, check the microphone and the recorder's settings.",
        "如应有声音，请检查话筒和录制设置。",
    ),
    "silent-audio": Entry(
        WARNING,
        "There is no sound to be heard from {start} to {stop}.",
        "从 {start} 到 {stop} 听不到声音。",
        "Check that the microphone was on and chosen as the source.",
        "请检查话筒是否打开并被选为音源。",
    ),
    "quiet": Entry(
        WARNING,
        "The sound is very quiet ({loudness} LKFS).",
        "声音很小（{loudness} LKFS）。",
        "It is made louder, and so is its noise; move the microphone closer next time.",
        "将自动提升音量，但噪声也会变大；下次请将话筒靠近。",
    ),
    "loud": Entry(
        NOTE,
        "The sound is very loud ({loudness} LKFS).",
        "声音很大（{loudness} LKFS）。",
        "It is turned down; set the recorder to a lower level next time.",
        "将自动降低音量；下次请调低录音电平。",
    ),
    "clipping": Entry(
        WARNING,
        "The sound is distorted: {count} samples are cut off at full scale.",
        "声音失真：有 {count} 个采样点达到满刻度被削波。",
        "Set the recorder to a lower level and record again if it can be heard.",
        "如能听出失真，请调低录音电平后重新录制。",
    ),
    "dead-channel": Entry(
        WARNING,
        "Only the {side} channel carries sound.",
        "只有{side_zh}声道有声音。",
        "It is given to both sides; check the cable and the microphone's connection.",
        "将其用于两侧；请检查连接线和话筒接口。",
    ),
    "out-of-phase": Entry(
        WARNING,
        "Left and right are in opposite phase: they cancel out on a single loudspeaker.",
        "左右声道反相：在单只喇叭上会相互抵消。",
        "Swap the two wires of one microphone plug and record again.",
        "请对调一只话筒的接线后重新录制。",
    ),
    "bitmap-subtitles": Entry(
        NOTE,
        "Subtitles of stream {stream} are pictures ({codec}) and cannot be passed on.",
        "第 {stream} 路字幕为图形字幕（{codec}），无法转换。",
        "Submit the subtitles as a text file (SRT or WebVTT).",
        "请另外提交文本字幕文件（SRT 或 WebVTT）。",
    ),
}


def finding(
    code: str, start: Fraction | None = None, stop: Fraction | None = None, **words: object
) -> Finding:
    """Raises KeyError for a code that is not in the table or a word its templates lack."""
    entry = FINDINGS[code]
    words["start"] = clock(start)
    words["stop"] = clock(stop)
    return Finding(
        code=code,
        severity=entry.severity,
        message=entry.message.format_map(words),
        message_zh=entry.message_zh.format_map(words),
        remedy=entry.remedy,
        remedy_zh=entry.remedy_zh,
        start=start,
        stop=stop,
    )


def clock(seconds: Fraction | None) -> str:
    """`1:02:03.4`, for people; empty for None."""
    if seconds is None:
        return ""
    tenths = round(max(seconds, Fraction(0)) * 10)
    minutes, rest = divmod(tenths, 600)
    return f"{minutes // 60}:{minutes % 60:02d}:{rest // 10:02d}.{rest % 10}"
