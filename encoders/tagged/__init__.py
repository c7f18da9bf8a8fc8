"""Sound for phones, village loudspeakers and podcasts: with chapters, cover and tags inside."""

from encoders.tagged.make import make_tagged
from encoders.tagged.task import TagTask

__all__ = ["TagTask", "make_tagged"]
