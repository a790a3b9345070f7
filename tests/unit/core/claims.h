#pragma once

#include <cstdint>

#include "src/base/ids.h"
#include "src/base/time.h"
#include "src/core/member_table.h"
#include "src/wire/message.h"

// Short ways to write members and claims about them in tests.

namespace muster::core {

// The id of member `n`; a higher n is a higher id.
HostId IdOf(uint64_t n);
// What member `n` says of itself: name "m<n>", an address of its own, and `boot`, the variant.
wire::Attributes AttributesOf(uint64_t n, uint64_t boot = 1);
// A claim with attributes, and one with their hash alone. Incarnations are raw numbers.
wire::Update Full(uint64_t n, uint64_t incarnation, wire::State state, uint64_t boot = 1);
wire::Update Short(uint64_t n, uint64_t incarnation, wire::State state, uint64_t boot = 1);
// One whose sender never knew the attributes.
wire::Update Bare(uint64_t n, uint64_t incarnation, wire::State state);
// `update` with another age.
wire::Update Aged(wire::Update update, uint32_t age_s);

// An instant that many milliseconds after the origin of the tests, which is far above zero.
TimePoint At(int64_t ms);

// Adds `count` alive members to an empty table: member 0 (itself), 1, 2 ...
void AddAlive(uint64_t count, MemberTable* table);

}  // namespace muster::core
