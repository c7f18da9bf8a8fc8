"""What the web answers where it cannot do what is asked: one sentence in both languages."""

from collections.abc import Mapping


class Sorry(Exception):
    """Becomes a page for people and `application/problem+json` (RFC 9457) for programs."""

    def __init__(
        self,
        status: int,
        zh: str,
        en: str,
        *,
        headers: Mapping[str, str] | None = None,
        errors: tuple[str, ...] = (),
    ) -> None:
        super().__init__(en)
        self.status = status
        self.zh = zh
        self.en = en
        self.headers = dict(headers or {})
        self.errors = errors
        """Each fault of what was handed in."""


class Unauthorised(Sorry):
    def __init__(self, zh: str = "请先登录。", en: str = "Log in first.") -> None:
        super().__init__(401, zh, en, headers={"WWW-Authenticate": 'Bearer realm="farm"'})


class Forbidden(Sorry):
    def __init__(
        self,
        zh: str = "您的密钥无权查看或操作这项内容。",
        en: str = "Your key does not open this; ask the office for one that does.",
    ) -> None:
        super().__init__(403, zh, en)


class Missing(Sorry):
    def __init__(
        self,
        zh: str = "没有找到这项内容，它可能已被删除，请返回列表重新查找。",
        en: str = "There is no such thing here; it may be gone, so look for it in the list.",
    ) -> None:
        super().__init__(404, zh, en)


class Clash(Sorry):
    """What is asked does not go with the state things are in now."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(409, zh, en)


class Unclear(Sorry):
    """What was handed in cannot be understood."""

    def __init__(self, errors: tuple[str, ...]) -> None:
        super().__init__(
            422,
            "填写的内容有误，请按提示修改。",
            "Something that was filled in cannot be understood; mend it as it is told.",
            errors=errors,
        )
