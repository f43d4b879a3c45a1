"""png.py FILE: width, height, the number of colours and the share of pixels that are not the background, which is the
colour of the upper left corner. By zlib and the filters of the PNG specification (ISO/IEC 15948)."""
import struct
import sys
import zlib

import numpy as np


def pixels(name):
    b = open(name, "rb").read()
    assert b[:8] == b"\x89PNG\r\n\x1a\n", f"{name} is no PNG"
    at, data = 8, b""
    while at < len(b):
        n, kind = struct.unpack(">I4s", b[at:at + 8])
        body = b[at + 8:at + 8 + n]
        assert zlib.crc32(kind + body) == struct.unpack(">I", b[at + 8 + n:at + 12 + n])[0]
        if kind == b"IHDR":
            w, h, depth, colour = struct.unpack(">IIBB", body[:10])
        if kind == b"IDAT":
            data += body
        at += 12 + n
    assert depth == 8 and colour in (2, 6), "expected 8 bits a channel, RGB or RGBA"
    size = 3 if colour == 2 else 4
    raw = np.frombuffer(zlib.decompress(data), np.uint8).reshape(h, 1 + w * size)
    out = np.zeros((h, w * size), np.uint8)
    prior = np.zeros(w * size, np.uint8)
    for y, row in enumerate(raw):
        f, line = row[0], row[1:]
        if f == 1:  # the pixel to the left
            line = np.cumsum(line.reshape(w, size), axis=0, dtype=np.uint8).ravel()
        elif f == 2:  # the pixel above
            line = line + prior
        elif f in (3, 4):
            l, p, o = line.tolist(), prior.tolist(), [0] * (w * size)
            for i in range(w * size):
                left, above = o[i - size] if i >= size else 0, p[i]
                if f == 3:
                    v = (left + above) // 2
                else:
                    corner = p[i - size] if i >= size else 0
                    e = left + above - corner
                    pa, pb, pc = abs(e - left), abs(e - above), abs(e - corner)
                    v = left if pa <= pb and pa <= pc else above if pb <= pc else corner
                o[i] = (l[i] + v) & 255
            line = np.array(o, np.uint8)
        out[y] = prior = line
    return out.reshape(h, w, size)[:, :, :3]


if __name__ == "__main__":
    p = pixels(sys.argv[1]).astype(np.uint32)
    flat = (p[:, :, 0] << 16 | p[:, :, 1] << 8 | p[:, :, 2])
    print(flat.shape[1], flat.shape[0], len(np.unique(flat)), round(float((flat != flat[0, 0]).mean()), 5))
