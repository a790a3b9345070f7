#include "tests/unit/core/claims.h"

#include <string>
#include <utility>

#include "src/base/check.h"
#include "src/base/hash.h"
#include "src/wire/codec.h"

namespace muster::core {

HostId IdOf(uint64_t n) { return {n + 1, Mix64(n)}; }

wire::Attributes AttributesOf(uint64_t n, uint64_t boot) {
  wire::Attributes attributes;
  attributes.name = "m" + std::to_string(n);
  attributes.address = Address::V4(0x0a000000 + static_cast<uint32_t>(n), 7946);
  attributes.boot = boot;
  attributes.tolerance_ms = 4000;
  return attributes;
}

wire::Update Bare(uint64_t n, uint64_t incarnation, wire::State state) {
  wire::Update update;
  update.id = IdOf(n);
  update.incarnation = Incarnation::FromRaw(incarnation);
  update.state = state;
  return update;
}

wire::Update Short(uint64_t n, uint64_t incarnation, wire::State state, uint64_t boot) {
  wire::Update update = Bare(n, incarnation, state);
  update.attributes_hash = wire::AttributesHash(AttributesOf(n, boot));
  return update;
}

wire::Update Full(uint64_t n, uint64_t incarnation, wire::State state, uint64_t boot) {
  wire::Update update = Short(n, incarnation, state, boot);
  update.attributes = AttributesOf(n, boot);
  return update;
}

wire::Update Aged(wire::Update update, uint32_t age_s) {
  update.age_s = age_s;
  return update;
}

TimePoint At(int64_t ms) { return TimePoint::FromMicros((1'000'000'000 + ms) * 1000); }

void AddAlive(uint64_t count, MemberTable* table) {
  for (uint64_t n = 0; n < count; ++n) {
    const Change change = table->Apply(At(0), Full(n, 1, wire::State::kAlive));
    MUSTER_CHECK(change.kind == Change::Kind::kAdded);
  }
}

}  // namespace muster::core
