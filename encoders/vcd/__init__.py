"""Video CDs and Super Video CDs for the oldest players: one bin/cue image a disc."""

from encoders.vcd.make import make_vcd, renamed_sheet
from encoders.vcd.task import VcdTask
from encoders.vcd.volumes import MINUTES_74, MINUTES_80, Volume, volumes

__all__ = ["MINUTES_74", "MINUTES_80", "VcdTask", "Volume", "make_vcd", "renamed_sheet", "volumes"]
