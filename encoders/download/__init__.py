"""A whole lesson in one MP4 for a USB stick: chapters, captions and cover inside."""

from encoders.download.make import make_download
from encoders.download.task import DownloadSound, DownloadTask, DownloadText

__all__ = ["DownloadSound", "DownloadTask", "DownloadText", "make_download"]
