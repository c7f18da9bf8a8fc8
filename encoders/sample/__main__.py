"""`python -m encoders.sample OUT.mp4 [--seconds N]`: write a lecture made by code."""

import argparse
import sys
from pathlib import Path

from encoders.sample import lecture, make_sample
from encoders.sample.canvas import MissingFont

LONGEST_SAMPLE = 40
"""Seconds; beyond it slides stay longer and a film comes in."""


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m encoders.sample", description=__doc__)
    parser.add_argument("out", type=Path, metavar="OUT.mp4")
    parser.add_argument("--seconds", type=float, default=32, help="length of the lecture (32)")
    options = parser.parse_args(arguments)
    if options.seconds <= 0:
        parser.error("--seconds must be more than 0")
    make = make_sample if options.seconds <= LONGEST_SAMPLE else lecture
    try:
        options.out.parent.mkdir(parents=True, exist_ok=True)
        make(options.out, options.seconds)
    except (MissingFont, RuntimeError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
