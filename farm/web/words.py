"""States and messages in both languages: what a row says, and how a page says it."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Words:
    zh: str
    en: str
    tone: str = "plain"
    """How a badge looks: `plain`, `busy`, `good`, `warn` or `bad`."""


STATES: Mapping[str, Words] = {
    # jobs
    "received": Words("已收到", "received", "busy"),
    "inspecting": Words("检查中", "inspecting", "busy"),
    "asking": Words("等待您决定", "waits for you", "warn"),
    "queued": Words("排队中", "queued", "busy"),
    "running": Words("制作中", "in the making", "busy"),
    "done": Words("已完成", "done", "good"),
    "failed": Words("失败", "failed", "bad"),
    "refused": Words("不能制作", "refused", "bad"),
    "cancelled": Words("已取消", "cancelled", "plain"),
    # uploads
    "receiving": Words("上传中", "uploading", "busy"),
    "checking": Words("校验中", "checking", "busy"),
    "whole": Words("已收到", "received", "good"),
    "damaged": Words("文件损坏", "damaged", "bad"),
    "gone": Words("已删除", "gone", "plain"),
    # lessons
    "waiting": Words("待审批", "waits for approval", "busy"),
    "approved": Words("已批准", "approved", "good"),
    "rejected": Words("已退回", "rejected", "bad"),
    "published": Words("已发布", "published", "good"),
    "withdrawn": Words("已撤下", "withdrawn", "plain"),
    # findings
    "note": Words("提示", "note", "plain"),
    "warning": Words("注意", "warning", "warn"),
    "refusal": Words("不能使用", "refused", "bad"),
    # priorities
    "priority-urgent": Words("紧急", "urgent", "bad"),
    "priority-normal": Words("普通", "normal"),
    "priority-stock": Words("存量", "old stock"),
    # nodes
    "active": Words("工作中", "active", "good"),
    "draining": Words("停止接单", "draining", "warn"),
    "resting": Words("休息", "resting", "warn"),
    "lost": Words("失去联系", "lost", "bad"),
    "empty": Words("已空，可以关机", "empty, may be switched off", "good"),
}

STAGES: Mapping[str, Words] = {
    "inspect": Words("检查", "inspection"),
    "encode": Words("编码", "encoding"),
    "products": Words("成品", "products"),
    "publish": Words("发布", "publishing"),
}

CATEGORIES: Mapping[str, Words] = {
    "feature": Words("专题片", "Feature films"),
    "agriculture": Words("农科片", "Agricultural science"),
    "computer": Words("计算机课件", "Computer courseware"),
    "audio": Words("语音节目", "Audio programmes"),
}

FIELDS: Mapping[str, Words] = {
    "title": Words("标题", "title"),
    "category": Words("类别", "category"),
    "course": Words("课程", "course"),
    "number": Words("序号", "number"),
    "speaker": Words("主讲", "speaker"),
    "audience": Words("对象", "audience"),
    "keywords": Words("关键词", "keywords"),
    "awards": Words("获奖", "awards"),
    "licence": Words("许可", "licence"),
    "description": Words("简介", "description"),
    "language": Words("语言", "language"),
    "recorded": Words("录制日期", "recorded"),
    "duration": Words("时长", "duration"),
    "sizes": Words("画面", "pictures"),
    "offers": Words("成品", "products"),
    "chapters": Words("章节", "chapters"),
    "languages": Words("语言", "languages"),
}

SAID: Mapping[str, Words] = {
    "out": Words("已退出登录。", "You are logged out.", "good"),
    "going-on": Words("好的，继续制作。", "It goes on.", "good"),
    "cancelled": Words("已取消，正在停止。", "It is being cancelled.", "good"),
    "again": Words("已重新提交。", "It was submitted again.", "good"),
    "saved": Words("已保存，几秒后生效。", "Saved; it takes effect in seconds.", "good"),
    "done": Words("已完成。", "Done.", "good"),
    "approved": Words("已批准，进入下一版目录。", "Approved: in the next catalog.", "good"),
    "rejected": Words("已退回基地。", "It goes back to its base.", "good"),
    "withdrawn": Words("已撤下，下一版目录生效。", "Withdrawn with the next catalog.", "good"),
    "released": Words("新目录已发布。", "The new catalog is released.", "good"),
    "revoked": Words("密钥已撤销。", "The key is revoked.", "good"),
}
"""Messages a page shows once, by the word that is in its address: `?said=saved`."""


def words(name: str) -> Words:
    """Of a state, stage, category or field; its own name where it has none."""
    known = STATES.get(name) or STAGES.get(name) or CATEGORIES.get(name) or FIELDS.get(name)
    return known or Words(name, name)
