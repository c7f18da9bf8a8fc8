"""The JSON Schemas of what is published, beside it in the store (2020-12)."""

from pathlib import Path

from manifests.model import Text

NAMES = (
    *("release-2.json", "catalog-2.json", "course-1.json"),
    *("statement-1.json", "delta-1.json"),
)
_HERE = Path(__file__).parent


def schema_texts() -> tuple[Text, ...]:
    """`catalog/schema/<name>`: a format gains nothing but what may be left out; one that changes
    otherwise gets a new name."""
    return tuple(
        Text(
            path=f"catalog/schema/{name}",
            type="application/json",
            text=(_HERE / name).read_text(encoding="utf-8"),
        )
        for name in NAMES
    )
