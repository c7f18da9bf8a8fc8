"""Text that people gave, made safe to write down in any format."""

import unicodedata

_DROPPED = {"Cc", "Cf", "Cs"}
"""Control characters, format characters (every bidirectional control is one), lone surrogates."""


def plain(text: str) -> str:
    """One line without control, bidirectional and XML-illegal characters; blanks are collapsed.

    Unassigned code points stay: a newer Unicode may have made them somebody's name.
    """
    if _is_one_line(text):
        return text
    kept = "".join(
        " " if character.isspace() else character
        for character in unicodedata.normalize("NFC", text)
        if character.isspace() or not _dropped(character)
    )
    return " ".join(kept.split())


def _is_one_line(text: str) -> bool:
    """Whether nothing is to be done, as with nearly every text: asking for each character takes a
    catalog of 100,000 lessons seconds."""
    return (
        text.isprintable()
        and unicodedata.is_normalized("NFC", text)
        and "  " not in text
        and text == text.strip(" ")
    )


def is_plain(text: str) -> bool:
    """Whether `plain` would leave every character: of the blanks, the space alone."""
    # What is printable always is, and nearly every text; asking for each character takes long.
    return text.isprintable() or not any(
        character != " " and (character.isspace() or _dropped(character)) for character in text
    )


def _dropped(character: str) -> bool:
    noncharacter = ord(character) & 0xFFFE == 0xFFFE or 0xFDD0 <= ord(character) <= 0xFDEF
    return noncharacter or unicodedata.category(character) in _DROPPED
