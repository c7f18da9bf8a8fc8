"""The sound of a lesson: placed on the lesson clock, mixed, levelled, encoded, verified."""

from encoders.audio.encode import encode_audio
from encoders.audio.sound import encode_sound

__all__ = ["encode_audio", "encode_sound"]
