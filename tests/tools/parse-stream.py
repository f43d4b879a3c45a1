"""Reads the container of a stream by hal9-stream(5) alone, with the zstd program and libxxhash as
authorities, and fails at the first byte that is not as the manual says.
Usage: parse-stream.py FILE; prints one line a block."""
import ctypes
import ctypes.util
import struct
import subprocess
import sys

KINDS = ["", "header", "populations", "neurons", "projections", "connections", "signals", "state", "metrics",
         "provenance", "labels", "index", "end"]
CONTENT = {1, 2, 3, 4, 5, 6, 7, 9, 10}


class Hash128(ctypes.Structure):
    _fields_ = [("low", ctypes.c_uint64), ("high", ctypes.c_uint64)]


xxhash = ctypes.CDLL(ctypes.util.find_library("xxhash") or "libxxhash.so.0")
for name, result in (("XXH3_64bits", ctypes.c_uint64), ("XXH3_128bits", Hash128)):
    f = getattr(xxhash, name)
    f.argtypes, f.restype = [ctypes.c_char_p, ctypes.c_size_t], result
xxhash.XXH64.argtypes, xxhash.XXH64.restype = [ctypes.c_char_p, ctypes.c_size_t, ctypes.c_uint64], ctypes.c_uint64


def check(b):
    return xxhash.XXH3_64bits(b, len(b)) & 0xFFFFFFFF


def hash128(b):
    h = xxhash.XXH3_128bits(b, len(b))
    return struct.pack("<QQ", h.low, h.high)


data = open(sys.argv[1], "rb").read()
raw = subprocess.run(["zstd", "-q", "-dc", sys.argv[1]], check=True, stdout=subprocess.PIPE).stdout
assert struct.unpack_from("<II4sI", data) == (0x184D2A59, 8, b"hal9", 1), "prologue"

at, raw_at, blocks, digests, listed = 16, 0, [], b"", []
last_index = first_entry = 0
while at < len(data):
    tag = data[at:at + 32]
    magic, size, length, kind, count, frame_check, tag_check = struct.unpack("<IIIIQII", tag)
    frame = data[at + 32:at + 32 + length]
    assert (magic, size) == (0x184D2A50, 24) and len(frame) == length <= 67372048, "tag"
    assert tag_check == check(tag[:28]) and frame_check == check(frame), "checks"
    payload_kind, body_length, payload_count = struct.unpack_from("<IIQ", raw, raw_at)
    payload = raw[raw_at:raw_at + 16 + body_length]
    body = payload[16:]
    assert (payload_kind, payload_count) == (kind, count) and len(body) == body_length, "payload head"
    n = len(payload)
    form = 0 if n < 256 else 1 if n < 65792 else 2
    head = struct.pack("<IB", 0xFD2FB528, form << 6 | 0x24)
    head += [struct.pack("<B", n & 255), struct.pack("<H", (n - 256) & 65535), struct.pack("<I", n)][form]
    assert frame.startswith(head), "frame header"
    assert struct.unpack("<I", frame[-4:])[0] == xxhash.XXH64(payload, n, 0) & 0xFFFFFFFF, "content checksum"
    print(len(blocks), KINDS[kind], at, length, body_length, count)
    if kind == 12:
        break
    if kind == 11:
        want = struct.pack("<QQ", first_entry, last_index) + b"".join(listed)
        assert body == want and count == len(listed), "index"
        last_index, first_entry, listed = at, len(blocks) + 1, []
    else:
        listed.append(struct.pack("<QQIIII", at, count, length, body_length, kind, 0))
    if kind in CONTENT:
        digests += hash128(payload)
    blocks.append((kind, count))
    at += 32 + length
    raw_at += n

assert kind == 12 and at + 374 == len(data) and not listed, "end block last"
assert frame.hex().startswith("28b52ffd644800" + "410a00") and count == len(blocks), "end block's form"
assert body[:16] == hash128(digests), "content hash"
assert body[16:32] == hash128(data[:at]), "stream hash"
assert struct.unpack_from("<QQQ", body, 32) == (len(blocks), at, last_index), "end block's numbers"
totals = b"".join(struct.pack("<QQ", sum(k == i for k, _ in blocks), sum(c for k, c in blocks if k == i))
                  for i in range(16))
assert body[56:] == totals, "end block's totals"
print("content", body[8:16][::-1].hex() + body[:8][::-1].hex())
