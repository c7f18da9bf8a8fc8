"""Text that people gave, made safe to write down in any format."""

import unicodedata

_DROPPED = {"Cc", "Cf", "Cs"}
"""Control characters, format characters (every bidirectional control is one), lone surrogates."""


def plain(text: str) -> str:
    """One line without control, bidirectional and XML-illegal characters; blanks are collapsed.

    Unassigned code points stay: a newer Unicode may have made them somebody's name.
    """
    kept = "".join(
        " " if character.isspace() else character
        for character in unicodedata.normalize("NFC", text)
        if character.isspace() or _printable(character)
    )
    return " ".join(kept.split())


def _printable(character: str) -> bool:
    noncharacter = ord(character) & 0xFFFE == 0xFFFE or 0xFDD0 <= ord(character) <= 0xFDEF
    return not noncharacter and unicodedata.category(character) not in _DROPPED
