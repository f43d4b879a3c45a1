#!/usr/bin/python3
"""The networks of examples/vogels-abbott-coba.yaml and -cuba.yaml in NEURON: networks coba and cuba.

A neuron is a passive compartment of 20,000 um2 and a point process with synapses, threshold and reset; fixed
steps of 0.1 ms (implicit Euler), spikes delivered through the queue made for that. Timed is pc.psolve alone.
"""
import glob
import os
import shutil
import subprocess
import sys
import time

import numpy as np

import brian2_common as common

here = os.path.dirname(os.path.abspath(__file__))


def mechanisms():
    """Compiles the mechanisms, once, and returns the library. Debian's nrnivmodl writes the rules but looks for
    its makefile where the package does not put it; make is called with the right one then."""
    where = common.folder("mechanisms")
    library = glob.glob(os.path.join(where, "*", "libnrnmech.so"))
    if library:
        return library[0]
    os.makedirs(where, exist_ok=True)
    names = ["vacoba", "vacuba"]
    for name in names:
        shutil.copy(os.path.join(here, name + ".mod"), where)
    link = "-L/usr/lib/nrn -Wl,-rpath,/usr/lib/nrn"
    fast = "-O3 -march=native"
    to_stderr = {"stdout": sys.stderr, "stderr": sys.stderr}
    subprocess.run(["nrnivmodl", "-loadflags", link, "-incflags", fast], cwd=where, **to_stderr)
    rules = "/usr/lib/nrn/nrnmech_makefile"
    for made in glob.glob(os.path.join(where, "*", "makemod2c_inc")):
        if not glob.glob(os.path.join(where, "*", "libnrnmech.so")):
            subprocess.run(["make", "-f", rules, "ROOT=/usr", "UserLDFLAGS=" + link, "UserINCFLAGS=" + fast,
                            "MODOBJFILES=" + " ".join("./%s.o" % name for name in names), "mech_lib_shared"],
                           cwd=os.path.dirname(made), check=True, **to_stderr)
    return glob.glob(os.path.join(where, "*", "libnrnmech.so"))[0]


def main():
    network, n, threads, seconds = common.arguments()
    if network not in ("coba", "cuba"):
        sys.exit(64)
    os.environ.setdefault("NEURON_MODULE_OPTIONS", "-nogui")
    library = mechanisms()
    from neuron import h

    if not hasattr(h, "VaCoba"):
        h.nrn_load_dll(library)
    rng = np.random.default_rng(common.seed())
    pc = h.ParallelContext()
    coba = network == "coba"
    n_ex = round(0.8 * n)
    w_ex, w_in = (4e-3, -51e-3) if coba else (16.2e-3, -90e-3)
    sections, cells, connections = [], [], []
    for i in range(n):
        s = h.Section(name="c%d" % i)
        s.nseg, s.L, s.diam, s.cm = 1, 100, 20000 / (100 * np.pi), 1
        s.insert("pas")
        seg = s(0.5)
        seg.pas.g, seg.pas.e = 5e-5, -60 if coba else -49
        cell = h.VaCoba(seg) if coba else h.VaCuba(seg)
        cell.i_b = 0.2 if coba else 0
        pc.set_gid2node(i, 0)
        pc.cell(i, h.NetCon(cell, None))
        sections.append(s)
        cells.append(cell)
    for i in range(n):
        for source in np.flatnonzero(rng.random(n) < 80 / n):
            c = pc.gid_connect(int(source), cells[i])
            c.weight[0] = w_ex if source < n_ex else w_in
            c.delay = 0.8
            connections.append(c)
    times, ids = h.Vector(), h.Vector()
    pc.spike_record(-1, times, ids)
    cvode = h.CVode()
    cvode.cache_efficient(1)
    cvode.queue_mode(1)
    pc.nthread(threads)
    h.dt = 0.1
    h.finitialize()
    for s, v in zip(sections, rng.uniform(-60, -50, n)):
        s.v = v
    h.fcurrent()
    pc.set_maxstep(10)
    began = time.perf_counter()
    pc.psolve(seconds * 1000)
    wall = time.perf_counter() - began
    i, t = np.array(ids).astype(int), np.array(times) * 1e-3
    late = t >= common.TRANSIENT
    i, t = i[late], t[late]
    import neuron

    common.line("NEURON", neuron.__version__, network, threads, seconds, wall,
                len(i) / n / (seconds - common.TRANSIENT), common.irregularity(i, t, n))


main()
