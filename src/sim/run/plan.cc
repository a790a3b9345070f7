#include "src/sim/run/plan.h"

#include <algorithm>
#include <array>
#include <utility>

#include "src/base/rng.h"

namespace muster::sim {
namespace {

constexpr std::array<std::pair<Deed, const char*>, 14> kDeeds = {{{Deed::kCrash, "crash"},
                                                                  {Deed::kPowerOff, "power-off"},
                                                                  {Deed::kRestart, "restart"},
                                                                  {Deed::kPause, "pause"},
                                                                  {Deed::kResume, "resume"},
                                                                  {Deed::kBlock, "block"},
                                                                  {Deed::kUnblock, "unblock"},
                                                                  {Deed::kCpu, "cpu"},
                                                                  {Deed::kLoss, "loss"},
                                                                  {Deed::kCut, "cut"},
                                                                  {Deed::kPartition, "partition"},
                                                                  {Deed::kHeal, "heal"},
                                                                  {Deed::kLeave, "leave"},
                                                                  {Deed::kJoin, "join"}}};

constexpr int kSeeds = 3;  // members through which all join

Duration Random(Rng* rng, Duration low, Duration high) {
  return Duration::Micros(rng->Between(low.micros(), high.micros()));
}

Action Of(Duration at, Deed deed, int member) {
  Action action;
  action.at = at;
  action.deed = deed;
  action.members = {member};
  return action;
}

}  // namespace

const char* DeedName(Deed deed) { return kDeeds[static_cast<size_t>(deed)].second; }

bool ParseDeed(const std::string& name, Deed* deed) {
  for (const auto& [each, each_name] : kDeeds) {
    if (name != each_name) continue;
    *deed = each;
    return true;
  }
  return false;
}

int Plan::joiners() const {
  int count = 0;
  for (const Action& action : actions) {
    if (action.deed == Deed::kJoin) count += action.count;
  }
  return count;
}

bool AddRandomFaults(int slow, int crash, Plan* plan) {
  std::vector<bool> is_taken(static_cast<size_t>(plan->members + plan->joiners()), false);
  for (const Action& action : plan->actions) {
    for (const int member : action.members) is_taken[static_cast<size_t>(member)] = true;
    for (const std::vector<int>& group : action.groups) {
      for (const int member : group) is_taken[static_cast<size_t>(member)] = true;
    }
  }
  std::vector<int> free;
  for (int member = std::min(kSeeds, plan->members - 1); member < plan->members; ++member) {
    if (!is_taken[static_cast<size_t>(member)]) free.push_back(member);
  }
  if (static_cast<size_t>(slow) + static_cast<size_t>(crash) > free.size()) return false;
  Rng rng = Rng(plan->seed).Fork(0x706c616e);
  rng.Shuffle(&free);
  for (int i = 0; i < crash; ++i) {
    const Duration at = Random(&rng, plan->duration / 10, plan->duration / 10 * 6);
    plan->actions.push_back(Of(at, Deed::kCrash, free[static_cast<size_t>(i)]));
  }
  const Duration tolerance = plan->options.tolerance;
  for (int i = 0; i < slow; ++i) {
    const int member = free[static_cast<size_t>(crash + i)];
    // The rest of the run is calm, so that it shows whether all agree again.
    const Duration end = plan->duration / 10 * 8;
    Duration at = Random(&rng, Duration::Zero(), tolerance * 3);
    while (at < end) {
      plan->actions.push_back(Of(at, Deed::kBlock, member));
      at = std::min(end, at + Random(&rng, tolerance / 4, tolerance * 3 / 2));
      plan->actions.push_back(Of(at, Deed::kUnblock, member));
      at += Random(&rng, tolerance, tolerance * 3);
    }
  }
  std::stable_sort(plan->actions.begin(), plan->actions.end(),
                   [](const Action& a, const Action& b) { return a.at < b.at; });
  return true;
}

std::vector<bool> DisturbedOf(const Plan& plan) {
  std::vector<bool> disturbed(static_cast<size_t>(plan.members + plan.joiners()), false);
  for (const Action& action : plan.actions) {
    if (action.deed == Deed::kLeave) continue;
    for (const int member : action.members) disturbed[static_cast<size_t>(member)] = true;
    for (const std::vector<int>& group : action.groups) {
      for (const int member : group) disturbed[static_cast<size_t>(member)] = true;
    }
  }
  return disturbed;
}

}  // namespace muster::sim
