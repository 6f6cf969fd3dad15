"""Opens sealed attachments of the replica format (docs/replica-format.md, section 14)."""
import hashlib, json, os, struct

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from age_file import age_decrypt
from shapes import BLOB, BLOB_HEADER, CHUNK, HEX, KEYED_BLOB_HEADER, MIB, OBJECT, fits, need, parse, sha256, unbase64

TAG = 16


def object_path(bucket, name):
    need(fits(name, OBJECT), f'{name}: not the name of an attachment')
    return os.path.join(bucket, *name.split('/'))


def check_blob(bucket, entry):
    """Length and digest of one object; nobody's key is needed."""
    digest, size, path = hashlib.sha256(), 0, object_path(bucket, entry['name'])
    need(os.path.isfile(path), f'{entry["name"]}: missing')
    with open(path, 'rb') as file:
        while block := file.read(MIB):
            size += len(block)
            digest.update(block)
    need(size == entry['bytes'] and digest.hexdigest() == entry['sha256'], f'{entry["name"]}: length or digest')


def bare_size(name, plain_bytes, tenant):
    """Length of an object that has no key in its header (section 14, "Keys")."""
    header = json.dumps({'codec': 'none', 'cipher': 'aes-256-gcm', 'chunk': CHUNK, 'tenant': tenant, 'name': name,
                         'bytes': plain_bytes}, separators=(',', ':'))
    return 12 + len(header) + plain_bytes + TAG * max(1, -(-plain_bytes // CHUNK))


def open_blob(bucket, entry, plain_bytes, tenant, identity, key):
    """The file, chunk by chunk. The object's digest is compared first."""
    what = entry['name']
    check_blob(bucket, entry)
    with open(object_path(bucket, what), 'rb') as file:
        start = file.read(12)
        need(len(start) == 12 and start[:8] in (b'HFBLOB1\n', b'HFBLOB2\n'), f'{what}: not a sealed attachment')
        is_keyed = start[:8] == b'HFBLOB1\n'
        length = struct.unpack('>I', start[8:])[0]
        need(length <= 65536, f'{what}: header too long')
        start += file.read(length)
        header = parse(start[12:], KEYED_BLOB_HEADER if is_keyed else BLOB_HEADER, what)
        need(header['tenant'] == tenant and header['name'] == what, f'{what}: made for another place')
        chunks = max(1, -(-plain_bytes // CHUNK))
        need(header['bytes'] == plain_bytes, f'{what}: another length than its row says')
        need(entry['bytes'] == len(start) + plain_bytes + TAG * chunks, f'{what}: length of the object')
        if is_keyed:
            key = age_decrypt(unbase64(header['key'], what), identity, what)
        need(key is not None and len(key) == 32, f'{what}: no data key, or one of another length')
        cipher, bound_to = AESGCM(key), hashlib.sha256(start).digest()
        for index in range(chunks):
            place = struct.pack('>QB', index, index == chunks - 1)
            yield cipher.decrypt(bytes(3) + place, file.read(CHUNK + TAG), bound_to + place)


def listed(bucket, attachments):
    """Objects that came and objects that no row shows any more, from the manifest and its lists."""
    added, condemned = list(attachments['added']), list(attachments['condemned'])
    for entry in attachments['lists']:
        path = os.path.join(bucket, *entry['name'].split('/'))
        need(os.path.isfile(path), f'{entry["name"]}: missing')
        with open(path, 'rb') as file:
            data = file.read(entry['bytes'] + 1)
        need(len(data) == entry['bytes'] == entry['plainBytes'] and sha256(data) == entry['sha256'],
             f'{entry["name"]}: length or digest')
        lines = data.split(b'\n')
        need(lines.pop() == b'' and len(lines) == entry['rows'], f'{entry["name"]}: number of lines')
        for line in lines:
            value = parse(line, None, entry['name'])
            need(isinstance(value, list) and len(value) == 2, f'{entry["name"]}: line')
            need(fits(value[1], BLOB if value[0] == 'a' else OBJECT), f'{entry["name"]}: line')
            need(value[0] in ('a', 'c'), f'{entry["name"]}: line')
            (added if value[0] == 'a' else condemned).append(value[1])
    return added, condemned


def read_attachments(bucket, chain, rows, keys, tenant, identity, folder):
    """Checks every object that is referred to, and opens the files of the rows where there is an identity."""
    alive, live_keys = {}, {}
    for manifest, _ in chain:
        added, condemned = listed(bucket, manifest['attachments'])
        for entry in added:
            need(entry['name'] not in alive, f'{entry["name"]}: added twice')
            alive[entry['name']] = entry
        fresh = keys.get(manifest['n'], {})
        need(set(fresh) <= {entry['name'] for entry in added}, f'{manifest["n"]}: key of an object that is not added')
        live_keys.update(fresh)
        for name in condemned if manifest['n'] > 1 else []:
            need(alive.pop(name, None) is not None, f'{name}: condemned, but never added')
    for entry in alive.values():
        check_blob(bucket, entry)
    result = {'objects': len(alive), 'opened': 0}
    if identity is None:
        return result
    shown, pending = {}, 0
    for row_id, (row, _) in rows.items():
        value = json.loads(row)
        if value['object_state'] == 'pending':
            need(value['object_name'] is None, f'{row_id}: pending with an object')
            pending += 1
            continue
        entry = {'name': value['object_name'], 'bytes': value['object_bytes'], 'sha256': value['object_sha256']}
        need(alive.get(entry['name']) == entry and fits(entry['sha256'], HEX), f'{row_id}: shows an object not listed')
        shown[row_id] = (entry, value['bytes'])
    told = chain[-1][0]['attachments']
    need((told['available'], told['pending']) == (len(shown), pending), 'attachments: number by state')
    need({entry['name'] for entry, _ in shown.values()} == set(alive), 'attachments: listed, but shown by no row')
    for entry, plain_bytes in shown.values():
        is_bare = entry['bytes'] == bare_size(entry['name'], plain_bytes, tenant)
        need(is_bare == (entry['name'] in live_keys), f'{entry["name"]}: key missing, or not needed')
    for row_id, (entry, plain_bytes) in shown.items():
        path = os.path.join(folder, f'{row_id}.file') if folder else os.devnull
        with open(path, 'wb') as file:
            for chunk in open_blob(bucket, entry, plain_bytes, tenant, identity, live_keys.get(entry['name'])):
                file.write(chunk)
        result['opened'] += 1
    return result
