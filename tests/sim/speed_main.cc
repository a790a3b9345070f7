// How fast the simulator runs a quiet cluster whose members are born knowing each other:
//   bazel run //tests/sim:speed -- MEMBERS SECONDS

#include <sys/resource.h>

#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <string>

#include "src/sim/cluster.h"

namespace muster::sim {
namespace {

// Of CPU: what else the machine does is no part of it.
double SecondsSince(std::clock_t start) {
  return static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
}

int Run(int members, int64_t seconds) {
  ClusterConfig config;
  config.record_events = false;
  config.watched_observers_max = 0;
  Cluster cluster(config);
  const std::clock_t start = std::clock();
  for (int host = 0; host < members; ++host) {
    cluster.AddHost("n" + std::to_string(host + 1));
    for (int seed = 0; seed < 3; ++seed) {
      cluster.config(host).seeds.push_back(Cluster::DefaultAddress(seed));
    }
  }
  cluster.StartTogether();
  std::printf("%d members: started in %.2f s of CPU\n", members, SecondsSince(start));
  const std::clock_t steady = std::clock();
  const uint64_t steps = cluster.steps();
  cluster.RunFor(Duration::Seconds(seconds));
  const double cpu = SecondsSince(steady);
  rusage usage = {};
  getrusage(RUSAGE_SELF, &usage);
  std::printf("%lld virtual s steady: %.2f s of CPU, %.0f ns a step, %.2f GiB at the most\n",
              static_cast<long long>(seconds), cpu,
              cpu * 1e9 / static_cast<double>(cluster.steps() - steps),
              static_cast<double>(usage.ru_maxrss) / (1 << 20));
  return cluster.Agreed() && cluster.checkers().violations().empty() ? 0 : 1;
}

}  // namespace
}  // namespace muster::sim

int main(int argc, char** argv) {
  return muster::sim::Run(argc > 1 ? std::atoi(argv[1]) : 100, argc > 2 ? std::atoi(argv[2]) : 600);
}
