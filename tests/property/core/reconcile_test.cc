// Two members with whatever tables meet, and one exchange later they hold the same live view:
// whichever way they compare, whoever is ahead of whom, with and without attributes in common.

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "src/base/check.h"
#include "src/core/effects.h"
#include "src/core/node.h"
#include "src/core/sync.h"
#include "src/wire/codec.h"
#include "tests/unit/core/claims.h"

namespace muster::core {
namespace {

constexpr uint64_t kFirst = uint64_t{1} << Incarnation::kCounterBits;
constexpr uint64_t kSubjects = 62;  // up to 64 members are reconciled with who let us in
constexpr uint64_t kStranger = 500;

Identity IdentityOf(uint64_t n) {
  Identity identity;
  identity.id = IdOf(n);
  identity.attributes = AttributesOf(n);
  return identity;
}

// Members 0 and 1, and the streams between them. Streams to others are never answered.
class Pair {
 public:
  Pair()
      : nodes_{{Options(), IdentityOf(0), 1, At(0), &pool_},
               {Options(), IdentityOf(1), 2, At(0), &pool_}} {}

  Node& node(int i) { return nodes_[i]; }

  // What that member knew before they met: a stranger's summary.
  void Teach(int i, const std::vector<wire::Update>& updates) {
    wire::StreamMessage summary;
    summary.type = wire::StreamType::kSyncSummary;
    summary.sender = IdOf(kStranger);
    summary.updates = updates;
    std::string frame;
    codec_.EncodeFrame(summary, {}, &frame);
    Effects effects;
    nodes_[i].HandleStreamOpened(At(0), kTeaching, AttributesOf(kStranger).address, effects);
    nodes_[i].HandleStreamMessage(
        At(0), kTeaching, std::string_view(frame).substr(wire::limits::kFrameHeaderBytes), effects);
    nodes_[i].HandleStreamClosed(At(0), kTeaching, StreamEnd::kClosed, effects);
  }

  // Member 0 joins through member 1; all that follows of it on streams, at once.
  void Meet() {
    Effects effects;
    const std::vector<Address> addresses = {AttributesOf(1).address};
    MUSTER_CHECK(nodes_[0].Join(At(0), addresses, effects).ok());
    Drain(0, effects);
    while (!inbox_.empty()) {
      const Input input = std::move(inbox_.front());
      inbox_.pop_front();
      Effects next;
      Node& to = nodes_[input.to];
      switch (input.verb) {
        case Effects::StreamVerb::kOpen:
          to.HandleStreamOpened(At(0), input.stream, AttributesOf(1 - input.to).address, next);
          break;
        case Effects::StreamVerb::kSend:
          to.HandleStreamMessage(At(0), input.stream, input.body, next);
          break;
        case Effects::StreamVerb::kClose:
          to.HandleStreamClosed(At(0), input.stream, StreamEnd::kClosed, next);
          break;
      }
      Drain(input.to, next);
    }
  }

 private:
  struct Input {
    int to;
    Effects::StreamVerb verb;
    StreamId stream;
    std::string body;
  };
  static constexpr StreamId kTeaching = 2;

  // Member 0 opens odd streams; they are known to member 1 by even numbers.
  static StreamId NumberAt(int i, StreamId of_other) {
    return i == 1 ? of_other * 2 + 2 : (of_other - 2) / 2;
  }
  void Drain(int from, const Effects& effects) {
    const int to = 1 - from;
    for (const Effects::StreamAction& action : effects.stream_actions()) {
      if (action.verb == Effects::StreamVerb::kOpen) {
        if (from != 0 || action.to != AttributesOf(1).address) continue;
        inbox_.push_back({1, action.verb, NumberAt(1, action.stream), ""});
        inbox_.push_back({0, action.verb, action.stream, ""});
        continue;
      }
      if (from == 1 && action.stream % 4 != 0) continue;  // its own, to others
      std::string body;
      if (action.verb == Effects::StreamVerb::kSend) {
        body = effects.bytes(action).substr(wire::limits::kFrameHeaderBytes);
      }
      inbox_.push_back({to, action.verb, NumberAt(to, action.stream), std::move(body)});
    }
  }

  RecordPool pool_;
  wire::Codec codec_{"default"};
  Node nodes_[2];
  std::deque<Input> inbox_;
};

// One claim about member n, of the kind that is believed without asking its subject. What it says
// of itself changes with its incarnation only; the tolerance is not everybody's.
wire::Update AnyClaim(uint64_t n) {
  constexpr wire::State kStates[] = {wire::State::kAlive, wire::State::kAlive, wire::State::kAlive,
                                     wire::State::kLeaving, wire::State::kLeft};
  const auto epoch = *rc::gen::inRange<uint64_t>(1, 4);
  const auto counter = *rc::gen::inRange<uint64_t>(0, 3);
  const auto state = *rc::gen::inRange<size_t>(0, 5);
  wire::Update update = Full(n, kFirst * epoch + counter, kStates[state], epoch);
  if (n % 4 == 0) update.attributes->tolerance_ms += static_cast<uint32_t>(counter);
  update.attributes_hash = wire::AttributesHash(*update.attributes);
  return update;
}

RC_GTEST_PROP(Reconcile, OneExchangeMakesLiveViewsEqual, ()) {
  Pair pair;
  // Of few members whole tables are told.
  const bool are_many = *rc::gen::arbitrary<bool>();
  const auto subjects =
      *rc::gen::inRange<uint64_t>(are_many ? Syncs::kWholeUpTo : 0, kSubjects + 1);
  const auto differ_of_10 = *rc::gen::inRange(0, 11);
  std::vector<wire::Update> known[2];
  for (uint64_t n = 2; n < 2 + subjects; ++n) {
    const wire::Update claim = AnyClaim(n);
    if (*rc::gen::inRange(0, 10) >= differ_of_10) {
      known[0].push_back(claim);
      known[1].push_back(claim);
      continue;
    }
    const auto who = *rc::gen::inRange(0, 3);
    if (who != 1) known[0].push_back(claim);
    if (who != 0) known[1].push_back(AnyClaim(n));
  }
  for (int i = 0; i < 2; ++i) pair.Teach(i, known[i]);
  pair.Meet();
  RC_ASSERT(pair.node(0).members().view_cell() == pair.node(1).members().view_cell());
  RC_ASSERT(pair.node(1).member(IdOf(0)) != nullptr);
  RC_TAG(pair.node(0).stats().syncs_by_ranges > 0 ? "by ranges" : "whole tables");
}

}  // namespace
}  // namespace muster::core
