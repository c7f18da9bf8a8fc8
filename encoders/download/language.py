"""ISO 639-2 has two codes for some languages; MP4 takes the one for terminology."""

_TERMINOLOGICAL = {
    "alb": "sqi",
    "arm": "hye",
    "baq": "eus",
    "bur": "mya",
    "chi": "zho",
    "cze": "ces",
    "dut": "nld",
    "fre": "fra",
    "geo": "kat",
    "ger": "deu",
    "gre": "ell",
    "ice": "isl",
    "mac": "mkd",
    "mao": "mri",
    "may": "msa",
    "per": "fas",
    "rum": "ron",
    "slo": "slk",
    "tib": "bod",
    "wel": "cym",
}


def terminological(code: str) -> str:
    """ISO/IEC 14496-12, 8.4.2.3. Raises ValueError where it is no code of three letters."""
    if len(code) != 3 or not (code.isascii() and code.isalpha() and code.islower()):
        raise ValueError(f"{code!r} is no ISO 639-2 code, such as `chi`")
    return _TERMINOLOGICAL.get(code, code)
