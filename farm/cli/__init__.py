"""The command line: `farm COMMAND`."""

from farm.cli.main import main

__all__ = ["main"]
