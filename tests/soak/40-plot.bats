# Ten million spikes in one picture. Authority: numpy's sum over the density; memory against that for a million.

@test "a raster of ten million spikes: all of them in the picture, memory as for a million" {
  cd "$BATS_TEST_TMPDIR"
  cat > many.yaml <<'Y'
populations: {many: {count: 100000, model: parrot_neuron}}
simulation: {duration: 2 s, stimuli: [{type: poisson, target: many, rate: 50 Hz, weight: 1}]}
Y
  hal9-gen -c many.yaml > n.h9
  hal9-step -c many.yaml -o ten.h9 n.h9
  hal9-step -c many.yaml -t 200ms -o one.h9 n.h9
  n=$(hal9-view --signals --count ten.h9)
  [ "$n" -gt 9900000 ]
  "$PYTHON" - "$n" <<'P' >&3
import re, resource, subprocess, sys, time
import numpy as np
def draw(name):
    begun = time.time()
    subprocess.run(["hal9-plot", "raster", "--time", "0s..2s", "--density", "--script", name + ".gp", "-o", name + ".png", name + ".h9"], check=True)
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024, time.time() - begun
one, ten = draw("one"), draw("ten")
print(f"# a million spikes: {one[1]:.1f} s, {one[0]:.0f} MB; ten: {ten[1]:.1f} s, {ten[0]:.0f} MB at most")
text = re.search(r"\$density << EOD\n(.*?)EOD", open("ten.gp").read(), re.S)[1]
density = np.array([l.split("\t") for l in text.split("\n")[:-1]], float)
lines, columns = density.shape
width = next(2**k for k in range(20) if -(-20000 // 2**k) == columns)
edges = (np.minimum(np.arange(1, columns + 1) * width, 20000) - np.arange(columns) * width) * 1e-4
seen = (density * edges).sum() * 100000 / lines
print(f"# {seen:.0f} spikes in the picture, {sys.argv[1]} in the stream")
assert ten[0] < 1.3 * one[0] and abs(seen / int(sys.argv[1]) - 1) < 1e-3
P
}
