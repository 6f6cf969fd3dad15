#!/usr/bin/env python3
"""Checks proofs and checkpoints of the audit (docs/audit.md), written from that page alone.

It shares no code with Holdfast. Needs Debian's python3-cryptography.

  check-audit.py --origin holdfast-audit/TENANT --key BASE64 [--key BASE64 ...] FILE ...

A FILE is a checkpoint, or the JSON of an inclusion or consistency proof; "-" is standard input. Prints a line for each
that is good, and exits with 0: all are good, 1: one is not, and the line on standard error says why, 2: wrong usage.
"""
import argparse, base64, hashlib, json, re, sys

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

HASH = 32


class Refused(Exception):
    pass


def need(condition, why):
    if not condition:
        raise Refused(why)


def unbase64(text, what):
    need(isinstance(text, str), f'{what}: not a text')
    try:
        data = base64.b64decode(text, validate=True)
    except ValueError:
        raise Refused(f'{what}: not base64')
    need(base64.b64encode(data).decode() == text, f'{what}: base64 in another spelling')
    return data


# --- Checkpoints (section 3) ------------------------------------------------------------------------------------------

def open_note(note, origin, keys):
    text, gap, signatures = note.rpartition('\n\n')
    need(gap and signatures.endswith('\n'), 'checkpoint: not a signed note')
    text, good = text + '\n', 0
    for line in signatures[:-1].split('\n'):
        match = re.fullmatch(r'— ([^\s+]+) ([A-Za-z0-9+/]+=*)', line)
        need(match, 'checkpoint: a line of signatures is malformed')
        signature = unbase64(match[2], 'checkpoint: signature')
        for key in keys:
            if match[1] != origin or signature[:4] != hashlib.sha256(origin.encode() + b'\n\x01' + key).digest()[:4]:
                continue
            try:
                Ed25519PublicKey.from_public_bytes(key).verify(signature[4:], text.encode())
            except InvalidSignature:
                raise Refused('checkpoint: the signature does not verify')
            good += 1
    need(good, 'checkpoint: not signed by a key that was given')
    return text


def open_checkpoint(note, origin, keys):
    need(isinstance(note, str), 'checkpoint: not a text')
    lines = open_note(note, origin, keys).split('\n')
    need(len(lines) == 5 and lines[4] == '' and lines[0] == origin, 'checkpoint: of another log, or other lines')
    need(re.fullmatch(r'[1-9][0-9]{0,15}', lines[1]), 'checkpoint: malformed size')
    root = unbase64(lines[2], 'checkpoint: root')
    need(len(root) == HASH, 'checkpoint: root of another length')
    need(re.fullmatch(r'time \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z', lines[3]), 'checkpoint: malformed time')
    return int(lines[1]), root, lines[3][5:]


# --- Proofs (section 4) -----------------------------------------------------------------------------------------------

def leaf_hash(text):
    return hashlib.sha256(b'\x00' + text.encode()).digest()


def node_hash(left, right):
    return hashlib.sha256(b'\x01' + left + right).digest()


def hashes_of(proof):
    need(isinstance(proof.get('hashes'), list) and len(proof['hashes']) <= 128, 'proof: hashes')
    found = [unbase64(entry, 'proof: hash') for entry in proof['hashes']]
    need(all(len(entry) == HASH for entry in found), 'proof: hash of another length')
    return found


def climb(place, last, steps, start):
    """From a node at `place` of a level whose last node is `last` to the root; also the root of the smaller tree."""
    whole, part = start, start
    for step in steps:
        need(last > 0, 'proof: too many hashes')
        if place % 2 == 1 or place == last:
            whole, part = node_hash(step, whole), node_hash(step, part)
            while place % 2 == 0 and place > 0:
                place, last = place // 2, last // 2
        else:
            whole = node_hash(whole, step)
        place, last = place // 2, last // 2
    need(last == 0, 'proof: too few hashes')
    return whole, part


def check_inclusion(proof, origin, keys):
    size, root, at = open_checkpoint(proof.get('checkpoint'), origin, keys)
    leaf, index = proof.get('leaf'), proof.get('index')
    need(isinstance(leaf, str) and type(index) is int and 0 <= index < size, 'proof: leaf or index')
    whole, _ = climb(index, size - 1, hashes_of(proof), leaf_hash(leaf))
    need(whole == root, 'proof: does not lead to the root')
    return f'entry {index} of {size}, checkpoint of {at}: {leaf}'


def check_consistency(proof, origin, keys):
    size1, root1, at1 = open_checkpoint(proof.get('first'), origin, keys)
    size2, root2, at2 = open_checkpoint(proof.get('second'), origin, keys)
    steps = hashes_of(proof)
    need(size1 <= size2, 'proof: the first checkpoint is the larger one')
    if size1 == size2:
        need(not steps and root1 == root2, 'proof: two roots for one size')
    else:
        place, last = size1 - 1, size2 - 1
        while place % 2 == 1:
            place, last = place // 2, last // 2
        if place == 0:
            steps = [root1] + steps
        need(len(steps) > 1 or place > 0 and steps, 'proof: too few hashes')
        whole, part = climb(place, last, steps[1:], steps[0])
        need(part == root1, 'proof: does not lead to the first root')
        need(whole == root2, 'proof: does not lead to the second root')
    return f'the {size2} entries of {at2} begin with the {size1} of {at1}'


def check(text, origin, keys):
    if not text.startswith('{'):
        size, root, at = open_checkpoint(text, origin, keys)
        return f'checkpoint of {at}: {size} entries, root {root.hex()}'
    try:
        proof = json.loads(text)
    except ValueError:
        raise Refused('proof: not JSON')
    kinds = {'holdfast-audit-inclusion/1': check_inclusion, 'holdfast-audit-consistency/1': check_consistency}
    need(proof.get('format') in kinds, 'proof: of no known format')
    return kinds[proof['format']](proof, origin, keys)


def main():
    parser = argparse.ArgumentParser(description='Checks proofs and checkpoints of the audit.')
    parser.add_argument('--origin', required=True)
    parser.add_argument('--key', required=True, action='append', help='base64 of an Ed25519 public key')
    parser.add_argument('files', nargs='+', metavar='FILE')
    options = parser.parse_args()
    try:
        keys = [unbase64(key, '--key') for key in options.key]
        need(all(len(key) == HASH for key in keys), '--key: not the 32 bytes of an Ed25519 key')
    except Refused as error:
        parser.error(str(error))
    for name in options.files:
        try:
            if name == '-':
                text = sys.stdin.buffer.read()
            else:
                with open(name, 'rb') as file:
                    text = file.read()
            print(f'{name}: {check(text.decode(), options.origin, keys)}')
        except (Refused, UnicodeDecodeError, OSError) as error:
            print(f'{name}: refused: {error}', file=sys.stderr)
            return 1
    return 0


if __name__ == '__main__':
    sys.exit(main())
