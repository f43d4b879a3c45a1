"""travelling.py NEURONS.tsv SPIKES.tsv: how the lag between the activity of two places grows with their distance.

Spike counts of 150 um patches in 2 ms bins; for every pair of patches the lag of the peak of their
cross-correlation within 40 ms; prints the mean absolute lag in ms of near (150 um) and far (at least 600 um) pairs.
Exit status 1 unless far places lag by more than 5 ms and twice the lag of near ones."""
import sys
import numpy as np

pos = np.loadtxt(sys.argv[1])
spikes = np.loadtxt(sys.argv[2], dtype=int)
patch = np.floor((pos - pos.min(0)) / 150).astype(int)
nx, ny = patch.max(0) + 1
bins = (spikes[:, 0] - spikes[0, 0]) // 20
count = np.zeros((nx * ny, bins.max() + 1))
np.add.at(count, (patch[spikes[:, 1] - 1, 0] * ny + patch[spikes[:, 1] - 1, 1], bins), 1)
z = count - count.mean(1, keepdims=True)
f = np.fft.rfft(z, 2 * z.shape[1])
lags = np.arange(-20, 21)
near, far = [], []
for i in range(nx * ny):
    for j in range(i + 1, nx * ny):
        d = 150 * np.hypot(i // ny - j // ny, i % ny - j % ny)
        if d == 150 or d >= 600:
            c = np.fft.irfft(f[i] * np.conj(f[j]))
            (near if d == 150 else far).append((abs(lags[np.argmax(c[lags])]) * 2, d))
near, far = np.array(near), np.array(far)
print("near %.2f ms, far %.2f ms" % (near[:, 0].mean(), far[:, 0].mean()))
sys.exit(0 if far[:, 0].mean() > max(5, 2 * near[:, 0].mean()) else 1)
