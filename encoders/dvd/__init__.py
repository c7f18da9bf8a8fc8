"""DVD-Video: lessons of chosen quality, menus, chapters, and what is printed for the disc."""

from encoders.dvd.make import make_dvd
from encoders.dvd.task import DvdParts, DvdSound, DvdTask, DvdTitle, Run

__all__ = ["DvdParts", "DvdSound", "DvdTask", "DvdTitle", "Run", "make_dvd"]
