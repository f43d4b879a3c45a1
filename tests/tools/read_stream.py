"""Reads the blocks of a stream by hal9-stream(5) alone, with the zstd program to decompress, and prints records
as text, to be compared with those of hal9-view.
Usage: read_stream.py head|neurons|signals|strengths|connections|provenance FILE

head: a line for the header, one a population, one a projection (index, source, target, rule)
neurons: id, population, x, y, z, then the varying values: hexadecimal f32 bits
signals: from and to of each batch with 'batch' before, else step, id
strengths: step, id, strength, priority of each signal
connections: source, target, weight (exact), delay in steps
provenance: program, seed, parents"""
import struct
import subprocess
import sys

RULES = ["", "one_to_one", "all_to_all", "pairwise_bernoulli", "pairwise_poisson", "fixed_indegree", "fixed_outdegree",
         "fixed_total_number", "radius", "k_nearest", "explicit"]


class Cursor:
    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, form):
        v = struct.unpack_from("<" + form, self.data, self.at)
        self.at += struct.calcsize("<" + form)
        return v[0] if len(v) == 1 else v

    def bytes(self, n):
        assert self.at + n <= len(self.data)
        self.at += n
        return self.data[self.at - n:self.at]

    def name(self, form="H"):
        return self.bytes(self.take(form)).decode()

    def varint(self):
        v = shift = 0
        while True:
            b = self.take("B")
            v |= (b & 127) << shift
            shift += 7
            if b < 128:
                return v

    def planes(self, n, width):
        planes = [self.bytes(n) for _ in range(width)]
        return [sum(planes[k][i] << 8 * k for k in range(width)) for i in range(n)]

    def expression(self):
        code = []
        for _ in range(self.take("H")):
            op, arg = self.take("BB")
            code.append((op, arg, self.take("d") if op == 1 else None))
        return code

    def distribution(self):
        kind = self.take("B")
        a = self.expression()
        b = self.expression() if kind in (1, 2, 3) else []
        return kind, a, b, self.take("dd")

    def end(self):
        assert self.at == len(self.data), (self.at, len(self.data))


def blocks(path):
    raw = subprocess.run(["zstd", "-q", "-dc", path], check=True, stdout=subprocess.PIPE).stdout
    at = 0
    while at < len(raw):
        kind, length, count = struct.unpack_from("<IIQ", raw, at)
        yield kind, count, Cursor(raw[at + 16:at + 16 + length])
        at += 16 + length


def constant(dist):
    """The value of a constant distribution that is one number, else None."""
    kind, a, b, (low, high) = dist
    if kind == 0 and len(a) == 1 and a[0][0] == 1:
        return min(max(a[0][2], low), high)
    return None


def f32_hex(bits):
    return "%08x" % bits


mode, path = sys.argv[1], sys.argv[2]
header, populations, projections = None, [], []
out = []
for kind, count, c in blocks(path):
    if kind == 1:
        zero, dims = c.take("II")
        dt, seed = c.take("dQ")
        lo, hi = c.take("ddd"), c.take("ddd")
        neurons, n = c.take("II")
        assert zero == 0 and count == 1
        header = (dims, dt, seed, lo, hi, neurons, n)
        c.end()
        if mode == "head":
            print(dims, dt, seed, *lo, *hi, neurons, n)
    elif kind == 2:
        assert count == header[6]
        for _ in range(count):
            p = {"name": c.name(), "model": c.name()}
            p["first"], p["count"], p["placed"], zero, n = c.take("IIBBH")
            assert zero == 0
            p["values"] = [(c.name(), *c.take("Bd")) for _ in range(n)]
            populations.append(p)
            if mode == "head":
                print(p["name"], p["model"], p["first"], p["count"], p["placed"],
                      *(f"{n}={'varies' if v else k}" for n, v, k in p["values"]))
        c.end()
    elif kind == 3:
        index, first, columns, zero = c.take("IIII")
        p = populations[index]
        coordinates = header[0] if p["placed"] else 0
        assert zero == 0 and columns == coordinates + sum(v for _, v, _ in p["values"])
        data = [c.take("%dI" % count) if count > 1 else (c.take("I"),) for _ in range(columns)]
        c.end()
        if mode == "neurons":
            for i in range(count):
                print(p["first"] + first + i, p["name"], *(f32_hex(d[i]) for d in data), sep="\t")
    elif kind == 4:
        for i in range(count):
            name, synapse = c.name(), c.name()
            q = dict(zip(("source", "target", "rule", "flags", "encoding", "kernel", "mask"), c.take("IIBBBBB")))
            zero, values = c.take("BH")
            assert zero == 0
            number, q["quantum"], receptor, scale = c.take("dddd")
            c.take("6d")
            c.expression()
            c.take("11d")
            q["weight"], q["delay"] = c.distribution(), c.distribution()
            q["synapse"], q["values"] = synapse, [(c.name(), *c.take("d")) for _ in range(values)]
            projections.append(q)
            if mode == "head":
                print(i + 1, populations[q["source"]]["name"], populations[q["target"]]["name"], RULES[q["rule"]],
                      "%g" % number)
        c.end()
    elif kind == 5:
        index, first, rows, width, encoding, zero, segment_bytes, zero2 = c.take("IIIBBHII")
        q = projections[index]
        source, target = populations[q["source"]], populations[q["target"]]
        assert (zero, zero2) == (0, 0) and encoding == q["encoding"] and q["flags"] & 16
        assert width == (1 if target["count"] <= 256 else 2 if target["count"] <= 65536 else 4)
        segments, begin = [], c.at
        for row in range(rows):
            delay = 0
            for _ in range(c.varint()):
                delay += c.varint()
                segments.append((row, delay, c.varint()))
        assert c.at - begin == segment_bytes and sum(s[2] for s in segments) == count
        differences = c.planes(count, width)
        if encoding == 1:
            weights = [(w - 65536 if w > 32767 else w) * q["quantum"] for w in c.planes(count, 2)]
        elif encoding == 2:
            weights = [struct.unpack("<f", struct.pack("<I", w))[0] for w in c.planes(count, 4)]
        elif encoding == 3:
            weights = [struct.unpack("<d", struct.pack("<Q", w))[0] for w in c.planes(count, 8)]
        else:
            weights = [constant(q["weight"])] * count
        c.end()
        i = 0
        for row, delay, n in segments:
            t = 0
            for _ in range(n):
                t += differences[i]
                assert t < target["count"]
                out.append((source["first"] + first + row, len(out), index, target["first"] + t, weights[i], delay))
                i += 1
    elif kind == 6:
        first, last, steps, step_bytes, width, strength, priority = c.take("qqIIBBB")
        assert c.bytes(5) == bytes(5) and strength in (0, 4, 8) and priority in (0, 1)
        if mode == "signals":
            print("batch", first, last)
        begin, step, runs = c.at, first, []
        for _ in range(steps):
            step += c.varint()
            runs.append((step, c.varint()))
        assert c.at - begin == step_bytes and step <= last
        differences = iter(c.planes(count, width))
        planes = c.bytes(strength * count)
        bits = [bytes(planes[k * count + i] for k in range(strength)) for i in range(count)]
        form = {0: None, 4: "<f", 8: "<d"}[strength]
        strengths = iter([struct.unpack(form, b)[0] if form else "nan" for b in bits])
        priorities = iter(list(c.bytes(count)) if priority else ["nan"] * count)
        c.end()
        for step, n in runs:
            neuron = 0
            for _ in range(n):
                neuron += next(differences)
                strong = next(strengths), next(priorities)
                if mode == "signals":
                    print(step, neuron, sep="\t")
                if mode == "strengths":
                    print(step, neuron, *strong, sep="\t")
    elif kind == 9:
        program, version, options, label = c.name(), c.name(), c.name("I"), c.name("I")
        seed, parents = c.take("QI")
        hashes = []
        for _ in range(parents):
            low, high = c.take("QQ")
            hashes.append("%016x%016x" % (high, low))
        c.end()
        if mode == "provenance":
            print(program, seed, options, ",".join(hashes), sep="\t")

if mode == "connections":
    # Blocks of a group come projection by projection; rows of the network source by source.
    for source, _, index, target, weight, delay in sorted(out, key=lambda r: (r[0], r[2], r[1])):
        print(source, target, repr(weight), delay, sep="\t")
