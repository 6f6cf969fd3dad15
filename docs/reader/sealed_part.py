"""Opens the sealed parts of the replica format (docs/replica-format.md, section 7)."""
import hashlib, os, struct

import zstandard
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from age_file import age_decrypt
from shapes import CHUNK, MIB, PART_HEADER, need, parse, unbase64

TAG = 16


def read_part(bucket, entry, identity, expected):
    """Lines of one part; [] without an identity, when only its size and digest are compared."""
    what, whole_file, size = entry['name'], hashlib.sha256(), 0
    need(entry['bytes'] <= 4 << 30 and entry['plainBytes'] <= 4 << 30, f'{what}: larger than allowed')
    path = os.path.join(bucket, *what.split('/'))
    need(os.path.isfile(path), f'{what}: missing')
    with open(path, 'rb') as file:
        while block := file.read(MIB):
            size += len(block)
            whole_file.update(block)
        need(size == entry['bytes'], f'{what}: length')
        need(whole_file.hexdigest() == entry['sha256'], f'{what}: digest')
        if identity is None:
            return []
        file.seek(0)
        start = file.read(12)
        need(start[:8] == b'HFPART1\n' and len(start) == 12, f'{what}: not a sealed part')
        length = struct.unpack('>I', start[8:])[0]
        need(length <= 65536, f'{what}: header too long')
        start += file.read(length)
        header = parse(start[12:], PART_HEADER, what)
        need({k: header[k] for k in expected} == expected, f'{what}: made for another place')
        lines = unseal(file, size - len(start), age_decrypt(unbase64(header['key'], what), identity, what),
                       hashlib.sha256(start).digest(), entry['plainBytes'], what)
    need(len(lines) == entry['rows'], f'{what}: number of lines')
    need(all(len(line) <= 16 * MIB for line in lines), f'{what}: a line is too long')
    return lines


def unseal(file, left, key, bound_to, plain_bytes, what):
    need(len(key) == 32, f'{what}: length of the data key')
    cipher, inflate = AESGCM(key), zstandard.ZstdDecompressor(max_window_size=8 * MIB).decompressobj()
    index, plain, last = 0, bytearray(), False
    while not last:
        last = left <= CHUNK + TAG
        place = struct.pack('>QB', index, last)
        sealed = file.read(min(left, CHUNK + TAG))
        need(len(sealed) >= TAG, f'{what}: truncated')
        chunk = cipher.decrypt(bytes(3) + place, sealed, bound_to + place)
        for at in range(0, len(chunk), 4096):  # small steps, so that a bomb is noticed before it fills the memory
            need(not inflate.eof, f'{what}: data after the frame')
            plain += inflate.decompress(chunk[at:at + 4096])
            need(len(plain) <= plain_bytes, f'{what}: more plain bytes than announced')
        index, left = index + 1, left - len(sealed)
    need(inflate.eof and not inflate.unused_data, f'{what}: not exactly one zstd frame')
    need(len(plain) == plain_bytes and plain[-1:] == b'\n', f'{what}: plain bytes')
    return bytes(plain[:-1]).split(b'\n')
