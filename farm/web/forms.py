"""Forms as browsers send them: every field is there, empty ones too."""

from pydantic import BaseModel, ConfigDict, Field


class Mended(BaseModel):
    """The metadata of a lesson, all of it."""

    model_config = ConfigDict(extra="ignore")

    title: str = Field(max_length=400)
    category: str = Field(max_length=80)
    course: str = Field("", max_length=400)
    number: str = Field("", max_length=20)
    speaker: str = Field("", max_length=400)
    audience: str = Field("", max_length=400)
    keywords: str = Field("", max_length=4000)
    awards: str = Field("", max_length=4000)
    licence: str = Field("", max_length=500)
    description: str = Field("", max_length=4000)
    language: str = Field("", max_length=80)
    recorded: str = Field("", max_length=80)

    def said(self) -> dict[str, object]:
        """By field of `farm.fields`; no number is 0 there."""
        return {**self.model_dump(), "number": self.number.strip() or 0}
