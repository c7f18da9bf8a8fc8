"""Captions: files and embedded tracks in; WebVTT, MP4 text, subpictures, burnt-in text out."""

from encoders.captions.convert import convert_subtitles
from encoders.captions.whole import captions_of

__all__ = ["captions_of", "convert_subtitles"]
