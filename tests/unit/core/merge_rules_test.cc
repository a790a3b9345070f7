#include "src/core/merge_rules.h"

#include <algorithm>
#include <functional>
#include <iterator>
#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace muster::core {
namespace {

using wire::State;

Claim Of(uint64_t incarnation, State state) { return {Incarnation::FromRaw(incarnation), state}; }

// Every claim of this list is above all before it.
const Claim kAscending[] = {
    Of(0, State::kAlive),           Of(0, State::kSuspect), Of(0, State::kFailed),
    Of(0, State::kLeaving),         Of(0, State::kLeft),    Of(0, State::kPruned),
    Of(1, State::kAlive),           Of(1, State::kPruned),  Of(uint64_t{1} << 24, State::kAlive),
    Of(~uint64_t{0}, State::kAlive)};

TEST(MergeRulesTest, ClaimsAreOrderedByIncarnationThenByState) {
  for (size_t a = 0; a < std::size(kAscending); ++a) {
    for (size_t b = 0; b < std::size(kAscending); ++b) {
      SCOPED_TRACE(std::to_string(a) + " against " + std::to_string(b));
      const int expected = a < b ? -1 : a > b ? 1 : 0;
      EXPECT_EQ(CompareClaims(kAscending[a], kAscending[b]), expected);
      const Claim merged = MergeClaims(kAscending[a], kAscending[b]);
      EXPECT_EQ(CompareClaims(merged, kAscending[std::max(a, b)]), 0);
    }
  }
}

TEST(MergeRulesTest, AttributesAreOrderedFieldByField) {
  struct Case {
    const char* what;
    std::function<void(wire::Attributes*)> lower;
    std::function<void(wire::Attributes*)> higher;
  };
  const Case cases[] = {
      {"name", [](auto* a) { a->name = "a"; }, [](auto* a) { a->name = "b"; }},
      {"a prefix is lower", [](auto* a) { a->name = "a"; }, [](auto* a) { a->name = "aa"; }},
      {"name before address",
       [](auto* a) {
         a->name = "a";
         a->address = Address::V4(9, 9);
       },
       [](auto* a) {
         a->name = "b";
         a->address = Address::V4(1, 1);
       }},
      {"address bytes are unsigned", [](auto* a) { a->address = Address::V4(0x7f000000, 1); },
       [](auto* a) { a->address = Address::V4(0x80000000, 1); }},
      {"address before port", [](auto* a) { a->address = Address::V4(1, 9); },
       [](auto* a) { a->address = Address::V4(2, 1); }},
      {"port", [](auto* a) { a->address = Address::V4(1, 255); },
       [](auto* a) { a->address = Address::V4(1, 256); }},
      {"more tags", [](auto*) {},
       [](auto* a) {
         a->tags = {{"k", "v"}};
       }},
      {"tag key",
       [](auto* a) {
         a->tags = {{"a", "z"}};
       },
       [](auto* a) {
         a->tags = {{"b", "a"}};
       }},
      {"tag value bytes are unsigned",
       [](auto* a) {
         a->tags = {{"k", "\x7f"}};
       },
       [](auto* a) {
         a->tags = {{"k", "\x80"}};
       }},
      {"tags before boot",
       [](auto* a) {
         a->tags = {{"a", "a"}};
         a->boot = 9;
       },
       [](auto* a) {
         a->tags = {{"a", "b"}};
         a->boot = 1;
       }},
      {"boot", [](auto* a) { a->boot = 255; }, [](auto* a) { a->boot = 256; }},
      {"tolerance", [](auto* a) { a->tolerance_ms = 1; }, [](auto* a) { a->tolerance_ms = 2; }},
      {"agent", [](auto* a) { a->agent = "0.1"; }, [](auto* a) { a->agent = "0.2"; }},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.what);
    wire::Attributes low;
    wire::Attributes high;
    c.lower(&low);
    c.higher(&high);
    EXPECT_EQ(CompareAttributes(low, high), -1);
    EXPECT_EQ(CompareAttributes(high, low), 1);
    EXPECT_EQ(CompareAttributes(low, low), 0);
    EXPECT_EQ(CompareAttributes(high, high), 0);
  }
}

TEST(MergeRulesTest, StatesOnlyRiseWithinOneIncarnation) {
  const char* const expected[wire::kStateCount] = {
      // to: alive suspect failed leaving left pruned
      ".xxxxx",  // alive
      "..xxxx",  // suspect
      "...xxx",  // failed
      "....xx",  // leaving
      ".....x",  // left
      "......",  // pruned
  };
  for (int from = 0; from < wire::kStateCount; ++from) {
    for (int to = 0; to < wire::kStateCount; ++to) {
      EXPECT_EQ(IsLegalTransition(static_cast<State>(from), static_cast<State>(to)),
                expected[from][to] == 'x')
          << from << " to " << to;
    }
  }
}

}  // namespace
}  // namespace muster::core
