"""Says what gsmcodecs makes of texts and septets: one question in, one answer out, as JSON lines.

Answers come cell by cell, in hex, so that the Rust side can judge each. `-` is what the package
refuses; of a refused escape pair the code's own character follows it. Where it refuses nothing,
the cells are checked to be what it makes of the whole.
"""
import functools
import json
import sys

import gsmcodecs

ESCAPE = 0x1B


@functools.cache
def codec(locking, single):
    return gsmcodecs.makeCodec(locking, single)


@functools.cache
def encoded(tables, character):
    try:
        return codec(*tables).encode(character)[0]
    except UnicodeEncodeError:
        return None


@functools.cache
def decoded(tables, septets):
    try:
        return codec(*tables).decode(septets)[0]
    except UnicodeDecodeError:
        return None


def units(septets):
    """An escape and what follows it are one."""
    at = 0
    while at < len(septets):
        end = at + (2 if septets[at] == ESCAPE else 1)
        yield septets[at:end]
        at = end


def encode(tables, text):
    cells = [encoded(tables, character) for character in text]
    if None not in cells:
        assert codec(*tables).encode(text)[0] == b''.join(cells)
    return ' '.join('-' if cell is None else cell.hex() for cell in cells)


def decode(tables, septets):
    cells = [decoded(tables, unit) for unit in units(septets)]
    if None not in cells:
        assert codec(*tables).decode(septets)[0] == ''.join(cells)
        return ' '.join('%x' % ord(cell) for cell in cells)
    return ' '.join(cell_of(tables, unit) for unit in units(septets))


def cell_of(tables, unit):
    cell = decoded(tables, unit)
    if cell is not None:
        return '%x' % ord(cell)
    alone = decoded(tables, unit[1:])
    return '-%x' % ord(alone) if alone else '-'


sys.stdin.reconfigure(encoding='utf-8')
for line in sys.stdin:
    question = json.loads(line)
    tables = question['locking'], question['single']
    print(json.dumps({
        'encoded': encode(tables, question['text']),
        'decoded': decode(tables, bytes.fromhex(question['septets'])),
    }))
