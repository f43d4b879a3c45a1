#!/usr/bin/env python3
"""parse-metrics.py FILE [NAME [LABEL=VALUE,...]]: reads the text exposition format of Prometheus (0.0.4), strictly: HELP
and TYPE once before a name's samples, samples of a name together, no sample twice, names and labels of the alphabet, a
type that is known, counters that end in _total and are not negative, histograms whose buckets grow up to +Inf = count.
With NAME: prints the value of its only sample that has these labels."""
import re
import sys

SAMPLE = re.compile(r'([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{([^}]*)\})? (\S+)$')
LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"(?:,|$)')


def base(name, types):
    for end in ("_bucket", "_sum", "_count"):
        if name.endswith(end) and types.get(name[: -len(end)]) == "histogram":
            return name[: -len(end)]
    return name


def parse(path):
    text = open(path, encoding="utf-8").read()
    assert text.endswith("\n"), "the last line ends"
    samples, types, helps, closed, now = {}, {}, set(), set(), None
    for line in text[:-1].split("\n"):
        if line.startswith("# "):
            kind, name, rest = line[2:].split(" ", 2)
            assert re.fullmatch(r"[a-zA-Z_:][a-zA-Z0-9_:]*", name), line
            if kind == "HELP":
                assert name not in helps and rest, line
                helps.add(name)
            else:
                assert kind == "TYPE" and name not in types and name in helps, line
                assert rest in ("counter", "gauge", "histogram", "summary", "untyped"), line
                assert rest != "counter" or name.endswith("_total"), line
                types[name] = rest
            continue
        m = SAMPLE.match(line)
        assert m, line
        name, labels, number = m.groups()
        found = LABEL.findall(labels or "")
        assert ",".join(f'{k}="{v}"' for k, v in found) == (labels or ""), line
        key = base(name, types)
        assert key in types, line
        if key != now:
            assert key not in closed, line
            closed.add(now)
            now = key
        at = (name, tuple(sorted(found)))
        assert at not in samples, line
        samples[at] = float(number)
        assert types[key] != "counter" or samples[at] >= 0, line
    for h in [n for n, t in types.items() if t == "histogram"]:
        buckets = [(float(dict(l)["le"]), v) for (n, l), v in samples.items() if n == h + "_bucket"]
        assert buckets == sorted(buckets) and buckets[-1][0] == float("inf"), h
        assert all(a[1] <= b[1] for a, b in zip(buckets, buckets[1:])), h
        [count] = [v for (n, l), v in samples.items() if n == h + "_count"]
        assert buckets[-1][1] == count, h
    return samples


if __name__ == "__main__":
    got = parse(sys.argv[1])
    if len(sys.argv) > 2:
        wanted = [tuple(x.split("=", 1)) for x in sys.argv[3].split(",") if x] if len(sys.argv) > 3 else []
        hits = [v for (n, l), v in got.items() if n == sys.argv[2] and set(wanted) <= set(l)]
        if len(hits) != 1:
            sys.exit(f"{sys.argv[1]}: {len(hits)} samples of {sys.argv[2:]}")
        print(f"{hits[0]:.15g}")
