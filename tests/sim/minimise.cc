#include "tests/sim/minimise.h"

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

namespace muster::sim {
namespace {

// Two seeds, and somebody to tell of them.
constexpr int kMembersMin = 3;

class Search {
 public:
  Search(SwarmPlan plan, const std::function<bool(const SwarmPlan&)>& fails, int tries)
      : best_(std::move(plan)), fails_(fails), tries_(tries) {}

  void DropMembers() {
    for (int step = best_.members / 2; step > 0;) {
      SwarmPlan fewer = best_;
      fewer.members -= step;
      if (fewer.members < kMembersMin || !Take(fewer)) step /= 2;
    }
  }

  // Leaves out one piece of the list after the other, pieces of half the list first.
  bool DropFaults() {
    const size_t before = best_.faults.size();
    size_t piece = std::max<size_t>(1, before / 2);
    while (piece > 0 && !best_.faults.empty()) {
      for (size_t at = 0; at < best_.faults.size();) {
        SwarmPlan fewer = best_;
        const auto first = fewer.faults.begin() + static_cast<std::ptrdiff_t>(at);
        const size_t n = std::min(piece, fewer.faults.size() - at);
        fewer.faults.erase(first, first + static_cast<std::ptrdiff_t>(n));
        if (!Take(fewer)) at += n;
      }
      piece /= 2;
    }
    return best_.faults.size() < before;
  }

  const SwarmPlan& best() const { return best_; }

 private:
  bool Take(const SwarmPlan& plan) {
    if (tries_-- <= 0 || !fails_(plan)) return false;
    best_ = plan;
    return true;
  }

  SwarmPlan best_;
  const std::function<bool(const SwarmPlan&)>& fails_;
  int tries_;
};

}  // namespace

SwarmPlan Minimise(const SwarmPlan& plan, const std::function<bool(const SwarmPlan&)>& fails,
                   int tries) {
  Search search(plan, fails, tries);
  search.DropFaults();
  search.DropMembers();
  // With fewer members, more faults may be without effect.
  while (search.DropFaults()) {
  }
  return search.best();
}

}  // namespace muster::sim
