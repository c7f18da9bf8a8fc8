"""File names every computer takes: FAT, NTFS, Joliet and UDF, with Chinese kept as it is."""

from manifests.plain import plain

LONGEST = 64
"""Characters of a name in Joliet."""
TOLD_APART = 103
"""Bytes of UTF-8: genisoimage takes names of a folder that begin with as many equal ones for the
same, though in Joliet they would differ."""

_WIDE = {ord(letter): ord(letter) + 0xFEE0 for letter in '\\/:*?"<>|;'}
"""What no name may hold becomes its full-width form, which reads the same."""
_MISSING = "〓"
"""The printers' mark for a character that is not at hand: Joliet has none beyond U+FFFF."""
_DEVICES = {
    *("CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$", "CLOCK$"),
    *(f"{name}{digit}" for name in ("COM", "LPT") for digit in "0123456789¹²³"),
}


def safe_name(text: str, longest: int = LONGEST) -> str:
    """`text` as the name of a file or folder, of `longest` characters at most; never empty."""
    kept = "".join(c if ord(c) < 0x10000 else _MISSING for c in plain(text)).translate(_WIDE)
    name = kept.strip(". ")[:longest].rstrip(". ") or "lesson"
    if name.partition(".")[0].rstrip().upper() in _DEVICES:
        return f"_{name}"[:longest]
    return name


class Names:
    """Hands out names that differ by more than case."""

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def new(self, stem: str, ending: str = "", longest: int = LONGEST) -> str:
        """`stem` and `ending`, with a number between where that name is taken.

        The stem is shortened until the name has `longest` characters and `TOLD_APART` bytes.
        """
        number = 1
        while True:
            mark = ending if number == 1 else f"-{number}{ending}"
            room = TOLD_APART - len(mark.encode())
            name = _begun(stem, longest - len(mark), room).rstrip(". ") + mark
            if name.casefold() not in self._taken:
                self._taken.add(name.casefold())
                return name
            number += 1


def _begun(text: str, characters: int, size: int) -> str:
    """The beginning of `text`, of so many characters and bytes of UTF-8 at most."""
    return text[:characters].encode()[:size].decode(errors="ignore")
