#!/usr/bin/env python3
"""Reads streams of hal9 with NumPy and the Zstandard library, written from hal9-stream(5) alone.

    read_stream.py head|neurons|connections|signals FILE

prints tab-separated text, as hal9-view(1) does. In a program of your own:

    from read_stream import Stream
    s = Stream("spikes.h9")
    for batch in s.signals():
        rate = len(batch["step"]) / ((batch["to"] - batch["from"]) * s.dt * 1e-3)

A file that is truncated, or damaged where it is read, raises ValueError; `hal9-view --check` looks at all of it. Connections
that the stream has as rules only are not made."""
import ctypes
import ctypes.util
import math
import struct
import sys

import numpy as np

KINDS = ("", "header", "populations", "neurons", "projections", "connections", "signals", "state", "metrics", "provenance",
         "labels", "index", "end")
RULES = ("", "one_to_one", "all_to_all", "pairwise_bernoulli", "pairwise_poisson", "fixed_indegree", "fixed_outdegree",
         "fixed_total_number", "radius", "k_nearest", "explicit")
PAYLOAD_MAX, FRAME_MAX = 67108864 + 16, 67372048

zstd = ctypes.CDLL(ctypes.util.find_library("zstd") or "libzstd.so.1")
zstd.ZSTD_decompress.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_char_p, ctypes.c_size_t]
zstd.ZSTD_decompress.restype = ctypes.c_size_t
zstd.ZSTD_isError.argtypes = [ctypes.c_size_t]
zstd.ZSTD_getFrameContentSize.argtypes = [ctypes.c_char_p, ctypes.c_size_t]
zstd.ZSTD_getFrameContentSize.restype = ctypes.c_ulonglong


def decompress(frame):
    size = zstd.ZSTD_getFrameContentSize(frame, len(frame))
    if not 16 <= size <= PAYLOAD_MAX:
        raise ValueError("a frame of %d bytes, expected 16 to %d" % (size, PAYLOAD_MAX))
    out = bytearray(size)
    got = zstd.ZSTD_decompress((ctypes.c_char * size).from_buffer(out), size, frame, len(frame))
    if zstd.ZSTD_isError(got) or got != size:
        raise ValueError("a frame is damaged")
    return out


class Cursor:
    """A block's body, from its first byte on."""

    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, form):
        values = struct.unpack_from("<" + form, self.data, self.at)
        self.at += struct.calcsize("<" + form)
        return values[0] if len(values) == 1 else values

    def bytes(self, n):
        if n > len(self.data) - self.at:
            raise ValueError("a body is cut")
        self.at += n
        return self.data[self.at - n:self.at]

    def array(self, dtype, n):
        dtype = np.dtype(dtype)
        return np.frombuffer(self.bytes(n * dtype.itemsize), dtype)

    def name(self):
        return self.bytes(self.take("H")).decode()

    def varints(self, n_bytes):
        """All in so many bytes."""
        b = self.array("u1", n_bytes)
        end = np.flatnonzero(b < 128)
        begin = np.concatenate(([0], end[:-1] + 1)).astype(np.int64)
        length = end - begin + 1
        value = np.zeros(len(end), np.int64)
        for k in range(length.max(initial=0)):
            more = length > k
            value[more] |= (b[begin[more] + k] & 127).astype(np.int64) << 7 * k
        return value

    def planes(self, n, width, dtype):
        """n numbers of `width` bytes: all their lowest bytes first, then all their next ones."""
        planes = self.array("u1", n * width).reshape(width, n)
        return np.ascontiguousarray(planes.T).reshape(-1).view(dtype)

    def expression(self):
        code = []
        for _ in range(self.take("H")):
            op, argument = self.take("BB")
            code.append((op, argument, self.take("d") if op == 1 else None))
        return code

    def distribution(self):
        kind = self.take("B")
        first = self.expression()
        second = self.expression() if kind in (1, 2, 3) else None
        return kind, first, second, self.take("dd")


TWO = {16: lambda a, b: a + b, 17: lambda a, b: a - b, 18: lambda a, b: a * b, 19: lambda a, b: a / b, 20: pow, 27: min,
       28: max, 29: math.atan2}
ONE = {48: lambda a: -a, 49: math.exp, 50: math.log, 51: math.log10, 52: math.sqrt, 53: abs, 54: math.floor, 55: math.ceil,
       57: math.sin, 58: math.cos, 59: math.tan, 60: math.tanh, 61: math.erf}


def constant(distribution):
    """Its value when it always is the same, else None."""
    kind, first, second, (low, high) = distribution

    def value(code):
        stack = []
        for op, _, number in code:
            if op == 1:
                stack.append(number)
            elif op in ONE:
                stack.append(ONE[op](stack.pop()))
            elif op in TWO:
                b = stack.pop()
                stack.append(TWO[op](stack.pop(), b))
            else:
                return None
        return stack.pop()

    a, b = value(first), value(second) if second else None
    if a is None or (kind in (2, 3) and b != 0) or (kind == 1 and a != b) or (kind == 4 and a != 0):
        return None
    return min(max(math.exp(a) if kind == 3 else a, low), high)


def sums(differences, counts):
    """Running sums that begin anew with each of the groups of so many."""
    total = np.cumsum(differences, dtype=np.int64)
    before = np.concatenate(([0], total))[np.cumsum(counts) - counts]
    return total - np.repeat(before, counts)


class Stream:
    """The file's header and populations; its records by neurons(), connections() and signals()."""

    def __init__(self, path):
        self.path = path
        for kind, _, body in self.blocks("header", "populations"):
            if kind == "header":
                _, self.dimensions, self.dt, self.seed = body.take("IIdQ")
                self.low, self.high = body.take("3d"), body.take("3d")
                self.n_neurons, n = body.take("II")
            else:
                self.populations = [self.population(body) for _ in range(n)]
                return

    @staticmethod
    def population(body):
        p = {"name": body.name(), "model": body.name()}
        p["first"], p["neurons"], p["placed"], _, n = body.take("IIBBH")
        p["values"] = {body.name(): body.take("Bd") for _ in range(n)}  # varies, constant
        p["columns"] = [v for v, (varies, _) in p["values"].items() if varies]
        return p

    def blocks(self, *kinds):
        """(kind, count, body) of those blocks; the stream has to be whole when all were read."""
        with open(self.path, "rb") as f:
            def read(n):
                data = f.read(n)
                if len(data) != n:
                    raise ValueError("%s: truncated" % self.path)
                return data

            if struct.unpack("<II4sI", read(16)) != (0x184D2A59, 8, b"hal9", 1):
                raise ValueError("%s: not a stream of hal9, version 1" % self.path)
            kind = 0
            while kind != 12:
                magic, size, length, kind, count = struct.unpack("<IIIIQ8x", read(32))
                if (magic, size) != (0x184D2A50, 24) or not 1 <= kind <= 12 or length > FRAME_MAX:
                    raise ValueError("%s: damaged before byte %d" % (self.path, f.tell()))
                frame = read(length)
                if KINDS[kind] not in kinds:
                    continue
                payload = decompress(frame)
                if struct.unpack_from("<IIQ", payload) != (kind, len(payload) - 16, count):
                    raise ValueError("%s: damaged before byte %d" % (self.path, f.tell()))
                yield KINDS[kind], count, Cursor(payload[16:])
            if f.read(1):
                raise ValueError("%s: something follows the end" % self.path)

    def neurons(self):
        """Dictionaries of id, population, and the columns: x, y, z, then the values that vary."""
        for _, count, body in self.blocks("neurons"):
            population, first, columns, _ = body.take("IIII")
            p = self.populations[population]
            names = list("xyz"[:self.dimensions] if p["placed"] else "") + p["columns"]
            if len(names) != columns:
                raise ValueError("%d columns, expected %d" % (columns, len(names)))
            yield {"id": p["first"] + first + np.arange(count), "population": p["name"],
                   **{name: body.array("<f4", count) for name in names}}

    @staticmethod
    def projection(body):
        p = {"name": body.name(), "synapse": body.name()}
        p["source"], p["target"], rule, flags, p["encoding"], _, _, _, n = body.take("IIBBBBBBH")
        p["rule"], p["materialised"] = RULES[rule], bool(flags & 16)
        p["number"], p["quantum"], p["receptor"] = body.take("ddd")
        body.take("7d")  # kernel
        body.expression()
        body.take("11d")  # mask
        p["weight"], p["delay"] = body.distribution(), body.distribution()
        p["values"] = {body.name(): body.take("d") for _ in range(n)}
        return p

    def projections(self):
        return [self.projection(body) for _, count, body in self.blocks("projections") for _ in range(count)]

    def connections(self):
        """Dictionaries of projection, source, target (ids), delay (steps) and weight."""
        projections = self.projections()
        for _, count, body in self.blocks("connections"):
            index, first, rows, width, encoding, _, n_bytes, _ = body.take("IIIBBHII")
            p = projections[index]
            source, target = (self.populations[p[end]]["first"] for end in ("source", "target"))
            numbers = body.varints(n_bytes)
            segments = np.empty(rows, np.int64)  # of each row
            at, pairs = 0, []
            for row in range(rows):
                segments[row] = n = numbers[at]
                pairs.append(slice(at + 1, at + 1 + 2 * n))
                at += 1 + 2 * int(n)
            pairs = np.concatenate([numbers[s] for s in pairs]).reshape(-1, 2)
            later, counts = pairs[:, 0], pairs[:, 1]
            if counts.sum() != count:
                raise ValueError("%d connections, expected %d" % (counts.sum(), count))
            differences = body.planes(count, width, "<u%d" % width)
            if encoding == 0:
                weight = np.full(count, constant(p["weight"]))
            else:
                width, dtype = {1: (2, "<i2"), 2: (4, "<f4"), 3: (8, "<f8")}[encoding]
                weight = body.planes(count, width, dtype) * (p["quantum"] if encoding == 1 else 1.0)
            yield {"projection": index,
                   "source": np.repeat(np.repeat(source + first + np.arange(rows), segments), counts),
                   "target": target + sums(differences, counts),
                   "delay": np.repeat(sums(later, segments), counts),
                   "weight": weight}

    def signals(self):
        """Dictionaries of from and to (steps), step and id; strength and priority or None."""
        for _, count, body in self.blocks("signals"):
            begin, end, _, n_bytes, width, strength, priority = body.take("qqIIBBB5x")
            pairs = body.varints(n_bytes).reshape(-1, 2)
            later, counts = pairs[:, 0], pairs[:, 1]
            if counts.sum() != count:
                raise ValueError("%d signals, expected %d" % (counts.sum(), count))
            batch = {"from": begin, "to": end, "step": np.repeat(begin + np.cumsum(later), counts),
                     "id": sums(body.planes(count, width, "<u%d" % width), counts), "strength": None, "priority": None}
            if strength:
                batch["strength"] = body.planes(count, strength, "<f%d" % strength)
            if priority:
                batch["priority"] = body.array("u1", count)
            yield batch


def show(*columns):
    for row in zip(*columns):
        print(*row, sep="\t")


def main(what, path):
    s = Stream(path)
    if what == "head":
        print("dt %g ms, seed %d, %d neurons" % (s.dt, s.seed, s.n_neurons))
        show(*zip(*[(p["name"], p["model"], p["neurons"], p["first"]) for p in s.populations]))
    elif what == "neurons":
        for n in s.neurons():
            ids = n.pop("id")
            show(ids, [n.pop("population")] * len(ids), *n.values())
    elif what == "connections":
        for c in s.connections():
            show(c["source"], c["target"], c["weight"], c["delay"] * s.dt)
    elif what == "signals":
        for b in s.signals():
            show(b["step"], b["id"])


if __name__ == "__main__":
    if len(sys.argv) != 3 or sys.argv[1] not in ("head", "neurons", "connections", "signals"):
        sys.exit("usage: read_stream.py head|neurons|connections|signals FILE")
    try:
        main(*sys.argv[1:])
    except BrokenPipeError:
        sys.stderr.close()
    except (ValueError, OSError) as error:
        sys.exit("read_stream.py: %s" % error)
