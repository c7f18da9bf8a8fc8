"""The shape of a picture's samples, where container and codec may each have their say."""

from fractions import Fraction

from av.video.stream import VideoStream

_ODDEST = 8
"""A sample this much wider or higher than the other way is a writing error."""


def believable(aspect: Fraction | None) -> Fraction | None:
    """None where it is not told or absurd."""
    if not aspect or not Fraction(1, _ODDEST) <= aspect <= _ODDEST:
        return None
    return aspect


class Aspect:
    """The sample aspect of a stream's pictures, while they are decoded.

    A container that contradicts the codec has the last word, as in players. Where they agree, but
    for a container's rounding to whole pixels, a change on the codec's side is a change of the
    pictures: captures of television switch between 4:3 and 16:9 at one coded size.
    """

    def __init__(self, stream: VideoStream) -> None:
        """Before anything is decoded: from then on the codec's is that of the latest picture."""
        self._context = stream.codec_context
        self._coded = self._context.sample_aspect_ratio
        self._planned = believable(stream.sample_aspect_ratio) or Fraction(1)
        apart = abs(self._planned - (believable(self._coded) or 1))
        self._overruled = apart * stream.width >= 1

    @property
    def now(self) -> Fraction:
        """Of the picture whose packet was decoded last."""
        coded = self._context.sample_aspect_ratio
        if self._overruled or coded == self._coded:
            return self._planned
        return believable(coded) or self._planned
