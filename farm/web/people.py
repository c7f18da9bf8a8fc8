"""Who may use the service: bases and keys, as an operator keeps them."""

import time
from collections.abc import Mapping
from typing import Any

from farm.ledger import bases, events, keys
from farm.ledger.model import Base, Key
from farm.ledger.states import Role
from farm.model import BASE
from farm.web.sessions import Web, Who
from farm.web.sorry import Missing, Unclear


def set_base(web: Web, who: Who, id: str, fields: Mapping[str, Any]) -> Base:
    """Add it, or change what is said of it; what is not said stays. Raises Unclear."""
    if not BASE.fullmatch(id):
        raise Unclear(
            ("基地代号应为 1 至 32 个小写字母、数字或连字符。 Use 1 to 32 of a-z, 0-9, '-'.",)
        )
    with web.ledger.begin() as tx:
        if bases.get(tx, id) is None:
            said = {"name": id, "name_zh": id, **fields}
            bases.add(tx, Base(id=id, created=time.time(), **said))
            events.add(tx, "base-added", {"base": id, **fields, "by": who.by})
        elif fields:
            bases.change(tx, id, **fields)
            events.add(tx, "base-changed", {"base": id, **fields, "by": who.by})
        found = bases.get(tx, id)
    web.service.changed()
    if found is None:
        raise Missing
    return found


def new_key(
    web: Web, who: Who, role: Role, base: str | None, label: str, days: int | None
) -> tuple[Key, str]:
    """The key and its text, which is told this once. Raises Unclear."""
    if (role is Role.BASE) != (base is not None):
        raise Unclear(
            ("基地密钥须选择基地，其他密钥不选。 A base's key needs a base, others none.",)
        )
    expires = None if days is None else time.time() + days * 86400
    with web.ledger.begin() as tx:
        if base is not None and bases.get(tx, base) is None:
            raise Unclear((f"没有基地 {base}。 There is no base {base}.",))
        key, text = keys.issue(tx, role, base, label or role.value, expires)
        said = {"key": key.id, "role": role.value, "of": base, "label": key.label}
        events.add(tx, "key-made", {**said, "by": who.by})
    return key, text


def revoke(web: Web, who: Who, id: str) -> None:
    """Raises Missing."""
    with web.ledger.begin() as tx:
        if not keys.revoke(tx, id, time.time()):
            raise Missing
        events.add(tx, "key-revoked", {"key": id, "by": who.by})
