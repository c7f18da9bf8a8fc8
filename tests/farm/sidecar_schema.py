"""The sidecar's JSON Schema, as editors and bases' own programs use it."""

import json
from importlib.resources import files

from jsonschema import Draft202012Validator


def schema() -> Draft202012Validator:
    value = json.loads(files("farm").joinpath("sidecar.schema.json").read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(value)
    return Draft202012Validator(value)
