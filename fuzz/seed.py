#!/usr/bin/env python3
"""Fills the fuzz corpora from the published vectors; run before fuzzing, then `cargo fuzz cmin`.

Files are named by their content, so a second run adds nothing.
"""
import hashlib
import json
import pathlib
import random

FUZZ = pathlib.Path(__file__).resolve().parent
PDU = FUZZ.parent / "smpp-pdu" / "testdata"


def add(target, octets):
    folder = FUZZ / "corpus" / target
    folder.mkdir(parents=True, exist_ok=True)
    (folder / hashlib.sha1(octets).hexdigest()).write_bytes(octets)


def lines(path):
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def seed_pdus():
    good = lines(PDU / "vectors.jsonl")
    pdus = [bytes.fromhex(vector["hex"]) for vector in good + lines(PDU / "vectors-bad.jsonl")]
    for pdu in pdus:
        add("pdu_decode", pdu)
        add("frames", pdu)
    for start in range(0, len(pdus), 7):
        add("frames", b"".join(pdus[start : start + 7]))
    for vector in good:
        area = b"".join(
            int(tlv["tag"], 16).to_bytes(2, "big") + tlv["length"].to_bytes(2, "big") + bytes.fromhex(tlv["hex"])
            for tlv in vector["decoded"]["tlvs"]
        )
        add("tlvs", area)


def seed_choices():
    """The round trip reads its input as choices: the first octet is the kind of PDU."""
    choices = random.Random(1)
    for kind in range(64):
        add("pdu_round_trip", bytes([kind]) + choices.randbytes(choices.randrange(400)))


seed_pdus()
seed_choices()
