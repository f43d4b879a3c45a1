#!/usr/bin/env python3
"""libhal9 in Python: reads streams, and writes recordings of signals, through ctypes and NumPy; hal9(3) tells of the functions.

    hal9.py signals|connections < stream          prints them
    hal9.py thin FRACTION < stream > stream       keeps that part of the neurons' signals

HAL9_LIBRARY names the library where it is not installed."""
import ctypes
import os
import sys
from ctypes import POINTER, c_char_p, c_double, c_int, c_int32, c_int64, c_uint16, c_uint32, c_uint64, c_uint8, c_void_p

import numpy as np

NEURONS, CONNECTIONS, SIGNALS, STATES, LABELS = 1, 2, 4, 8, 16


class Header(ctypes.Structure):
    _fields_ = [("dt", c_double), ("seed", c_uint64), ("low", c_double * 3), ("high", c_double * 3), ("dimensions", c_uint32),
                ("neurons", c_uint32), ("populations", c_uint32), ("reserved", c_uint32)]


class Population(ctypes.Structure):
    _fields_ = [("name", c_char_p), ("model", c_char_p), ("first", c_uint32), ("count", c_uint32), ("placed", c_int32),
                ("n_values", c_uint32), ("values", c_void_p)]


class Connections(ctypes.Structure):
    _fields_ = [("n", c_uint64), ("projection", POINTER(c_uint32)), ("source", POINTER(c_uint32)),
                ("target", POINTER(c_uint32)), ("delay", POINTER(c_uint16)), ("weight", POINTER(c_double))]


class Signals(ctypes.Structure):
    _fields_ = [("start", c_int64), ("to", c_int64), ("n", c_uint64), ("step", POINTER(c_int64)), ("id", POINTER(c_uint32)),
                ("strength", POINTER(c_double)), ("priority", POINTER(c_uint8))]


lib = ctypes.CDLL(os.environ.get("HAL9_LIBRARY", "libhal9.so.0"))
for name, result, *arguments in (
        ("error", c_char_p), ("open", c_int, POINTER(c_void_p), c_char_p, ctypes.c_uint, c_int), ("close", None, c_void_p),
        ("next", c_int, c_void_p), ("reader_header", POINTER(Header), c_void_p),
        ("reader_population", POINTER(Population), c_void_p, c_uint32), ("get_signals", POINTER(Signals), c_void_p),
        ("get_connections", POINTER(Connections), c_void_p),
        ("create", c_int, POINTER(c_void_p), c_char_p, c_char_p, c_char_p, c_char_p, c_int, c_int),
        ("set_like", c_int, c_void_p, c_void_p), ("write_signals", c_int, c_void_p, POINTER(Signals)),
        ("finish", c_int, c_void_p), ("abandon", None, c_void_p)):
    function = getattr(lib, "hal9_" + name)
    function.restype, function.argtypes = result, arguments


class Error(Exception):
    """What hal9_error says; status is the exit status that hal9's programs have for it."""

    def __init__(self, code):
        super().__init__(lib.hal9_error().decode())
        self.status = -code


def check(code):
    if code < 0:
        raise Error(code)
    return code


def array(pointer, n, dtype):
    """A copy: the library's memory is that of the next record soon."""
    return np.ctypeslib.as_array(pointer, (n,)).astype(dtype) if n and pointer else np.empty(0, dtype)


class Reader:
    """Iterates over the records of a stream: (kind, structure), until its end was found whole."""

    def __init__(self, path="-", kinds=SIGNALS, threads=1):
        self.handle = c_void_p()
        check(lib.hal9_open(self.handle, os.fsencode(path), kinds, threads))
        self.header = lib.hal9_reader_header(self.handle).contents
        self.populations = [lib.hal9_reader_population(self.handle, i).contents for i in range(self.header.populations)]

    def __iter__(self):
        get = {SIGNALS: lib.hal9_get_signals, CONNECTIONS: lib.hal9_get_connections}
        while (kind := check(lib.hal9_next(self.handle))) != 0:
            if kind in get:
                yield kind, get[kind](self.handle).contents


class Writer:
    """Writes a recording like that of a reader; the block of a with statement that ends well makes it whole."""

    def __init__(self, like, program, options="", path="-"):
        self.handle = c_void_p()
        check(lib.hal9_create(self.handle, os.fsencode(path), program.encode(), b"1", options.encode(), 0, 1))
        check(lib.hal9_set_like(self.handle, like.handle))

    def signals(self, start, to, step, ids):
        step, ids = np.ascontiguousarray(step, np.int64), np.ascontiguousarray(ids, np.uint32)
        batch = Signals(start, to, len(step), step.ctypes.data_as(POINTER(c_int64)), ids.ctypes.data_as(POINTER(c_uint32)))
        check(lib.hal9_write_signals(self.handle, batch))

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        if kind is None:
            check(lib.hal9_finish(self.handle))
        else:
            lib.hal9_abandon(self.handle)


def main(what, fraction="1"):
    reader = Reader(kinds=CONNECTIONS if what == "connections" else SIGNALS)
    if what == "thin":
        keep = np.random.default_rng(reader.header.seed).random(reader.header.neurons + 1) < float(fraction)
        with Writer(reader, "hal9.py", "thin " + fraction) as out:
            for _, s in reader:
                step, ids = array(s.step, s.n, np.int64), array(s.id, s.n, np.uint32)
                out.signals(s.start, s.to, step[keep[ids]], ids[keep[ids]])
        return
    for _, r in reader:
        columns = ((array(r.step, r.n, np.int64), array(r.id, r.n, np.uint32)) if what == "signals" else
                   (array(r.source, r.n, np.uint32), array(r.target, r.n, np.uint32), array(r.weight, r.n, np.float64),
                    array(r.delay, r.n, np.uint16) * reader.header.dt))
        for row in zip(*columns):
            print(*row, sep="\t")


if __name__ == "__main__":
    if len(sys.argv) < 2 or sys.argv[1] not in ("signals", "connections", "thin") or (sys.argv[1] == "thin") != (len(sys.argv) == 3):
        sys.exit("usage: hal9.py signals|connections|thin FRACTION < stream")
    try:
        main(*sys.argv[1:])
    except Error as error:
        print("hal9.py: %s" % error, file=sys.stderr)
        sys.exit(error.status)
