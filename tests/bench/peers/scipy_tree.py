"""scipy_tree.py POSITIONS THREADS RADIUS K: as nanoflann, by scipy's cKDTree."""
import sys
import time
import numpy as np
from scipy.spatial import cKDTree

p = np.loadtxt(sys.argv[1])
threads, radius, k = int(sys.argv[2]), float(sys.argv[3]), int(sys.argv[4])
t0 = time.perf_counter()
tree = cKDTree(p)
t1 = time.perf_counter()
c = tree.query_ball_point(p, radius, return_length=True, workers=threads) - 1
t2 = time.perf_counter()
d, _ = tree.query(p, k + 1, workers=threads)
t3 = time.perf_counter()
print("%.6f %.6f %.6f %.4f %.4f" % (t1 - t0, t2 - t1, t3 - t2, c.mean(), d[:, -1].mean()))
