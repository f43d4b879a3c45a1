// nanoflann POSITIONS THREADS RADIUS K: prints seconds of building the tree, of counting all neighbours within RADIUS of
// every point, and of finding the K + 1 nearest of every point; the mean count and the mean
// distance of the furthest of those.
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <nanoflann.hpp>
#include <vector>

struct Cloud {
  std::vector<float> v;
  size_t kdtree_get_point_count() const { return v.size() / 3; }
  float kdtree_get_pt(size_t i, size_t d) const { return v[3 * i + d]; }
  template <class B> bool kdtree_get_bbox(B &) const { return false; }
};
using Tree = nanoflann::KDTreeSingleIndexAdaptor<nanoflann::L2_Simple_Adaptor<float, Cloud>, Cloud, 3>;

static double now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

int main(int argc, char **argv) {
  if (argc != 5) return 64;
  Cloud c;
  FILE *f = fopen(argv[1], "r");
  int threads = atoi(argv[2]);
  float radius = (float)atof(argv[3]), x;
  size_t k = (size_t)atoi(argv[4]) + 1;
  if (!f) return 66;
  while (fscanf(f, "%f", &x) == 1) c.v.push_back(x);
  fclose(f);
  long n = (long)c.kdtree_get_point_count(), sum = 0;
  double t0 = now();
  Tree tree(3, c, nanoflann::KDTreeSingleIndexAdaptorParams(10));
  tree.buildIndex();
  double t1 = now();
#pragma omp parallel num_threads(threads) reduction(+ : sum)
  {
    std::vector<std::pair<uint32_t, float>> found;
    nanoflann::SearchParams unsorted(32, 0, false);
#pragma omp for
    for (long i = 0; i < n; i++) sum += (long)tree.radiusSearch(&c.v[3 * i], radius * radius, found, unsorted) - 1;
  }
  double t2 = now();
  double far = 0;
#pragma omp parallel num_threads(threads) reduction(+ : far)
  {
    std::vector<uint32_t> index(k);
    std::vector<float> d2(k);
#pragma omp for
    for (long i = 0; i < n; i++) {
      tree.knnSearch(&c.v[3 * i], k, index.data(), d2.data());
      far += std::sqrt((double)d2[k - 1]);
    }
  }
  printf("%.6f %.6f %.6f %.4f %.4f\n", t1 - t0, t2 - t1, now() - t2, (double)sum / (double)n, far / (double)n);
}
