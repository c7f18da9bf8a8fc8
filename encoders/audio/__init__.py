"""The sound of a lesson: placed on the lesson clock, mixed, levelled, encoded, verified."""

from encoders.audio.encode import encode_audio

__all__ = ["encode_audio"]
