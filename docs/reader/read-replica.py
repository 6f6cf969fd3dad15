#!/usr/bin/env python3
"""An independent reader of the replica format (docs/replica-format.md), written from that page alone.

It shares no code with Holdfast, so that what the page says can be checked against what Holdfast writes, and so that
rows can be had from a bucket without Holdfast. Needs Debian's python3-cryptography and python3-zstandard.

  read-replica.py --bucket FOLDER --pin root.json --tenant NAME [--identity age-key-file] [--rows FOLDER]

Without --identity it verifies what can be verified without a private key. It prints one JSON object and exits with
0: all is well, 1: refused, 3: the rows are good but an object that reading does not need is not (see "notes").
"""
import argparse, hmac, json, os, re, sys
from datetime import datetime, timezone

import zstandard
from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

sys.dont_write_bytecode = True  # nothing is left beside this file
from age_file import bech32_secret
from sealed_blob import read_attachments
from sealed_part import read_part
from shapes import (ACK, BEAT, ENVELOPE, LINE_HEADER, MANIFEST, MIB, OBJECT, ROOT, TYPE, UUID,
                    Refused, fits, need, once, parse, sha256, unbase64)


# --- Objects, envelopes and the root of trust (sections 2 to 4) -----------------------------------------------------

def fetch(bucket, key, limit, missing_ok=False):
    try:
        with open(os.path.join(bucket, *key.split('/')), 'rb') as file:
            data = file.read(limit + 1)
    except FileNotFoundError:
        if missing_ok:
            return None
        raise Refused(f'{key}: missing')
    need(len(data) <= limit, f'{key}: larger than {limit} bytes')
    return data


def payload_of(data, kind, what):
    envelope = parse(data, ENVELOPE, what)
    need(envelope['payloadType'] == f'application/vnd.holdfast.{kind}+json', f'{what}: another payload type')
    return unbase64(envelope['payload'], what), envelope


def signers(envelope, payload, keys, what):
    """The keys that signed; every signature must be good, by one of `keys`, and by another key than the others."""
    known = {sha256(unbase64(key, what)): key for key in keys}
    kind, found = envelope['payloadType'].encode(), []
    signed = b'DSSEv1 %d %s %d %s' % (len(kind), kind, len(payload), payload)
    need(1 <= len(envelope['signatures']) <= 16, f'{what}: number of signatures')
    for signature in envelope['signatures']:
        key = known.get(signature['keyid'])
        need(key is not None, f'{what}: signed by a key that does not count')
        need(key not in found, f'{what}: signed twice by one key')
        try:
            Ed25519PublicKey.from_public_bytes(unbase64(key, what)).verify(unbase64(signature['sig'], what), signed)
        except InvalidSignature:
            raise Refused(f'{what}: signature does not verify')
        found.append(key)
    return found


def read_root(data, tenant, before, what):
    payload, envelope = payload_of(data, 'root', what)
    root = parse(payload, ROOT, what)
    own, old = root['rootKeys'], before['rootKeys'] if before else root['rootKeys']
    found = signers(envelope, payload, set(own['keys']) | set(old['keys']), what)
    names = [replica['name'] for replica in root['replicas']]
    need(own['threshold'] <= len(set(own['keys'])) == len(own['keys']) <= 16, f'{what}: root keys')
    need(len(set(names)) == len(names) <= 256 and 1 <= len(root['manifestKeys']) <= 64, f'{what}: names or keys')
    for keys in (own, old):
        need(len(set(found) & set(keys['keys'])) >= keys['threshold'], f'{what}: fewer signatures than its threshold')
    need(root['tenant'] == tenant, f'{what}: another tenant')
    need(before is None or root['version'] == before['version'] + 1, f'{what}: version out of order')
    return root


def read_roots(bucket, pin, tenant, notes):
    root = read_root(pin, tenant, None, 'pinned root')
    copy = fetch(bucket, f'root/{root["version"]:08}.json', MIB, missing_ok=True)
    if copy not in (None, pin):
        notes.append(f'root/{root["version"]:08}.json is not the pinned root')
    roots = {root['version']: root}
    while True:
        key = f'root/{root["version"] + 1:08}.json'
        data = fetch(bucket, key, MIB, missing_ok=True)
        if data is None:
            return roots
        root = read_root(data, tenant, root, key)
        roots[root['version']] = root


def open_signed(data, kind, shape, roots, newest_too, what, readable=lambda value: None):
    """Verify first, with any manifest key ever known; the payload then says which root must have listed the key."""
    payload, envelope = payload_of(data, kind, what)
    found = set(signers(envelope, payload, {key for root in roots.values() for key in root['manifestKeys']}, what))
    value = parse(payload, None, what)
    need(isinstance(value, dict) and once(value.get('root')) and value['root'] in roots, f'{what}: unknown root')
    for version in {value['root'], max(roots)} if newest_too else {value['root']}:
        need(found <= set(roots[version]['manifestKeys']), f'{what}: root {version} does not list its key')
    readable(value)
    need(fits(value, shape), f'{what}: members are not as described')
    need(value['tenant'] == roots[value['root']]['tenant'], f'{what}: another tenant')
    return value


# --- Manifests (sections 5 and 6) -------------------------------------------------------------------------------------

def readable(value):
    features = value.get('features')
    need(value.get('minReader') == 1 and features in ([], ['file-keys']), 'manifest: needs a newer reader')


def standing(bucket, generation, n, missing_ok):
    """What stands at a place: the plain key, or those with an epoch, highest first (section 2)."""
    key = f'm/{generation:08}/{n:010}.json'
    data = fetch(bucket, key, 16 * MIB, missing_ok=True)
    if data is not None:
        return [(key, data, None)]
    folder, form = os.path.join(bucket, 'm', f'{generation:08}'), re.compile(rf'{n:010}-e([0-9]{{10}})\.json')
    names = sorted((x for x in map(form.fullmatch, os.listdir(folder) if os.path.isdir(folder) else []) if x),
                   key=lambda match: match[1], reverse=True)
    need(names or missing_ok, f'{key}: missing')
    return [(f'm/{generation:08}/{x[0]}', fetch(bucket, f'm/{generation:08}/{x[0]}', 16 * MIB), int(x[1])) for x in names]


def is_signed(data, roots, what):
    try:
        payload, envelope = payload_of(data, 'manifest', what)
        return bool(signers(envelope, payload, {x for root in roots.values() for x in root['manifestKeys']}, what))
    except Refused:
        return False


def read_manifests(bucket, roots, beat):
    """The beat's generation from its snapshot to the beat, and beyond where more is there already."""
    chain = []
    while True:
        n = len(chain) + 1
        found = standing(bucket, beat['generation'], n, missing_ok=n > beat['n'])
        if not found:
            return chain
        key, data, epoch = next((x for x in found if is_signed(x[1], roots, x[0])), found[0])
        # Up to the beat a retired key is as good as the chain, whose end the beat names; beyond it must still count.
        manifest = open_signed(data, 'manifest', MANIFEST, roots, n > beat['n'], key, readable)
        before, previous = chain[-1] if chain else (manifest, None)
        need((manifest['generation'], manifest['n']) == (beat['generation'], n), f'{key}: belongs elsewhere')
        need(epoch is None or manifest['epoch'] == epoch, f'{key}: another epoch than its name')
        need((manifest['kind'] == 'snapshot') == (n == 1) and (manifest['equals'] is None or n == 1), f'{key}: kind')
        need(n == 1 or manifest['previous'] == previous, f'{key}: does not continue the one before')
        need(all(manifest[x] >= before[x] for x in ('epoch', 'root')), f'{key}: epoch or root falls')
        need(manifest['policy'] == before['policy'], f'{key}: policy changes within a generation')
        names, types = [p['name'] for p in manifest['parts']], [t['type'] for t in manifest['types']]
        need(names and len(types) <= 2000 and 1 <= len(manifest['recipients']) <= 256, f'{key}: limits')
        need(len(set(names)) == len(names) and len(set(types)) == len(types), f'{key}: a part or type twice')
        digest = sha256(data)
        need(n != beat['n'] or digest == beat['manifest'], f'{key}: not the manifest that the beat names')
        chain.append((manifest, digest))


# --- Lines and rows (section 8) --------------------------------------------------------------------------------------

UPSERT, TOMBSTONE = re.compile(rb'\["u","(%s)",(\{.*\})\]' % TYPE.encode()), re.compile(
    rb'\["d","(%s)","(%s)"\]' % (TYPE.encode(), UUID.encode()))
FILE_KEY = re.compile(rb'\["k","(%s)","([A-Za-z0-9+/]{43}=)"\]' % OBJECT.encode())


class State:
    """All rows, by type and id, with the digest of each; the checksum is their sum modulo 2^256."""

    def __init__(self):
        self.rows, self.sums, self.schema, self.key = {}, {}, None, None
        self.file_keys = {}  # by n: data keys of the attachments that the batch adds, by object

    def put(self, kind, row_id, row):
        old = self.rows[kind].pop(row_id, None)
        add = (row, self.digest(kind, row)) if row is not None else None
        self.sums[kind] = (self.sums[kind] - (old[1] if old else 0) + (add[1] if add else 0)) % 2 ** 256
        if add:
            self.rows[kind][row_id] = add

    def digest(self, kind, row):
        return int.from_bytes(hmac.digest(self.key, kind.encode() + b'\0' + row, 'sha256'), 'big')

    def header(self, line, manifest, what):
        need(line.startswith(b'["h",') and line.endswith(b']'), f'{what}: no header line')
        header = parse(line[5:-1], LINE_HEADER, what)
        need(header['policyVersion'] == manifest['policy']['version'], f'{what}: policy of the header')
        schema = {t['type']: [c['name'] for c in t['columns']] for t in header['types']}
        need(set(schema) == {t['type'] for t in manifest['types']}, f'{what}: types of header and manifest differ')
        need(self.key in (None, bytes.fromhex(header['digestKey'])), f'{what}: digest key changes')
        full = {t['type']: t['columns'] for t in header['types']}
        need(self.schema in (None, full), f'{what}: columns change')
        if self.key is None:
            self.rows, self.sums = {t: {} for t in schema}, {t: 0 for t in schema}
        self.key, self.schema, self.columns = bytes.fromhex(header['digestKey']), full, schema

    def file_key(self, found, manifest, what):
        fresh, name = self.file_keys.setdefault(manifest['n'], {}), found[1].decode()
        need(manifest['features'] == ['file-keys'], f'{what}: key of a file, not announced')
        need(name not in fresh, f'{what}: two keys of one file')
        fresh[name] = unbase64(found[2].decode(), what)

    def line(self, line, seen, tally, what):
        if upsert := UPSERT.fullmatch(line):
            kind, row = upsert[1].decode(), upsert[2]
            need(kind in self.rows, f'{what}: row of an unpublished type')
            try:
                members = json.loads(row, object_pairs_hook=lambda pairs: pairs)
            except ValueError:
                raise Refused(f'{what}: row is not JSON')
            need([m[0] for m in members] == self.columns[kind], f'{what}: columns of a row')
            row_id = members[0][1]
            need(members[0][0] == 'id' and fits(row_id, UUID), f'{what}: id of a row')
            self.put(kind, row_id, row)
        else:
            gone = TOMBSTONE.fullmatch(line)
            need(gone is not None and gone[1].decode() in self.rows, f'{what}: line is none of those described')
            kind, row_id = gone[1].decode(), gone[2].decode()
            self.put(kind, row_id, None)
        # A snapshot is read while people work: there the last line about an id counts. In a delta there is but one.
        need(seen is None or (kind, row_id) not in seen, f'{what}: an id occurs twice')
        if seen is not None:
            seen.add((kind, row_id))
        tally[kind][0 if upsert else 1] += 1


def apply(state, manifest, bucket, identity):
    seen, tally = set() if manifest['kind'] == 'delta' else None, {t['type']: [0, 0] for t in manifest['types']}
    for index, entry in enumerate(manifest['parts']):
        place = {k: manifest[k] for k in ('tenant', 'generation', 'n')}
        lines = read_part(bucket, entry, identity, dict(place, part=index))
        if lines and index == 0:
            state.header(lines.pop(0), manifest, entry['name'])
        for line in lines:
            if found := FILE_KEY.fullmatch(line):
                state.file_key(found, manifest, entry['name'])
            else:
                state.line(line, seen, tally, entry['name'])
    for kind in manifest['types'] if identity else []:
        name, where = kind['type'], f'{manifest["generation"]}/{manifest["n"]}: {kind["type"]}'
        need(tally[name] == [kind['upserts'], kind['deletes']], f'{where}: number of changes')
        need(len(state.rows[name]) == kind['count'], f'{where}: count')
        need(f'{state.sums[name]:064x}' == kind['checksum'], f'{where}: checksum')


# --- Acks and the whole (sections 6, 10 and 11) ----------------------------------------------------------------------

def check_acks(bucket, roots, notes):
    """An ack says how far a replica is. Reading does not need it, so a bad one is worth a note, not a refusal."""
    folder, acks = os.path.join(bucket, 'acks'), {}
    for name in sorted(os.listdir(folder)) if os.path.isdir(folder) else []:
        try:
            payload, envelope = payload_of(fetch(bucket, f'acks/{name}', MIB), 'ack', name)
            keys = [r['key'] for r in roots[max(roots)]['replicas'] if f'{r["name"]}.json' == name]
            signers(envelope, payload, keys, name)
            ack = parse(payload, ACK, name)
            need(f'{ack["replica"]}.json' == name and ack['tenant'] == roots[max(roots)]['tenant'], f'{name}: misplaced')
            acks[ack['replica']] = [ack['generation'], ack['n']]
        except Refused as error:
            notes.append(f'ack: {error}')
    return acks


def check_position(seen_file, floor, chain):
    """Refuses what is below the highest position ever seen, and another history at that position."""
    seen = json.load(open(seen_file)) if seen_file and os.path.exists(seen_file) else {'at': [0, 0], 'digest': None}
    low = max(tuple(seen['at']), floor)
    at = (chain[-1][0]['generation'], chain[-1][0]['n'])
    need(at >= low, f'the bucket stands at {at}, below {low} which was seen before')
    if seen['at'][0] == at[0]:
        need(chain[seen['at'][1] - 1][1] == seen['digest'], f'another history at {seen["at"]}: a fork')


def read(args):
    notes = []
    with open(args.pin, 'rb') as file:
        roots = read_roots(args.bucket, file.read(MIB + 1), args.tenant, notes)
    beat = open_signed(fetch(args.bucket, 'beat.json', MIB), 'beat', BEAT, roots, True, 'beat.json')
    chain = read_manifests(args.bucket, roots, beat)
    check_position(args.seen, tuple(map(int, args.floor.split('.'))), chain)
    expires = datetime.strptime(beat['expires'], '%Y-%m-%dT%H:%M:%S.%fZ').replace(tzinfo=timezone.utc)
    expired = expires < datetime.now(timezone.utc)
    need(not (expired and args.fresh), f'the beat expired at {beat["expires"]}')
    identity = None
    if args.identity:
        text = open(args.identity, encoding='utf-8').read().splitlines()
        identity = bech32_secret(next((line for line in text if line.startswith('AGE-SECRET-KEY-1')), ''))
    state = State()
    for manifest, _ in chain:
        apply(state, manifest, args.bucket, identity)
    newest = chain[-1][0]
    if args.rows:
        os.makedirs(args.rows, exist_ok=True)
    files = read_attachments(args.bucket, chain, state.rows.get('attachment', {}), state.file_keys, args.tenant, identity,
                             args.rows)
    if args.seen:
        with open(args.seen, 'w', encoding='utf-8') as file:
            json.dump({'at': [newest['generation'], newest['n']], 'digest': chain[-1][1]}, file)
    for kind in state.rows if args.rows else []:
        os.makedirs(args.rows, exist_ok=True)
        with open(os.path.join(args.rows, f'{kind}.ndjson'), 'wb') as file:
            file.writelines(row + b'\n' for _, (row, _) in sorted(state.rows[kind].items()))
    return {'tenant': args.tenant, 'root': max(roots), 'generation': newest['generation'], 'n': newest['n'],
            'manifest': chain[-1][1], 'asOf': beat['asOf'] if beat['manifest'] == chain[-1][1] else newest['asOf'], 'expired': expired,
            'decrypted': identity is not None, 'acks': check_acks(args.bucket, roots, notes),
            'attachments': files, 'types': {t['type']: {'count': t['count'], 'checksum': t['checksum']} for t in newest['types']},
            'notes': notes}


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument('--bucket', required=True, help='folder of the tenant\'s objects')
    arguments.add_argument('--pin', required=True, help='root file that was handed over out of band')
    arguments.add_argument('--tenant', required=True)
    arguments.add_argument('--identity', help='file with an AGE-SECRET-KEY-1 line')
    arguments.add_argument('--rows', help='folder for the row texts, one <type>.ndjson each, and the files, one <row id>.file each')
    arguments.add_argument('--floor', default='0.0', help='<generation>.<n> below which the bucket is refused')
    arguments.add_argument('--seen', help='file that remembers the highest position between runs')
    arguments.add_argument('--fresh', action='store_true', help='refuse an expired beat')
    try:
        result = read(arguments.parse_args())
    except (Refused, InvalidTag, zstandard.ZstdError, OSError, ValueError) as error:
        print(f'refused: {str(error) or type(error).__name__}', file=sys.stderr)
        return 1
    print(json.dumps(result, indent=1))
    return 3 if result['notes'] else 0


if __name__ == '__main__':
    sys.exit(main())
