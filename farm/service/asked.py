"""What a base says with a recording: as a door takes it, and as a job's row keeps it.

{"metadata": {"title": "滴灌", "category": "agriculture"}, "profiles": ["hls"],
 "burn": null, "go_on": false}
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from encoders.profiles import Profile
from farm.categories import NO_BASES
from farm.errors import FarmError
from farm.fields import HEADERS, Said, Unclear, understood
from farm.plan import resolved, timing_of

PARTS = ("metadata", "profiles", "burn", "go_on")
FIELDS = tuple(name for name in HEADERS if name != "base")
"""What may be said; the base is the one whose key it is."""
STREAM = "hls"


class BadAsked(FarmError):
    """What was handed in with a recording cannot be understood; `faults` has every reason."""

    status = 2

    def __init__(self, faults: tuple[str, ...]) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


@dataclass(frozen=True, slots=True)
class Handed:
    """What was said, cleaned."""

    said: Said = field(default_factory=dict)
    """Fields of the metadata; empty ones take back what was said before."""
    profiles: tuple[str, ...] | None = None
    """Names; None: those of the category, or of the lesson as it is."""
    burn: bool | None = None
    """Whether captions are drawn into pictures; None: as before."""
    go_on: bool = False
    """Whether the work goes on whatever the inspection finds, short of a refusal."""


def read_asked(value: object, profiles: Mapping[str, Profile]) -> Handed:
    """`value`: JSON values. Raises BadAsked with every fault."""
    if not isinstance(value, Mapping):
        raise BadAsked(("It should be an object with 'metadata' and 'profiles'. 应为对象。",))
    said: dict[str, Any] = {}
    faults = [*_unknown(value), *_metadata(value.get("metadata"), said)]
    names = value.get("profiles") or None
    faults += _profile_faults(names, profiles)
    for name in ("burn", "go_on"):
        if not isinstance(value.get(name), bool | None):
            faults.append(f"'{name}' should be true, false or null. {name} 应为 true 或 false。")
    if faults:
        raise BadAsked(tuple(faults))
    return Handed(
        said=said,
        profiles=tuple(dict.fromkeys(names)) if isinstance(names, list | tuple) else None,
        burn=value.get("burn"),
        go_on=bool(value.get("go_on")),
    )


def asked_value(handed: Handed) -> dict[str, Any]:
    """JSON values that `read_asked` reads back."""
    return {
        "metadata": {
            name: list(one) if isinstance(one, tuple) else one for name, one in handed.said.items()
        },
        "profiles": list(handed.profiles) if handed.profiles else None,
        "burn": handed.burn,
        "go_on": handed.go_on,
    }


def _unknown(value: Mapping[str, Any]) -> Iterator[str]:
    for name in value.keys() - set(PARTS):
        yield f"{name!r:.60} is not known; use {', '.join(PARTS)}. 没有这一项。"


def _metadata(value: object, said: dict[str, Any]) -> Iterator[str]:
    """Puts what is understood into `said`."""
    if value is None:
        return
    if not isinstance(value, Mapping):
        yield "'metadata' should be an object. metadata 应为对象。"
        return
    for name, one in value.items():
        if name not in FIELDS:
            yield f"{name!r:.60} is not a field; use {', '.join(FIELDS)}. 没有这一项。"
        elif one is not None:
            try:
                said.update(understood(name, one, NO_BASES))
            except Unclear as error:
                yield f"{name}: {error}"


def _profile_faults(names: object, profiles: Mapping[str, Profile]) -> Iterator[str]:
    if names is None:
        return
    if not isinstance(names, list | tuple) or not all(isinstance(one, str) for one in names):
        yield "'profiles' should be a list of names. profiles 应为名称列表。"
        return
    unknown = [name for name in names if name not in profiles]
    if unknown:
        known = ", ".join(sorted(profiles))
        yield f"There is no profile {unknown[0]!r:.60}; there are: {known}. 没有这种制作方式。"
        return
    chosen = resolved(names, profiles)
    if sum(one.kind == STREAM for one in chosen) > 1:
        yield "A lesson has one streaming profile; give one of that kind. 流媒体方式只能有一种。"
    try:
        timing_of(chosen)
    except ValueError as error:
        yield str(error)
