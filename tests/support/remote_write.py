"""Remote write bodies by hand: protobuf, wrapped in snappy's block format without compressing."""

import struct

import requests


def varint(value):
    out = bytearray()
    value &= (1 << 64) - 1
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes(out + bytes([value]))


def field(number, payload):
    return varint(number << 3 | 2) + varint(len(payload)) + payload


def series(labels, samples):
    """A TimeSeries: labels as pairs in the order given, samples as (timestamp in ms, value)."""
    body = b"".join(field(1, field(1, name if isinstance(name, bytes) else name.encode()) + field(2, value if isinstance(value, bytes) else value.encode()))
                    for name, value in labels)
    return body + b"".join(field(2, b"\x09" + struct.pack("<d", value) + b"\x10" + varint(time_ms)) for time_ms, value in samples)


def snappy(data):
    out = bytearray(varint(len(data)))
    for at in range(0, len(data), 60):
        part = data[at:at + 60]
        out += bytes([(len(part) - 1) << 2]) + part
    return bytes(out)


def write_request(*all_series):
    return snappy(b"".join(field(1, one) for one in all_series))


def post(url, body, **headers):
    return requests.post(url, data=body, timeout=30, headers={"Content-Encoding": "snappy", "Content-Type": "application/x-protobuf",
                                                              "X-Prometheus-Remote-Write-Version": "0.1.0", **headers})
