"""SONATA files read from the developer guide alone, by h5py, and every field of it checked. No part of hal9 is used.

    sonata.py nodes CIRCUIT         one line a node: population, node_id, x, y, z, model, then parameters as name=value
    sonata.py edges CIRCUIT         one line an edge, sorted: source population and id, target's, weight, delay
    sonata.py spikes FILE           time in ms, population, node_id
    sonata.py report FILE           time in ms, population, node_id, value
"""
import csv, json, os, sys
import h5py, numpy as np

def need(good, what):
    if not good: sys.exit("sonata.py: " + what)

def opened(path):
    f = h5py.File(path, "r")
    need(f.attrs["magic"] == 0x0A7A and f.attrs["magic"].dtype == np.uint32, f"{path}: magic")
    need(tuple(f.attrs["version"]) == (0, 1) and f.attrs["version"].dtype == np.uint32, f"{path}: version")
    return f

def text(v): return v.decode() if isinstance(v, bytes) else str(v)

class Circuit:
    def __init__(self, path):
        self.dir = os.path.dirname(os.path.abspath(path))
        self.config = json.load(open(path))
        self.variables = dict(self.config["manifest"])

    def path(self, p):
        while "$" in p:
            before = p
            p = p.replace("${configdir}", self.dir)
            for k, v in self.variables.items(): p = p.replace(k, v)
            need(p != before, f"variable in {p}")
        return p if os.path.isabs(p) else os.path.join(self.dir, p)

    def types(self, file, key):
        rows = list(csv.DictReader(open(self.path(file)), delimiter=" ", quotechar='"'))
        return {int(r[key]): r for r in rows}

def nodes(path):
    c = Circuit(path)
    for part in c.config["networks"]["nodes"]:
        types = c.types(part["node_types_file"], "node_type_id")
        with opened(c.path(part["nodes_file"])) as f:
            for name, pop in f["nodes"].items():
                n = len(pop["node_type_id"])
                for k in ("node_id", "node_group_id", "node_group_index"):
                    need(pop[k].shape == (n,) and pop[k].dtype.kind in "iu", f"{name}/{k}")
                need(sorted(pop["node_id"][:]) == list(range(n)), "node_id is 0 to n - 1")
                need(set(pop["node_group_id"][:]) == {0} and "0" in pop, "one group, 0")
                group = pop["0"]
                for k in ("x", "y", "z"):
                    if k in group: need(text(group[k].attrs["units"]) == "um", f"units of {k}")
                for i in range(n):
                    at = pop["node_group_index"][i]
                    t = types[int(pop["node_type_id"][i])]
                    need(t["model_type"] == "point_neuron" and t["model_template"].startswith("nest:"), "type")
                    params = {}
                    if t["dynamics_params"] != "NULL":
                        folder = c.path(c.config["components"]["point_neuron_models_dir"])
                        params = json.load(open(os.path.join(folder, t["dynamics_params"])))
                    for k, v in group.get("dynamics_params", {}).items():
                        need(v.shape == (n,) and "units" in v.attrs, k)
                        params[k] = v[at]
                    where = [f"{group[k][at]:.9g}" if k in group else "-" for k in ("x", "y", "z")]
                    print(name, pop["node_id"][i], *where, t["model_template"][5:],
                          *[f"{k}={np.float32(v):.9g}" for k, v in sorted(params.items())])

def edges(path):
    c = Circuit(path)
    lines = []
    for part in c.config["networks"]["edges"]:
        types = c.types(part["edge_types_file"], "edge_type_id")
        with opened(c.path(part["edges_file"])) as f:
            for name, pop in f["edges"].items():
                source, target = pop["source_node_id"], pop["target_node_id"]
                n = len(source)
                a, b = text(source.attrs["node_population"]), text(target.attrs["node_population"])
                for k in ("edge_type_id", "edge_group_id", "edge_group_index", "source_node_id", "target_node_id"):
                    need(pop[k].shape == (n,) and pop[k].dtype.kind in "iu", f"{name}/{k}")
                need(source.dtype == np.uint64 and target.dtype == np.uint64, "ids are uint64")
                group = pop["0"]
                need(set(np.unique(pop["edge_group_id"][:])) <= {0}, "one group, 0")
                at = pop["edge_group_index"][:]
                column = {}
                for k in ("syn_weight", "delay"):
                    if k in group:
                        need("units" in group[k].attrs and (k != "delay" or text(group[k].attrs["units"]) == "ms"), "units")
                        column[k] = group[k][:][at]
                    else:
                        column[k] = np.array([float(types[int(t)][k]) for t in pop["edge_type_id"][:]])
                s, t = source[:], target[:]
                for which, ids in (("source_to_target", s), ("target_to_source", t)):
                    index = pop["indices"][which]
                    first, ranges = index["node_id_to_ranges"], index["range_to_edge_id"]
                    need(index["node_id_to_range"] == first, "both names, one dataset")
                    need(first.shape[1] == 2 and ranges.shape[1] == 2, "pairs")
                    seen = np.zeros(n, int)
                    for node, (low, high) in enumerate(first[:]):
                        for begin, end in ranges[low:high]:
                            need(begin < end and (ids[begin:end] == node).all(), f"{which} of {node}")
                            seen[begin:end] += 1
                    need((seen == 1).all(), f"{which} covers each edge once")
                lines += [f"{a} {s[i]} {b} {t[i]} {column['syn_weight'][i]:.15g} {column['delay'][i]:.9g}" for i in range(n)]
    print("\n".join(sorted(lines)))

def spikes(path):
    with opened(path) as f:
        for name, pop in f["spikes"].items():
            kind = h5py.check_enum_dtype(pop.attrs.get_id("sorting").dtype)
            need(kind == {"none": 0, "by_id": 1, "by_time": 2} and pop.attrs["sorting"] == 2, "sorting")
            need(text(pop["timestamps"].attrs["units"]) == "ms" and pop["timestamps"].dtype == np.float64, "timestamps")
            need(pop["node_ids"].dtype == np.uint64 and pop["node_ids"].shape == pop["timestamps"].shape, "node_ids")
            times = pop["timestamps"][:]
            need((np.diff(times) >= 0).all(), "by time")
            for t, i in zip(times, pop["node_ids"][:]): print(repr(float(t)), name, i)

def report(path):
    with opened(path) as f:
        for name, pop in f["report"].items():
            data, m = pop["data"], pop["mapping"]
            start, stop, step = m["time"][:]
            n = len(m["node_ids"])
            need("units" in data.attrs and text(m["time"].attrs["units"]) == "ms", "units")
            need(m["index_pointers"].shape == (n + 1,) and (m["index_pointers"][:] == np.arange(n + 1)).all(), "index_pointers")
            need(m["element_ids"].shape == (n,) and data.shape[1] == n, "element_ids")
            need(data.shape[0] == round((stop - start) / step), "as many rows as times")
            for k, row in enumerate(data[:]):
                for i, v in zip(m["node_ids"][:], row): print(f"{start + k * step:.9g}", name, i, f"{v:.9g}")

{"nodes": nodes, "edges": edges, "spikes": spikes, "report": report}[sys.argv[1]](sys.argv[2])
