"""Keys in files, and whom a station believes; every doubt is a sentence in two languages."""

import json
import re
import subprocess
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from farm.errors import Distrusted, Doubt, Unkeyed
from farm.signing import (
    Signer,
    SigningKey,
    Trust,
    fingerprint,
    load_key,
    new_key,
    public_text,
    read_public,
    verify,
)
from manifests.model import Pointer
from manifests.statement import (
    Envelope,
    SignedPointer,
    Statement,
    pae,
    read_signed_pointer,
    signed_pointer_json,
)

NOW = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
DAY = timedelta(days=1)
SECRET = b"a long sentence nobody says"


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> list[SigningKey]:
    folder = tmp_path_factory.mktemp("keys")
    return [new_key(folder / f"{n}.pem") for n in range(3)]


def statement(*trusted: SigningKey, **other: Any) -> Statement:
    made = Statement(
        library="ab" * 16,
        version=5,
        number=3,
        path="releases/3.json",
        sha256="cd" * 32,
        size=100,
        issued=NOW,
        expires=NOW + 30 * DAY,
        keys=tuple(one.public for one in trusted),
    )
    return replace(made, **other)


def signed(made: Statement, *by: SigningKey) -> SignedPointer:
    """Written, and read as a station does."""
    pointer = Pointer("catalog", made.number, made.path, made.sha256, 0)
    return read_signed_pointer(signed_pointer_json(pointer, Signer(by).sign(made)))


def doubt(found: SignedPointer, trust: Trust, now: datetime = NOW) -> Doubt:
    with pytest.raises(Distrusted) as caught:
        verify(found, trust, now)
    error = caught.value
    for sentence, ends in ((error.zh, "。"), (error.en, ".")):
        assert sentence.endswith(ends)
        assert not re.search(r"[。.!?] ?[A-Z\u4e00-\u9fff]", sentence)
        assert sentence in str(error)
    assert error.status == 6
    return error.doubt


# --- keys ----------------------------------------------------------------------------------------


def test_a_key_is_a_file_its_owner_alone_reads_and_openssl_knows(tmp_path: Path) -> None:
    path = tmp_path / "key.pem"
    made = new_key(path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert load_key(path).public == made.public
    command = ["openssl", "pkey", "-in", str(path), "-pubout", "-outform", "DER"]
    public = subprocess.run(command, check=True, capture_output=True).stdout
    assert public.endswith(made.public)


def test_a_key_is_never_written_over(tmp_path: Path) -> None:
    path = tmp_path / "key.pem"
    made = new_key(path)
    with pytest.raises(Unkeyed, match="exists"):
        new_key(path)
    assert load_key(path).public == made.public


def test_a_key_with_a_passphrase_opens_with_it_alone(tmp_path: Path) -> None:
    path = tmp_path / "key.pem"
    made = new_key(path, SECRET)
    assert b"ENCRYPTED" in path.read_bytes()
    assert load_key(path, SECRET).public == made.public
    for wrong in (None, b"another"):
        with pytest.raises(Unkeyed, match="FARM_KEY_PASSPHRASE"):
            load_key(path, wrong)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o666])
def test_a_key_others_may_read_is_refused(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "key.pem"
    new_key(path)
    path.chmod(mode)
    with pytest.raises(Unkeyed, match="chmod 600"):
        load_key(path)


def test_what_is_no_key_is_said(tmp_path: Path) -> None:
    with pytest.raises(Unkeyed, match="cannot be read"):
        load_key(tmp_path / "nothing.pem")
    path = tmp_path / "key.pem"
    for kind in (["RSA", "-pkeyopt", "rsa_keygen_bits:1024"], ["X25519"]):
        path.unlink(missing_ok=True)
        command = ["openssl", "genpkey", "-algorithm", *kind, "-out", str(path)]
        subprocess.run(command, check=True, capture_output=True)
        path.chmod(0o600)
        with pytest.raises(Unkeyed, match="Ed25519"):
            load_key(path)
    path.write_bytes(b"hello")
    with pytest.raises(Unkeyed, match="does not open"):
        load_key(path)


def test_a_public_key_is_read_from_text_or_file(tmp_path: Path) -> None:
    made = new_key(tmp_path / "key.pem")
    text = public_text(made.public)
    (tmp_path / "key.pub").write_text(text + "\n")
    assert read_public(text) == read_public(str(tmp_path / "key.pub")) == made.public
    for wrong in ("", text[:-4], "x" * 44, str(tmp_path / "key.pem"), str(tmp_path), "\0"):
        with pytest.raises(Unkeyed, match="no public key"):
            read_public(wrong)


# --- who is believed -----------------------------------------------------------------------------


def test_what_a_trusted_key_signed_is_believed(keys: list[SigningKey]) -> None:
    old, new, _ = keys
    made = statement(old)
    assert verify(signed(made, old), Trust((old.public,)), NOW) == made
    assert verify(signed(made, new, old), Trust((new.public, old.public)), NOW) == made


def test_the_same_again_is_believed_and_what_is_newer(keys: list[SigningKey]) -> None:
    key = keys[0]
    made = statement(key)
    trust = Trust((key.public,)).after(made)
    assert verify(signed(made, key), trust, NOW) == made
    renewed = statement(key, version=6, issued=NOW + DAY, expires=NOW + 31 * DAY)
    assert verify(signed(renewed, key), trust, NOW + DAY) == renewed
    later = statement(key, version=7, number=4, path="releases/4.json", sha256="ef" * 32)
    assert verify(signed(later, key), trust, NOW) == later


def test_every_byte_of_payload_and_signature_counts(keys: list[SigningKey]) -> None:
    found = signed(statement(keys[0]), keys[0])
    assert found.envelope
    trust = Trust((keys[0].public,))

    def flipped(data: bytes, n: int) -> bytes:
        return data[:n] + bytes([data[n] ^ 1]) + data[n + 1 :]

    envelope = found.envelope
    for n in range(len(envelope.payload)):
        changed = replace(envelope, payload=flipped(envelope.payload, n))
        assert doubt(replace(found, envelope=changed), trust) is Doubt.SIGNATURE
    signature = envelope.signatures[0]
    for n in range(len(signature.sig)):
        other = replace(signature, sig=flipped(signature.sig, n))
        changed = replace(envelope, signatures=(other,))
        assert doubt(replace(found, envelope=changed), trust) is Doubt.SIGNATURE


def test_a_strangers_signature_is_not_believed_whatever_it_is_called(
    keys: list[SigningKey],
) -> None:
    known, stranger, _ = keys
    trust = Trust((known.public,))
    found = signed(statement(stranger), stranger)
    assert doubt(found, trust) is Doubt.KEY
    assert found.envelope
    named = replace(found.envelope.signatures[0], keyid=fingerprint(known.public))
    assert (
        doubt(replace(found, envelope=replace(found.envelope, signatures=(named,))), trust)
        is Doubt.SIGNATURE
    )
    nobody = replace(found.envelope, signatures=())
    assert doubt(replace(found, envelope=nobody), trust) is Doubt.KEY


def test_without_a_signature_or_of_another_kind_it_is_not_believed(keys: list[SigningKey]) -> None:
    found, trust = signed(statement(keys[0]), keys[0]), Trust((keys[0].public,))
    assert doubt(replace(found, envelope=None), trust) is Doubt.UNSIGNED
    assert found.envelope
    other = Envelope("application/json", found.envelope.payload, found.envelope.signatures)
    assert doubt(replace(found, envelope=other), trust) is Doubt.UNREADABLE


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"version": 4}, Doubt.OLDER),
        ({"version": 9, "number": 2, "path": "releases/2.json"}, Doubt.OLDER),
        ({"version": 9, "library": "ff" * 16}, Doubt.LIBRARY),
        ({"sha256": "00" * 32}, Doubt.MIXED),
        ({"version": 9, "sha256": "00" * 32}, Doubt.MIXED),
        ({"version": 5, "number": 4, "path": "releases/4.json"}, Doubt.MIXED),
    ],
)
def test_what_contradicts_what_was_accepted_is_refused(
    keys: list[SigningKey], change: dict[str, Any], expected: Doubt
) -> None:
    trust = Trust((keys[0].public,)).after(statement(keys[0]))
    assert doubt(signed(statement(keys[0], **change), keys[0]), trust) is expected


def test_time_counts_both_ways(keys: list[SigningKey]) -> None:
    found, trust = signed(statement(keys[0]), keys[0]), Trust((keys[0].public,))
    for day in (-1, 0, 30):
        verify(found, trust, NOW + day * DAY)
    second = timedelta(seconds=1)
    assert doubt(found, trust, NOW + 30 * DAY + second) is Doubt.EXPIRED
    assert doubt(found, trust, NOW - DAY - second) is Doubt.CLOCK


@pytest.mark.parametrize(
    "change",
    [
        {"release": 2},
        {"path": "releases/2.json"},
        {"sha256": "00" * 32},
        {"subject": "lesson"},
    ],
)
def test_a_pointer_that_says_another_thing_than_was_signed_is_refused(
    keys: list[SigningKey], change: dict[str, Any]
) -> None:
    found = signed(statement(keys[0]), keys[0])
    mixed = replace(found, pointer=replace(found.pointer, **change))
    assert doubt(mixed, Trust((keys[0].public,))) is Doubt.MIXED


# --- another key ---------------------------------------------------------------------------------


def test_a_station_follows_from_key_to_key(keys: list[SigningKey]) -> None:
    """Old alone; both; new, with the old one retiring; new alone."""
    old, new, _ = keys
    steps = [
        (Signer((old,)), 1),
        (Signer((old, new)), 2),
        (Signer((new,), retiring=(old,)), 3),
        (Signer((new,)), 4),
    ]
    trust = Trust((old.public,))
    for signer, version in steps:
        made = statement(version=version, keys=signer.trusted)
        pointer = Pointer("catalog", made.number, made.path, made.sha256, 0)
        found = SignedPointer(pointer, signer.sign(made))
        trust = trust.after(verify(found, trust, NOW))
    assert trust.keys == (new.public,)
    stolen = signed(statement(old, version=9), old)
    assert doubt(stolen, trust) is Doubt.KEY


def test_a_station_that_was_away_meets_the_retiring_key_and_one_too_late_does_not(
    keys: list[SigningKey],
) -> None:
    old, new, _ = keys
    late = Trust((old.public,))
    signer = Signer((new,), retiring=(old,))
    made = statement(keys=signer.trusted)
    pointer = Pointer("catalog", made.number, made.path, made.sha256, 0)
    assert late.after(verify(SignedPointer(pointer, signer.sign(made)), late, NOW)).keys == (
        new.public,
    )
    assert doubt(signed(statement(new), new), late) is Doubt.KEY


def test_keys_that_did_not_sign_are_not_taken_over(keys: list[SigningKey]) -> None:
    """Or a slip of the office would lock every station out."""
    old, new, _ = keys
    assert doubt(signed(statement(new), old), Trust((old.public,))) is Doubt.KEY


def changed_value(found: SignedPointer, change: Callable[[Any], object]) -> bytes:
    assert found.envelope
    value = json.loads(found.envelope.payload)
    change(value)
    return json.dumps(value).encode()


def test_a_statement_of_a_later_format_says_what_to_do(keys: list[SigningKey]) -> None:
    found, key = signed(statement(keys[0]), keys[0]), keys[0]
    assert found.envelope
    payload = changed_value(found, lambda value: value.update(format="courseware-statement-2"))
    later = replace(
        found.envelope,
        payload=payload,
        signatures=(key.sign(pae(found.envelope.type, payload)),),
    )
    assert doubt(replace(found, envelope=later), Trust((key.public,))) is Doubt.UNREADABLE
