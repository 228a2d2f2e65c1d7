"""Decodes frames with kafka-python: a line of JSON for each that is read, in their order.

In:  {"name": "FetchRequest", "version": 13, "frame": hex from the header on}
Out: {"header": {...}, "body": {...}, "left": bytes left over, "again": hex of the body encoded again}
     {"error": why it was not decoded}
Names are Kafka's with a small first letter; bytes and ids are hex; fields that the version lacks and tagged ones that are absent are left out.
"""

import io
import json
import struct
import sys
import uuid

import kafka.protocol.admin
import kafka.protocol.consumer
import kafka.protocol.metadata
import kafka.protocol.producer
import kafka.protocol.sasl
from kafka.protocol.api_message import ApiMessage

# A number in JavaScript; what is greater stands for "no bound".
MAX_SAFE_INTEGER = 2**53 - 1
# It makes a set of the bits of authorized operations, by another name, and None of a zero id.
BIT_FIELD = struct.Struct(">i")


def subclasses(of):
    for cls in of.__subclasses__():
        yield cls
        yield from subclasses(cls)


CLASSES = {cls.name: cls for cls in subclasses(ApiMessage) if cls._json is not None and cls._class_version is None}


def plain(value, field, version):
    if value is None and field._type_str in ("uuid", "[]uuid"):
        return "0" * 32
    if field.name == "authorized_operations":
        value = {31} if value is None else value
        return BIT_FIELD.unpack(struct.pack(">I", sum(1 << bit for bit in value)))[0]
    if value is None or isinstance(value, (bool, str, float)):
        return value
    if isinstance(value, uuid.UUID):
        return value.hex
    if isinstance(value, (bytes, bytearray, memoryview)):
        return bytes(value).hex()
    if isinstance(value, int):
        return min(value, MAX_SAFE_INTEGER)
    if isinstance(value, (list, tuple)):
        return [plain(item, field, version) for item in value]
    return plain_struct(value, version)


def name_of(value, field):
    if field.name == "authorized_operations":
        of_group = any(other.name == "group_state" for other in value._struct._fields)
        if of_group:
            return "authorizedOperations"
        return "clusterAuthorizedOperations" if isinstance(value, ApiMessage) else "topicAuthorizedOperations"
    return field._name[0].lower() + field._name[1:]


def plain_struct(value, version):
    out = {}
    for field in value._struct._fields:
        is_absent = field.tagged_field_q(version) and field.name not in (value.tags or ())
        if field.for_version_q(version) and not is_absent:
            out[name_of(value, field)] = plain(getattr(value, field.name), field, version)
    return out


def decode(name, version, frame):
    cls = CLASSES.get(name)
    if cls is None:
        raise ValueError("kafka-python does not know " + name)
    if version > cls.max_version:
        raise ValueError("kafka-python does not know version %d of %s" % (version, name))
    stream = io.BytesIO(frame)
    header = cls.parse_header(stream, version=version)
    flexible = cls.flexible_version_q(version)
    data = memoryview(frame)
    read = cls._struct.compiled_decode_from(version, compact=flexible, tagged=flexible, data_class=cls)
    body, end = read(data, stream.tell())
    body._header = None
    again = body.encode(version=version)
    return {
        "header": plain_struct(header, 2 if flexible and cls.is_request() else 1),
        "body": plain_struct(body, version),
        "left": len(frame) - end,
        "again": bytes(again).hex(),
    }


for line in sys.stdin:
    asked = json.loads(line)
    try:
        print(json.dumps(decode(asked["name"], asked["version"], bytes.fromhex(asked["frame"]))))
    except Exception as error:  # Whatever it is, it is the answer.
        print(json.dumps({"error": "%s: %s" % (type(error).__name__, error)}))
