// Merging is a join of a semilattice: any order, any grouping and any repetition of the same claims
// ends in the same table.

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <map>
#include <tuple>
#include <vector>

#include "src/core/member_table.h"
#include "src/core/merge_rules.h"
#include "tests/unit/core/claims.h"

namespace muster::core {
namespace {

constexpr size_t kPlenty = 1000;

// Few members, incarnations and variants, so that claims meet and tie.
rc::Gen<wire::Update> AnyFullUpdate() {
  return rc::gen::map(
      rc::gen::tuple(rc::gen::inRange<uint64_t>(1, 4), rc::gen::inRange<uint64_t>(0, 4),
                     rc::gen::inRange(0, wire::kStateCount), rc::gen::inRange<uint64_t>(1, 4)),
      [](const std::tuple<uint64_t, uint64_t, int, uint64_t>& t) {
        return Full(std::get<0>(t), std::get<1>(t), static_cast<wire::State>(std::get<2>(t)),
                    std::get<3>(t));
      });
}

// What a table holds, whatever its order: id -> (incarnation, state, boot).
using Contents = std::map<HostId, std::tuple<uint64_t, wire::State, uint64_t>>;

Contents ContentsOf(const MemberTable& table) {
  Contents contents;
  for (const MemberView& member : table.all()) {
    RC_ASSERT(member.attributes_hash() != 0u);
    contents[member.id()] = {member.incarnation.raw(), member.state, member.attributes().boot};
  }
  return contents;
}

struct Merged {
  Contents contents;
  wire::ViewCell view;
  wire::ViewCell tombstones;
  friend bool operator==(const Merged&, const Merged&) = default;
};

Merged ResultOf(const MemberTable& table) {
  return {ContentsOf(table), table.view_cell(), table.tombstone_cell()};
}

Merged MergeAll(RecordPool* pool, const std::vector<wire::Update>& updates) {
  MemberTable table(pool, kPlenty, kPlenty);
  for (const wire::Update& update : updates) table.Apply(At(0), update);
  return ResultOf(table);
}

// The same by the definition: the highest claim of each, with the greatest attributes of its
// incarnation.
Contents Expected(const std::vector<wire::Update>& updates) {
  Contents expected;
  for (const wire::Update& update : updates) {
    const auto claim =
        std::make_tuple(update.incarnation.raw(), update.state, update.attributes->boot);
    const auto [entry, added] = expected.emplace(update.id, claim);
    if (added) continue;
    auto& [incarnation, state, boot] = entry->second;
    if (std::get<0>(claim) > incarnation) {
      entry->second = claim;
    } else if (std::get<0>(claim) == incarnation) {
      state = std::max(state, update.state);
      boot = std::max(boot, update.attributes->boot);
    }
  }
  return expected;
}

RC_GTEST_PROP(Merge, EveryOrderOfAFewClaimsEndsTheSame, ()) {
  auto count = *rc::gen::inRange<size_t>(1, 6);
  const auto updates = *rc::gen::container<std::vector<wire::Update>>(count, AnyFullUpdate());
  RecordPool pool;
  const Contents expected = Expected(updates);
  std::vector<size_t> order(updates.size());
  for (size_t i = 0; i < order.size(); ++i) order[i] = i;
  const Merged first = MergeAll(&pool, updates);
  RC_ASSERT(first.contents == expected);
  do {
    std::vector<wire::Update> permuted;
    for (const size_t i : order) permuted.push_back(updates[i]);
    RC_ASSERT(MergeAll(&pool, permuted) == first);
  } while (std::next_permutation(order.begin(), order.end()));
}

RC_GTEST_PROP(Merge, AnyOrderAndRepetitionOfManyClaimsEndsTheSame, ()) {
  const auto updates = *rc::gen::container<std::vector<wire::Update>>(AnyFullUpdate());
  RecordPool pool;
  const Merged once = MergeAll(&pool, updates);
  RC_ASSERT(once.contents == Expected(updates));
  std::vector<wire::Update> twice = updates;
  twice.insert(twice.end(), updates.begin(), updates.end());
  const auto keys =
      *rc::gen::container<std::vector<uint32_t>>(twice.size(), rc::gen::arbitrary<uint32_t>());
  std::vector<size_t> order(twice.size());
  for (size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::sort(order.begin(), order.end(),
            [&keys](size_t a, size_t b) { return std::tie(keys[a], a) < std::tie(keys[b], b); });
  std::vector<wire::Update> shuffled;
  for (const size_t i : order) shuffled.push_back(twice[i]);
  RC_ASSERT(MergeAll(&pool, shuffled) == once);
}

RC_GTEST_PROP(Merge, TablesThatExchangeAllTheyHoldEndWhereOneTableWould, ()) {
  const auto left = *rc::gen::container<std::vector<wire::Update>>(AnyFullUpdate());
  const auto right = *rc::gen::container<std::vector<wire::Update>>(AnyFullUpdate());
  RecordPool pool;
  MemberTable a(&pool, kPlenty, kPlenty);
  MemberTable b(&pool, kPlenty, kPlenty);
  for (const wire::Update& update : left) a.Apply(At(0), update);
  for (const wire::Update& update : right) b.Apply(At(0), update);
  std::vector<wire::Update> from_a;
  for (uint32_t i = 0; i < a.size(); ++i) from_a.push_back(a.ToUpdate(i, true));
  for (uint32_t i = 0; i < b.size(); ++i) a.Apply(At(0), b.ToUpdate(i, true));
  for (const wire::Update& update : from_a) b.Apply(At(0), update);

  std::vector<wire::Update> all = left;
  all.insert(all.end(), right.begin(), right.end());
  RC_ASSERT(ResultOf(a) == ResultOf(b));
  RC_ASSERT(ResultOf(a) == MergeAll(&pool, all));
}

RC_GTEST_PROP(Merge, AClaimThatIsAppliedAgainIsNoNews, ()) {
  const auto updates =
      *rc::gen::nonEmpty(rc::gen::container<std::vector<wire::Update>>(AnyFullUpdate()));
  RecordPool pool;
  MemberTable table(&pool, kPlenty, kPlenty);
  for (const wire::Update& update : updates) table.Apply(At(0), update);
  const uint64_t version = table.version();
  for (const wire::Update& update : updates) {
    const Change change = table.Apply(At(1), update);
    RC_ASSERT(!change.is_news());
    RC_ASSERT(!change.wants_attributes);
  }
  RC_ASSERT(table.version() == version);
}

RC_GTEST_PROP(Merge, ClaimsAndAttributesAreTotallyOrdered, ()) {
  const wire::Update a = *AnyFullUpdate();
  const wire::Update b = *AnyFullUpdate();
  const wire::Update c = *AnyFullUpdate();
  const auto claim = [](const wire::Update& u) { return Claim{u.incarnation, u.state}; };
  const auto check = [](int ab, int ba, int bc, int ac, bool equal) {
    RC_ASSERT(ab == -ba);
    RC_ASSERT((ab == 0) == equal);
    if (ab >= 0 && bc >= 0) RC_ASSERT(ac >= 0);
  };
  check(CompareClaims(claim(a), claim(b)), CompareClaims(claim(b), claim(a)),
        CompareClaims(claim(b), claim(c)), CompareClaims(claim(a), claim(c)),
        a.incarnation == b.incarnation && a.state == b.state);
  check(CompareAttributes(*a.attributes, *b.attributes),
        CompareAttributes(*b.attributes, *a.attributes),
        CompareAttributes(*b.attributes, *c.attributes),
        CompareAttributes(*a.attributes, *c.attributes), *a.attributes == *b.attributes);
}

}  // namespace
}  // namespace muster::core
