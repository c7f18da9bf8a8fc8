"""The name of a disc's volume, in the letters every reader takes."""

import re

LONGEST = 32
"""Characters of a volume's name (ECMA-119, 8.4.6)."""


def volume_label(text: str, longest: int = LONGEST) -> str:
    """`text` in d-characters (ECMA-119, 7.4.1): capitals, digits and `_`; never empty."""
    kept = re.sub("[^A-Z0-9]+", "_", text.upper()).strip("_")
    return kept[:longest].rstrip("_") or "COURSEWARE"
