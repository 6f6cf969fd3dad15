"""Opens a short age file (age-encryption.org/v1) with an X25519 identity; written from the public age specification."""
import hmac, re

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from shapes import Refused, need, unbase64


def bech32_secret(text):
    alphabet = 'qpzry9x8gf2tvdw0s3jn54khce6mua7l'
    lower = text.strip().lower()
    need(re.fullmatch('age-secret-key-1[%s]{58}' % alphabet, lower), 'identity: not an age X25519 key')
    values, prefix, check = [alphabet.index(c) for c in lower[16:]], lower[:15], 1
    for value in [ord(c) >> 5 for c in prefix] + [0] + [ord(c) & 31 for c in prefix] + values:
        top, check = check >> 25, (check & 0x1FFFFFF) << 5 ^ value
        for bit, factor in enumerate((0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)):
            check ^= factor if top >> bit & 1 else 0
    need(check == 1, 'identity: checksum')
    number = int(''.join(f'{v:05b}' for v in values[:-6])[:256], 2)
    return X25519PrivateKey.from_private_bytes(number.to_bytes(32, 'big'))


def hkdf(secret, salt, info):
    return HKDF(SHA256(), 32, salt, info).derive(secret)


def age_decrypt(data, identity, what):
    head = re.match(rb'age-encryption\.org/v1\n((?:-> [!-~ ]+\n(?:[A-Za-z0-9+/]{64}\n)*[A-Za-z0-9+/]{0,63}\n)+)'
                    rb'---( [A-Za-z0-9+/]{43}\n)', data)
    need(head is not None, f'{what}: not an age file')
    public = identity.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    for stanza in re.finditer(rb'-> X25519 ([A-Za-z0-9+/]{43})\n([A-Za-z0-9+/]{43})\n', head[1]):
        share, body = (unbase64(x.decode(), what, padded=False) for x in stanza.groups())
        shared = identity.exchange(X25519PublicKey.from_public_bytes(share))
        wrap = ChaCha20Poly1305(hkdf(shared, share + public, b'age-encryption.org/v1/X25519'))
        try:
            file_key = wrap.decrypt(bytes(12), body, None)
        except InvalidTag:
            continue  # this stanza is for somebody else
        mac = hmac.digest(hkdf(file_key, None, b'header'), data[:head.start(2)], 'sha256')
        need(hmac.compare_digest(mac, unbase64(head[2][1:-1].decode(), what, padded=False)), f'{what}: age header')
        nonce, sealed = data[head.end():head.end() + 16], data[head.end() + 16:]
        # The content is 32 bytes, thus one chunk: counter 0 (11 bytes) and the mark of the last chunk.
        return ChaCha20Poly1305(hkdf(file_key, nonce, b'payload')).decrypt(bytes(11) + b'\x01', sealed, None)
    raise Refused(f'{what}: not sealed to this identity')
