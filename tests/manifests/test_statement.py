"""The office's statement and its envelope: canonical, read back, refused with a plain sentence."""

import base64
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from manifests.errors import ManifestError
from manifests.model import Pointer
from manifests.release import read_pointer
from manifests.schemas import schema_texts
from manifests.statement import (
    PAYLOAD_TYPE,
    DeltaLink,
    Envelope,
    Signature,
    Statement,
    pae,
    read_signed_pointer,
    read_statement,
    signed_pointer_json,
    statement_json,
)

SHA = "0f" * 32
ISSUED = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
STATEMENT = Statement(
    library="0123456789abcdef0123456789abcdef",
    version=12,
    number=7,
    path="releases/7.json",
    sha256=SHA,
    size=84_000_000,
    issued=ISSUED,
    expires=ISSUED + timedelta(days=30),
    keys=(bytes(range(32)),),
    deltas=(DeltaLink(6, "deltas/6-7.json", SHA, 900), DeltaLink(4, "deltas/4-7.json", SHA, 1200)),
)
POINTER = Pointer("catalog", 7, "releases/7.json", SHA, 0)
ENVELOPE = Envelope(PAYLOAD_TYPE, statement_json(STATEMENT), (Signature("a key", bytes(64)),))


def test_a_statement_reads_back_and_equal_ones_are_equal_bytes() -> None:
    data = statement_json(STATEMENT)
    assert read_statement(data) == STATEMENT
    here = timezone(timedelta(hours=8))
    elsewhere = replace(STATEMENT, issued=ISSUED.astimezone(here))
    assert statement_json(elsewhere) == data


def test_a_statement_is_by_its_schema() -> None:
    schemas = {one.path: json.loads(one.text) for one in schema_texts()}
    validator = Draft202012Validator(schemas["catalog/schema/statement-1.json"])
    value = json.loads(statement_json(STATEMENT))
    validator.validate(value)
    for field in ("library", "version", "sha256", "expires", "keys"):
        assert not validator.is_valid({**value, field: "no"}), field
    assert not validator.is_valid({name: value[name] for name in value if name != "size"})


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("library", "HELLO", "library"),
        ("version", 0, "version"),
        ("version", True, "version"),
        ("number", "7", "number"),
        ("path", "../../other/catalog.json", "path"),
        ("path", "/etc/passwd", "path"),
        ("sha256", "00", "sha256"),
        ("size", 0, "size"),
        ("issued", "2026-11-24", "issued"),
        ("issued", "2026-13-24T08:00:00Z", "issued"),
        ("expires", "2026-11-24T08:00:00+08:00", "expires"),
        ("expires", "2026-11-24T08:00:00Z", "later"),
        ("keys", [], "at least one"),
        ("keys", [base64.b64encode(b"short").decode()], "32 bytes"),
        ("keys", ["§§§"], "base64"),
        ("deltas", [{"from": 7, "path": "deltas/7-7.json", "sha256": SHA, "size": 1}], "earlier"),
        ("deltas", [{"from": 6, "path": "../x", "sha256": SHA, "size": 1}], "path"),
        ("format", "courseware-statement-9", "cannot read|can read"),
    ],
)
def test_what_cannot_be_right_is_named(field: str, value: object, words: str) -> None:
    data = json.dumps({**json.loads(statement_json(STATEMENT)), field: value}).encode()
    with pytest.raises(ManifestError, match=words):
        read_statement(data)


def test_times_of_less_than_seconds_are_not_written() -> None:
    with pytest.raises(ManifestError, match="whole seconds"):
        statement_json(replace(STATEMENT, issued=ISSUED.replace(microsecond=5)))


def test_the_bytes_that_are_signed_are_those_of_dsse() -> None:
    """The example of its protocol.md."""
    said = pae("http://example.com/HelloWorld", b"hello world")
    assert said == b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"


def test_no_two_payloads_are_signed_as_the_same_bytes() -> None:
    assert pae("a", b"b 1 c") != pae("a b", b"1 c")


def test_a_signed_pointer_is_still_a_pointer_to_readers_of_before() -> None:
    data = signed_pointer_json(POINTER, ENVELOPE)
    assert read_pointer(data) == POINTER
    signed = read_signed_pointer(data)
    assert (signed.pointer, signed.envelope) == (POINTER, ENVELOPE)


def test_the_envelope_is_dsse_json() -> None:
    value = json.loads(signed_pointer_json(POINTER, ENVELOPE))["signed"]
    assert set(value) == {"payloadType", "payload", "signatures"}
    assert base64.b64decode(value["payload"]) == statement_json(STATEMENT)
    assert value["signatures"] == [{"keyid": "a key", "sig": base64.b64encode(bytes(64)).decode()}]


def changed(change: Callable[[Any], object]) -> bytes:
    value = json.loads(signed_pointer_json(POINTER, ENVELOPE))
    change(value["signed"])
    return json.dumps(value).encode()


@pytest.mark.parametrize(
    "change",
    [
        lambda signed: signed.pop("payload"),
        lambda signed: signed.pop("signatures"),
        lambda signed: signed.update(payload="not base64!"),
        lambda signed: signed.update(signatures={}),
        lambda signed: signed["signatures"][0].update(sig="AAAA"),
        lambda signed: signed["signatures"].append("x"),
        lambda signed: signed["signatures"][0].update(keyid=7),
    ],
)
def test_an_envelope_that_is_none_is_refused(change: Callable[[Any], object]) -> None:
    with pytest.raises(ManifestError):
        read_signed_pointer(changed(change))


def test_a_pointer_nobody_signed_has_no_envelope() -> None:
    value = json.loads(signed_pointer_json(POINTER, ENVELOPE))
    del value["signed"]
    assert read_signed_pointer(json.dumps(value).encode()).envelope is None


def test_no_more_signatures_are_read_than_can_be_of_use() -> None:
    flood = changed(lambda signed: signed.update(signatures=signed["signatures"] * 1000))
    envelope = read_signed_pointer(flood).envelope
    assert envelope is not None
    assert len(envelope.signatures) < 100
