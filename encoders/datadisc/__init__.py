"""Data discs: ISO 9660 with Rock Ridge, Joliet and UDF, for computers without a network."""

from encoders.datadisc.make import make_data_disc
from encoders.datadisc.task import SUMS, DataDiscTask, DiscFile, DiscText

__all__ = ["SUMS", "DataDiscTask", "DiscFile", "DiscText", "make_data_disc"]
