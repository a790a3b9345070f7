#include <string>
#include <utility>
#include <vector>

#include "tests/store/contract/contract.h"

namespace muster::store::contract {
namespace {

constexpr Duration kLife = Duration::Seconds(3600);
constexpr Duration kPatience = PresenceStore::kOperationBudget + Duration::Seconds(5);

// Writes down how each call ended, in the order of the callbacks.
class Protocol {
 public:
  PresenceStore::UpsertDone Upsert(int call) {
    return [this, call](const absl::StatusOr<size_t>& live) { Note(call, live.status()); };
  }
  PresenceStore::ScanDone Scan(int call) {
    return [this, call](const absl::StatusOr<PresenceScan>& scan) { Note(call, scan.status()); };
  }
  PresenceStore::EraseDone Erase(int call) {
    return [this, call](const absl::StatusOr<bool>& removed) { Note(call, removed.status()); };
  }

  const std::vector<std::pair<int, absl::StatusCode>>& ended() const { return ended_; }
  bool Has(size_t count) const { return ended_.size() >= count; }

 private:
  void Note(int call, const absl::Status& status) { ended_.emplace_back(call, status.code()); }
  std::vector<std::pair<int, absl::StatusCode>> ended_;
};

TEST_P(PresenceContract, NothingIsSeenOfAStoreThatWasOnlyOpened) {
  Open();
  Open("other");
  session_->loop().RunFor(Duration::Millis(50));
  EXPECT_EQ(place_->StoredRows("prod"), 0u);
  EXPECT_TRUE(session_->notices().empty());
  // Closing what never did anything is no trouble either: the end of the test does it.
}

TEST_P(PresenceContract, CallbacksComeOnceLaterAndInOrder) {
  PresenceStore* store = Open();
  Protocol protocol;
  for (int call = 0; call < 30; ++call) {
    const auto n = static_cast<uint64_t>(call % 5);
    if (call % 3 == 0) store->Upsert(MakeRecord(n), kLife, protocol.Upsert(call));
    if (call % 3 == 1) store->Scan(protocol.Scan(call));
    if (call % 3 == 2) store->Erase(MakeId(n), Incarnation::Of(9, 9), protocol.Erase(call));
    ASSERT_TRUE(protocol.ended().empty()) << "a callback ran within the call";
  }
  ASSERT_TRUE(session_->loop().RunUntil([&] { return protocol.Has(30); }, kPatience));
  // Nothing comes twice.
  session_->loop().RunFor(Duration::Millis(100));
  ASSERT_EQ(protocol.ended().size(), 30u);
  for (int call = 0; call < 30; ++call) {
    EXPECT_EQ(protocol.ended()[static_cast<size_t>(call)],
              std::make_pair(call, absl::StatusCode::kOk));
  }
}

TEST_P(PresenceContract, OperationsTakeEffectInTheOrderOfTheCalls) {
  PresenceStore* store = Open();
  std::vector<size_t> answers;
  store->Upsert(MakeRecord(1), kLife, [&](const auto& live) { answers.push_back(live.value()); });
  store->Upsert(MakeRecord(2), kLife, [&](const auto& live) { answers.push_back(live.value()); });
  store->Scan([&](const auto& scan) { answers.push_back(10 + scan->rows.size()); });
  store->Erase(MakeId(1), Incarnation::Of(9, 9),
               [&](const auto& removed) { answers.push_back(20 + removed.value()); });
  store->Scan([&](const auto& scan) { answers.push_back(10 + scan->rows.size()); });
  store->Erase(MakeId(1), Incarnation::Of(9, 9),
               [&](const auto& removed) { answers.push_back(20 + removed.value()); });
  ASSERT_TRUE(session_->loop().RunUntil([&] { return answers.size() == 6; }, kPatience));
  EXPECT_EQ(answers, (std::vector<size_t>{1, 2, 12, 21, 11, 20}));
}

TEST_P(PresenceContract, CallbacksMayCallTheStore) {
  PresenceStore* store = Open();
  std::string story;
  store->Upsert(MakeRecord(1), kLife, [&](const absl::StatusOr<size_t>& live) {
    story += live.ok() ? "upsert " : "failed ";
    store->Scan([&](const absl::StatusOr<PresenceScan>& scan) {
      story += scan.ok() && scan->rows.size() == 1 ? "scan " : "failed ";
      store->Erase(MakeId(1), Incarnation::Of(9, 9), [&](const absl::StatusOr<bool>& removed) {
        story += removed.ok() && *removed ? "erase " : "failed ";
        store->Scan([&](const absl::StatusOr<PresenceScan>& again) {
          story += again.ok() && again->rows.empty() ? "empty" : "failed";
        });
      });
    });
    story += "(later) ";
  });
  ASSERT_TRUE(session_->loop().RunUntil([&] { return story.find("empty") != std::string::npos; },
                                        kPatience))
      << story;
  EXPECT_EQ(story, "upsert (later) scan erase empty");
}

TEST_P(PresenceContract, MoreThanTheQueueHoldsIsRefused) {
  PresenceStore* store = Open();
  Protocol protocol;
  const int calls = static_cast<int>(PresenceStore::kQueueMax) + 3;
  for (int call = 0; call < calls; ++call) {
    store->Upsert(MakeRecord(static_cast<uint64_t>(call)), kLife, protocol.Upsert(call));
  }
  ASSERT_TRUE(protocol.ended().empty()) << "a callback ran within the call";
  ASSERT_TRUE(session_->loop().RunUntil([&] { return protocol.Has(static_cast<size_t>(calls)); },
                                        kPatience));
  for (int call = 0; call < calls; ++call) {
    const auto expected = call < static_cast<int>(PresenceStore::kQueueMax)
                              ? absl::StatusCode::kOk
                              : absl::StatusCode::kResourceExhausted;
    EXPECT_EQ(protocol.ended()[static_cast<size_t>(call)], std::make_pair(call, expected));
  }
  // There is room again.
  EXPECT_EQ(session_->Upsert(store, MakeRecord(0)).value(), PresenceStore::kQueueMax);
}

TEST_P(PresenceContract, ClosingEndsWhatWaits) {
  PresenceStore* store = Open();
  ASSERT_TRUE(session_->Upsert(store, MakeRecord(1)).ok());
  Protocol protocol;
  store->Upsert(MakeRecord(2), kLife, protocol.Upsert(0));
  store->Scan(protocol.Scan(1));
  store->Erase(MakeId(1), Incarnation::Of(9, 9), protocol.Erase(2));
  EXPECT_TRUE(session_->Close(store));
  ASSERT_EQ(protocol.ended().size(), 3u) << "closed before every callback had run";
  for (int call = 0; call < 3; ++call) {
    EXPECT_EQ(protocol.ended()[static_cast<size_t>(call)],
              std::make_pair(call, absl::StatusCode::kCancelled));
  }
}

TEST_P(PresenceContract, ClosingAmidAnOperationEndsIt) {
  PresenceStore* store = Open();
  ASSERT_TRUE(session_->Upsert(store, MakeRecord(1)).ok());
  Protocol protocol;
  store->Scan(protocol.Scan(0));
  store->Scan(protocol.Scan(1));
  session_->loop().RunPending();  // the first is under way, or already over
  EXPECT_TRUE(session_->Close(store));
  ASSERT_EQ(protocol.ended().size(), 2u);
  for (int call = 0; call < 2; ++call) {
    const auto& [number, code] = protocol.ended()[static_cast<size_t>(call)];
    EXPECT_EQ(number, call);
    EXPECT_TRUE(code == absl::StatusCode::kCancelled || code == absl::StatusCode::kOk);
  }
  // What was written is still there for others.
  EXPECT_EQ(session_->Scan(Open())->rows.size(), 1u);
}

TEST_P(PresenceContract, CallbacksMayCloseTheStore) {
  auto store = place_->Open(session_->Options("prod"));
  Protocol protocol;
  bool closed = false;
  store->Upsert(MakeRecord(1), kLife, [&](const absl::StatusOr<size_t>& live) {
    EXPECT_TRUE(live.ok()) << live.status();
    store->Close([&] { closed = true; });
    EXPECT_FALSE(closed) << "closed was called within Close";
  });
  store->Scan(protocol.Scan(0));
  ASSERT_TRUE(session_->loop().RunUntil([&] { return closed; }, kPatience));
  ASSERT_EQ(protocol.ended().size(), 1u);
  EXPECT_EQ(protocol.ended()[0].second, absl::StatusCode::kCancelled);
}

// An agent lives for months between two operations.
TEST_P(PresenceContract, AStoreAtRestDoesNotWakeTheLoop) {
  PresenceStore* store = Open();
  ASSERT_TRUE(session_->Upsert(store, MakeRecord(1)).ok());
  ASSERT_TRUE(session_->Scan(store).ok());
  session_->loop().RunFor(Duration::Millis(50));
  // Nothing is on the loop but what waits for the other side, and for the far future.
  const int timeout_ms = uv_backend_timeout(session_->loop().get());
  EXPECT_TRUE(timeout_ms == -1 || timeout_ms >= 1'000 || uv_loop_alive(session_->loop().get()) == 0)
      << timeout_ms;
}

}  // namespace
}  // namespace muster::store::contract
