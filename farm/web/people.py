"""Who may use the service: bases and keys, as an operator keeps them."""

import time
from collections.abc import Mapping
from typing import Any

from farm.ledger import bases, keys
from farm.ledger.model import Base, Key
from farm.ledger.states import Role
from farm.model import BASE
from farm.web.sessions import Web
from farm.web.sorry import Missing, Unclear


def set_base(web: Web, id: str, fields: Mapping[str, Any]) -> Base:
    """Add it, or change what is said of it. Raises Unclear."""
    if not BASE.fullmatch(id):
        raise Unclear(
            ("基地代号应为 1 至 32 个小写字母、数字或连字符。 Use 1 to 32 of a-z, 0-9, '-'.",)
        )
    with web.ledger.begin() as tx:
        if bases.get(tx, id) is None:
            said = {"name": id, "name_zh": id, **fields}
            bases.add(tx, Base(id=id, created=time.time(), **said))
        elif fields:
            bases.change(tx, id, **fields)
        found = bases.get(tx, id)
    web.service.changed()
    if found is None:
        raise Missing
    return found


def new_key(
    web: Web, role: Role, base: str | None, label: str, days: int | None
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
        return keys.issue(tx, role, base, label or role.value, expires)


def revoke(web: Web, id: str) -> None:
    """Raises Missing."""
    with web.ledger.begin() as tx:
        if not keys.revoke(tx, id, time.time()):
            raise Missing
