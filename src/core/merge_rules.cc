#include "src/core/merge_rules.h"

#include <compare>

#include "src/core/seeded_bug.h"

namespace muster::core {
namespace {

int Sign(std::strong_ordering order) { return order < 0 ? -1 : order > 0 ? 1 : 0; }

}  // namespace

int CompareClaims(const Claim& a, const Claim& b) {
  std::strong_ordering order = a.incarnation <=> b.incarnation;
  if (HasBug(SeededBug::kIgnoresEpoch)) order = a.incarnation.counter() <=> b.incarnation.counter();
  if (HasBug(SeededBug::kRevives) && order == 0 && a.state != b.state) {
    if (a.state == wire::State::kAlive && b.state == wire::State::kFailed) return 1;
    if (b.state == wire::State::kAlive && a.state == wire::State::kFailed) return -1;
  }
  return Sign(order != 0 ? order : a.state <=> b.state);
}

Claim MergeClaims(const Claim& a, const Claim& b) { return CompareClaims(a, b) < 0 ? b : a; }

int CompareAttributes(const wire::Attributes& a, const wire::Attributes& b) {
  if (const int order = a.name.compare(b.name); order != 0) return order < 0 ? -1 : 1;
  if (const auto order = a.address <=> b.address; order != 0) return Sign(order);
  if (const auto order = a.tags <=> b.tags; order != 0) return Sign(order);
  if (const auto order = a.boot <=> b.boot; order != 0) return Sign(order);
  if (const auto order = a.tolerance_ms <=> b.tolerance_ms; order != 0) return Sign(order);
  return Sign(a.agent <=> b.agent);
}

bool IsLegalTransition(wire::State from, wire::State to) { return from < to; }

}  // namespace muster::core
