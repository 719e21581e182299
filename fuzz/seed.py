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
SMS = FUZZ.parent / "sms-codec" / "testdata"


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


def seed_texts():
    for vector in lines(SMS / "gsm7-vectors.jsonl"):
        add("gsm7", bytes.fromhex(vector["unpacked_hex"]))
        add("gsm7", bytes.fromhex(vector["packed_hex"]))
        add("ucs2", vector["text"].encode("utf-16-be"))
        add("ucs2", vector["text"].encode())
    for vector in lines(SMS / "charset-vectors.jsonl"):
        add("charset", bytes.fromhex(vector["hex"]))
        add("charset", vector["text"].encode())
    for vector in lines(SMS / "segmentation-vectors.jsonl"):
        # The first octet chooses the unit and the width of the reference.
        add("segment", b"\x00" + vector["text"].encode("latin-1", "replace"))
        add("segment", b"\x82" + vector["text"].encode("utf-16-be"))
        # The first three octets choose a policy.
        for policy in (b"\x00\x00\x00", b"\xff\xff\x01", b"\xff\xff\x56"):
            add("plan", policy + vector["text"].encode("utf-8", "surrogatepass"))
    for vector in lines(SMS / "dlr-corpus.jsonl"):
        add("receipt", bytes.fromhex(vector["text_hex"]) if "text_hex" in vector else vector["text"].encode())
        for key in ("submit_date", "done_date"):
            add("time", (vector["expect"].get(key) or "").encode())
    for vector in lines(SMS / "time-vectors.jsonl"):
        add("time", vector["text"].encode())


def seed_headers():
    for vector in lines(PDU / "vectors.jsonl"):
        fields = vector["decoded"]["fields"]
        if fields.get("esm_class", 0) & 0x40:
            add("udh", bytes.fromhex(fields.get("short_message_hex", "")))


def seed_parts():
    """A step of the joiner is three octets: what to do, which part of how many, which octets."""
    steps = random.Random(2)
    for _ in range(32):
        parts = [(total, sequence) for total in (1, 2, 3, 7) for sequence in range(1, total + 1)]
        chosen = steps.choices(parts, k=60)
        add("join", b"".join(bytes([steps.randrange(256), t | n << 3, steps.randrange(40)]) for t, n in chosen))


def seed_tpdus():
    for vector in lines(SMS / "tpdu-vectors.jsonl"):
        octets = bytes.fromhex(vector["tpdu_hex"])
        add("tpdu", octets)
        elements = bytes.fromhex(vector["fields"].get("udh_hex", ""))
        if elements:
            add("udh", bytes([len(elements)]) + elements)
    for identifier in range(0x26):
        for length in (0, 1, 2, 3, 4, 5, 33, 129):
            add("udh", bytes([2 + length, identifier, length]) + bytes([1]) * length)


def seed_sessions():
    """The first octet is side, state and version; a step is a choice, a detail and what they ask for."""
    steps = random.Random(3)
    for place in range(128):
        add("session", bytes([place]) + steps.randbytes(1 + steps.randrange(200)))


seed_pdus()
seed_choices()
seed_parts()
seed_texts()
seed_headers()
seed_tpdus()
seed_sessions()
