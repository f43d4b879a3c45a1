"""What the Brian2 peers share: C++ standalone code, built once into a folder and run from there.

A peer is called  PEER NETWORK N THREADS SECONDS  and prints one line (see README.md beside the driver). The
folder H9_BENCH_CACHE/NAME keeps the compiled program, so that only its runs are timed: the time is that of
the simulation loop as the program itself reports it, without compiling, making synapses or writing results.
"""
import json
import os
import subprocess
import sys
import tempfile
import time

import numpy as np

TRANSIENT = 0.2  # s, simulated first and left out of the statistics


def arguments():
    network, n, threads, seconds = sys.argv[1:5]
    return network, int(n), int(threads), float(seconds)


def seed():
    """Which network of many: the driver counts its runs."""
    return int(os.environ.get("H9_BENCH_SEED", "1"))


def folder(*parts):
    base = os.environ.get("H9_BENCH_CACHE") or tempfile.mkdtemp(prefix="h9bench")
    return os.path.join(base, "-".join(str(p) for p in parts))


def begin(where, threads):
    """Readies Brian2 to write C++ into the folder."""
    import brian2

    brian2.set_device("cpp_standalone", directory=where, build_on_run=False)
    brian2.prefs.devices.cpp_standalone.openmp_threads = threads if threads > 1 else 0
    brian2.defaultclock.dt = 0.1 * brian2.ms
    brian2.seed()  # anew in each run of the program: what it draws itself differs, as seeds do elsewhere
    brian2.prefs.logging.std_redirection = False


def build(where, net, monitor, n, seconds):
    """Writes and compiles the program; the monitor holds the spikes of all n neurons."""
    import brian2

    began = time.time()
    net.run(seconds * brian2.second)
    brian2.device.build(directory=where, compile=True, run=False, debug=False)
    with open(os.path.join(where, "peer.json"), "w") as f:
        json.dump({
            "i": brian2.device.get_array_filename(monitor.variables["i"]),
            "t": brian2.device.get_array_filename(monitor.variables["t"]),
            "version": brian2.__version__, "n": n, "seconds": seconds, "built_s": time.time() - began,
        }, f)


def irregularity(i, t, n, least=3):
    """Mean coefficient of variation of inter-spike intervals over neurons of at least so many spikes."""
    order = np.lexsort((t, i))
    i, t = i[order], t[order]
    same = i[1:] == i[:-1]
    isi, who = np.diff(t)[same], i[1:][same]
    count = np.bincount(who, minlength=n)
    total = np.bincount(who, isi, minlength=n)
    square = np.bincount(who, isi * isi, minlength=n)
    ok = count >= least - 1
    if not ok.any():
        return float("nan")
    mean = total[ok] / count[ok]
    return float(np.mean(np.sqrt(np.maximum(square[ok] / count[ok] - mean**2, 0)) / mean))


def results(where, path, dtype):
    """Arrays lie in the folder's results under the name that was noted."""
    name = os.path.basename(path)
    return np.fromfile(os.path.join(where, "results", name), dtype=dtype)


def line(peer, version, network, threads, seconds, wall, rate, cv):
    print(peer, version, network, threads, "%g" % seconds, "%.4f" % wall, "%.3f" % rate, "%.3f" % cv, sep="\t")


def run(where, network, threads):
    """Runs the compiled program and prints the line."""
    with open(os.path.join(where, "peer.json")) as f:
        what = json.load(f)
    env = dict(os.environ, OMP_NUM_THREADS=str(threads))
    subprocess.run(["./main"], cwd=where, env=env, check=True, stdout=subprocess.DEVNULL)
    with open(os.path.join(where, "results", "last_run_info.txt")) as f:
        wall = float(f.read().split()[0])
    i = results(where, what["i"], np.int32)
    t = results(where, what["t"], np.float64)
    late = t >= TRANSIENT
    i, t = i[late], t[late]
    rate = len(i) / what["n"] / (what["seconds"] - TRANSIENT)
    line("Brian2", what["version"], network, threads, what["seconds"], wall, rate,
         irregularity(i, t, what["n"]))


def main(describe):
    """describe(network, n) makes the network: (objects, monitor, neurons)."""
    network, n, threads, seconds = arguments()
    where = folder("brian2", network, n, threads, seconds)
    if not os.path.exists(os.path.join(where, "peer.json")):
        out = os.dup(1)
        os.dup2(2, 1)  # what the compiler says is not a result
        import brian2

        begin(where, threads)
        objects, monitor, count = describe(network, n)
        build(where, brian2.Network(objects), monitor, count, seconds)
        sys.stdout.flush()
        os.dup2(out, 1)
    run(where, network, threads)
