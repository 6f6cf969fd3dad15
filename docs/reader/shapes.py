"""Strict JSON, and what each object of the replica format has to look like (docs/replica-format.md)."""
import base64, hashlib, json, re
from datetime import datetime

MIB, CHUNK = 1 << 20, 262144


class Refused(Exception):
    """The bucket does not hold what the premises published, or not in the form the page describes."""


def need(condition, message):
    if not condition:
        raise Refused(message)


def sha256(data):
    return hashlib.sha256(data).hexdigest()


# --- Shapes of JSON objects (section 1): a dict of members, a list of one shape, a pattern, or a check -------------

def whole(value):
    return type(value) is int and 0 <= value < 2 ** 53


def once(value):
    return type(value) is int and 0 < value < 2 ** 53


def nullable(shape):
    return lambda value: value is None or fits(value, shape)


def optional(members, more):
    return lambda value: isinstance(value, dict) and fits(value, members | {k: s for k, s in more.items() if k in value})


def fits(value, shape):
    if isinstance(shape, dict):
        return isinstance(value, dict) and set(value) == set(shape) and all(fits(value[k], s) for k, s in shape.items())
    if isinstance(shape, list):
        return isinstance(value, list) and len(value) <= 20000 and all(fits(item, shape[0]) for item in value)
    if isinstance(shape, str):
        return isinstance(value, str) and re.fullmatch(shape, value, re.ASCII) is not None
    return shape(value)


def moment(value):
    try:
        return fits(value, r'\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z') and bool(datetime.fromisoformat(value[:-1]))
    except ValueError:
        return False


TIME, HEX, NAME, TYPE = moment, '[0-9a-f]{64}', '[a-z0-9][a-z0-9-]{0,62}', '[a-z][A-Za-z0-9_]{0,62}'
KEY, AGE, UUID = '[A-Za-z0-9+/]{43}=', 'age1[02-9ac-hj-np-z]{58}', '[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}'
# The pattern also keeps a name from leading out of the bucket's folder.
PART = {'name': r'd/\d{8}/\d{10}-\d{5}(-e\d{10})?', 'bytes': once, 'sha256': HEX, 'rows': whole, 'plainBytes': whole}
OBJECT = r'b/[0-9]{1,9}/[A-Za-z0-9_][A-Za-z0-9._-]*'
BLOB = {'name': OBJECT, 'bytes': once, 'sha256': HEX}
BLOB_HEADER = {'codec': 'none', 'cipher': 'aes-256-gcm', 'chunk': lambda v: v == CHUNK and type(v) is int,
               'tenant': NAME, 'name': OBJECT, 'bytes': whole}
KEYED_BLOB_HEADER = dict(BLOB_HEADER, key='[A-Za-z0-9+/]+={0,2}')
ENVELOPE = {'payloadType': '.{1,200}', 'payload': '[A-Za-z0-9+/]*={0,2}',
            'signatures': [{'keyid': HEX, 'sig': '[A-Za-z0-9+/]{86}=='}]}
ROOT = {'format': 'holdfast-root/1', 'tenant': NAME, 'version': once, 'createdAt': TIME,
        'rootKeys': {'threshold': once, 'keys': [KEY]}, 'manifestKeys': [KEY], 'auditKeys': [KEY],
        'inboxRecipient': nullable(AGE), 'replicas': [{'name': NAME, 'key': KEY, 'recipient': AGE}]}
BEAT = {'format': 'holdfast-beat/1', 'tenant': NAME, 'root': once, 'generation': once, 'n': once, 'manifest': HEX,
        'epoch': whole, 'asOf': TIME, 'createdAt': TIME, 'expires': TIME}
MANIFEST = {
    'format': 'holdfast-replica/1', 'tenant': NAME, 'root': once, 'generation': once, 'n': once,
    'kind': 'snapshot|delta', 'nonce': '[0-9a-f]{32}', 'previous': nullable(HEX),
    'equals': nullable({'generation': once, 'n': once, 'manifest': HEX}), 'epoch': whole,
    'policy': {'version': whole, 'hash': HEX}, 'schemaVersion': once, 'minReader': once, 'features': ['.*'],
    'asOf': TIME, 'createdAt': TIME, 'recipients': [AGE], 'parts': [PART],
    'types': [{'type': TYPE, 'upserts': whole, 'deletes': whole, 'count': whole, 'checksum': HEX}],
    'attachments': {'available': whole, 'pending': whole, 'added': [BLOB], 'condemned': [OBJECT],
                    'lists': [dict(PART, name=r'd/\d{8}/\d{10}-files(-e\d{10})?')]}}
ACK = {'format': 'holdfast-ack/1', 'tenant': NAME, 'replica': NAME, 'root': once, 'generation': once, 'n': once,
       'manifest': HEX, 'asOf': TIME, 'appliedAt': TIME, 'sequence': once,
       'recipients': [{'fromGeneration': whole, 'recipient': AGE}], 'destroyed': [AGE]}
PART_HEADER = {'codec': 'zstd', 'cipher': 'aes-256-gcm', 'chunk': lambda v: v == CHUNK and type(v) is int,
               'tenant': NAME, 'generation': once, 'n': once, 'part': whole, 'key': '[A-Za-z0-9+/]+={0,2}'}
LINE_HEADER = {'digestKey': HEX, 'policyVersion': whole,
               'types': [optional({'type': TYPE, 'columns': [{'name': '.+', 'type': '.+'}]},
                                  {'treatments': [{'field': '.+', 'as': '.+'}]})]}


def parse(data, shape, what):
    """JSON in exactly one spelling: what serialising it again gives. A shape of None checks the spelling only."""
    try:
        value = json.loads(data.decode('utf-8'))
        again = json.dumps(value, ensure_ascii=False, separators=(',', ':'), allow_nan=False).encode('utf-8')
    except (ValueError, RecursionError) as error:
        raise Refused(f'{what}: not JSON: {error}')
    need(again == data, f'{what}: not in canonical spelling')
    need(shape is None or fits(value, shape), f'{what}: members are not as described')
    return value


def unbase64(text, what, padded=True):
    """Only the one canonical spelling; age files are written without padding."""
    try:
        data = base64.b64decode(text if padded else text + '=' * (-len(text) % 4), validate=True)
    except ValueError:
        raise Refused(f'{what}: not base64')
    spelled = base64.b64encode(data).decode()
    need((spelled if padded else spelled.rstrip('=')) == text, f'{what}: base64 is not canonical')
    return data
