#include "src/agent/presence_keeper.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "src/runtime/clock.h"
#include "src/store/memory_store.h"
#include "tests/unit/runtime/loop.h"

namespace muster::agent {
namespace {

using State = store::PresenceStatus::State;

constexpr uint32_t kLoopback = 0x7f000001;

// Agents on loopback whose keepers share one table in memory.
struct TestHost {
  std::unique_ptr<runtime::Driver> driver;
  std::unique_ptr<PresenceKeeper> keeper;
  std::vector<std::pair<api::StoreEvent, std::string>> events;
  std::vector<core::EventType> stops;
  bool closed = false;

  HostId id() const { return driver->node().id(); }
  size_t up() const { return driver->node().members().up_count(); }
};

class PresenceKeeperTest : public testing::Test {
 protected:
  ~PresenceKeeperTest() override {
    for (const auto& host : hosts_) {
      if (host->driver != nullptr) Stop(*host, false);
    }
  }

  TestHost& Start(uint64_t number, std::optional<uint64_t> id = std::nullopt) {
    hosts_.push_back(std::make_unique<TestHost>());
    TestHost* const host = hosts_.back().get();
    runtime::Driver::Config config;
    config.bind = Address::V4(kLoopback, 0);
    config.options = core::Options::For(core::Profile::kLocal);
    config.identity.id = {id.value_or(number), 1};
    config.identity.attributes.name = "n" + std::to_string(id.value_or(number));
    config.identity.attributes.address = config.bind;
    config.identity.attributes.boot = number;
    config.identity.attributes.agent = "test";
    config.seed = number;
    config.log_events = false;
    auto driver = runtime::Driver::Start(loop_.get(), std::move(config));
    EXPECT_TRUE(driver.ok()) << driver.status();
    host->driver = *std::move(driver);
    PresenceKeeper::Options options;
    options.driver = host->driver.get();
    options.kind = "memory";
    options.url = "memory:";
    options.seed = number;
    options.open = [this](store::PresenceOptions wanted) {
      return store::OpenMemoryStore(std::move(wanted), table_);
    };
    options.on_event = [host](api::StoreEvent event, const std::string& detail) {
      host->events.emplace_back(event, detail);
    };
    host->keeper = std::make_unique<PresenceKeeper>(std::move(options));
    host->driver->AddListener([host](TimePoint, const core::Event& event) {
      if (event.type == core::EventType::kStopRefused) host->stops.push_back(event.type);
      if (host->keeper != nullptr) host->keeper->OnEvent(event);
    });
    return *host;
  }

  void Stop(TestHost& host, bool goodbye) {
    bool clean = false;
    bool closed = false;
    host.keeper->Close(goodbye, [&](bool was_clean) {
      clean = was_clean;
      closed = true;
    });
    ASSERT_TRUE(loop_.RunUntil([&] { return closed; }));
    EXPECT_TRUE(clean);
    host.keeper.reset();
    loop_.Close(*host.driver);
    host.driver.reset();
  }

  // What stands in the store, as a stranger would see it.
  std::vector<store::PresenceRow> Rows(TestHost& host) {
    std::vector<store::PresenceRow> rows;
    bool done = false;
    host.keeper->List([&](absl::StatusOr<std::vector<store::PresenceRow>> listed) {
      EXPECT_TRUE(listed.ok()) << listed.status();
      if (listed.ok()) rows = *std::move(listed);
      done = true;
    });
    EXPECT_TRUE(loop_.RunUntil([&] { return done; }));
    return rows;
  }

  bool Meet(size_t count) {
    return loop_.RunUntil([&] {
      return std::all_of(hosts_.begin(), hosts_.end(), [&](const auto& host) {
        return host->driver == nullptr || host->up() == count;
      });
    });
  }

  // A row of somebody who is not there.
  void Plant(uint64_t id, const Address& address, Incarnation incarnation) {
    store::PresenceOptions options;
    options.loop = loop_.get();
    options.cluster = "default";
    options.wall_us = runtime::UnixMicrosNow;
    options.monotonic = runtime::MonotonicNow;
    const auto other = store::OpenMemoryStore(options, table_);
    store::PresenceRecord record;
    record.cluster = "default";
    record.id = {id, 1};
    record.name = "n" + std::to_string(id);
    record.address = address;
    record.incarnation = incarnation;
    record.agent = "test";
    bool done = false;
    other->Upsert(record, Duration::Seconds(3600), [&](const absl::StatusOr<size_t>& live) {
      EXPECT_TRUE(live.ok()) << live.status();
      done = true;
    });
    EXPECT_TRUE(loop_.RunUntil([&] { return done; }));
    loop_.Close(*other);
  }

  runtime::Loop loop_;
  std::shared_ptr<store::MemoryTable> table_ = std::make_shared<store::MemoryTable>();
  std::vector<std::unique_ptr<TestHost>> hosts_;
};

TEST_F(PresenceKeeperTest, HostsThatStartTogetherFindEachOtherThroughTheStoreAlone) {
  for (uint64_t i = 1; i <= 6; ++i) Start(i);
  EXPECT_TRUE(Meet(6));
  EXPECT_TRUE(loop_.RunUntil([&] { return table_->CountRows("default") == 6; }));
  for (const auto& host : hosts_) {
    EXPECT_EQ(host->keeper->status().state, State::kOk);
    EXPECT_EQ(host->keeper->status().refreshes, 1u);
    EXPECT_GT(host->keeper->status().next_refresh_us, runtime::UnixMicrosNow());
    EXPECT_TRUE(host->events.empty());
  }
}

TEST_F(PresenceKeeperTest, ItsRowSaysWhoItIs) {
  TestHost& host = Start(1);
  ASSERT_TRUE(loop_.RunUntil([&] { return table_->CountRows("default") == 1; }));
  const std::vector<store::PresenceRow> rows = Rows(host);
  ASSERT_EQ(rows.size(), 1u);
  const store::PresenceRecord& record = rows[0].record;
  EXPECT_EQ(record.cluster, "default");
  EXPECT_EQ(record.id, host.id());
  EXPECT_EQ(record.name, "n1");
  EXPECT_EQ(record.address, host.driver->bound());
  EXPECT_EQ(record.incarnation, host.driver->node().incarnation());
  EXPECT_EQ(record.agent, "test");
  EXPECT_EQ(record.created_us, record.refreshed_us);
  EXPECT_EQ(record.expires_us, record.refreshed_us + 3'600'000'000);
}

TEST_F(PresenceKeeperTest, ChangedTagsReachTheRow) {
  TestHost& host = Start(1);
  ASSERT_TRUE(loop_.RunUntil([&] { return table_->CountRows("default") == 1; }));
  ASSERT_TRUE(host.driver->SetTags({{"role", "web"}}).ok());
  ASSERT_TRUE(loop_.RunUntil([&] { return host.keeper->status().refreshes == 2; }));
  const std::vector<store::PresenceRow> rows = Rows(host);
  ASSERT_EQ(rows.size(), 1u);
  EXPECT_EQ(rows[0].record.tags, (wire::Tags{{"role", "web"}}));
  EXPECT_EQ(rows[0].record.incarnation, host.driver->node().incarnation());
  EXPECT_GT(rows[0].record.refreshed_us, rows[0].record.created_us);
}

TEST_F(PresenceKeeperTest, AGracefulEndTakesTheRowAndACrashLeavesIt) {
  TestHost& first = Start(1);
  ASSERT_TRUE(loop_.RunUntil([&] { return table_->CountRows("default") == 1; }));
  Stop(first, false);
  EXPECT_EQ(table_->CountRows("default"), 1u);
  TestHost& again = Start(1);
  ASSERT_TRUE(loop_.RunUntil([&] { return again.keeper->status().refreshes == 1; }));
  EXPECT_EQ(table_->CountRows("default"), 1u) << "the row of its own last run, at another address";
  Stop(again, true);
  EXPECT_EQ(table_->CountRows("default"), 0u);
}

TEST_F(PresenceKeeperTest, DeadRowsDelayNothing) {
  for (uint64_t i = 100; i < 300; ++i) {
    Plant(i, Address::V4(kLoopback, static_cast<uint16_t>(i)), Incarnation::Of(1, 0));
  }
  Start(1);
  Start(2);
  EXPECT_TRUE(Meet(2));
  EXPECT_TRUE(loop_.RunUntil([&] { return table_->CountRows("default") == 202; }));
}

TEST_F(PresenceKeeperTest, ACopyOfADataFolderIsRefusedAndTakesNobodysRow) {
  TestHost& original = Start(1);
  ASSERT_TRUE(loop_.RunUntil([&] { return original.keeper->status().refreshes == 1; }));
  TestHost& clone = Start(2, 1);
  ASSERT_TRUE(loop_.RunUntil([&] { return !clone.stops.empty(); }));
  const std::vector<store::PresenceRow> rows = Rows(original);
  ASSERT_EQ(rows.size(), 1u);
  EXPECT_EQ(rows[0].record.address, original.driver->bound());
}

TEST_F(PresenceKeeperTest, RowsOfHostsThatLeftAreRemovedUnlessTheyStartedAgain) {
  TestHost& stays = Start(1);
  TestHost& goes = Start(2);
  ASSERT_TRUE(Meet(2));
  ASSERT_TRUE(loop_.RunUntil([&] { return table_->CountRows("default") == 2; }));
  const HostId gone = goes.id();
  const Address address = goes.driver->bound();
  const Incarnation last = goes.driver->node().incarnation();
  ASSERT_TRUE(goes.driver->Leave().ok());
  ASSERT_TRUE(loop_.RunUntil([&] {
    const core::MemberView* member = stays.driver->node().member(gone);
    return member != nullptr && member->state == wire::State::kLeft;
  }));
  Stop(goes, false);  // its own farewell did not reach the store
  ASSERT_EQ(table_->CountRows("default"), 2u);
  stays.keeper->Forget(gone);
  ASSERT_TRUE(loop_.RunUntil([&] { return table_->CountRows("default") == 1; }));

  Plant(2, address, Incarnation::Of(last.epoch() + 1, 0));
  stays.keeper->Forget(gone);
  EXPECT_EQ(Rows(stays).size(), 2u) << "a later start is another matter";
  EXPECT_EQ(stays.keeper->status().erases, 1u) << "what was not removed is not counted";
  bool removed = false;
  stays.keeper->Purge(gone, Incarnation::FromRaw(~uint64_t{0}),
                      [&](const absl::StatusOr<bool>& there) { removed = there.ok() && *there; });
  EXPECT_TRUE(loop_.RunUntil([&] { return removed; }));
}

TEST_F(PresenceKeeperTest, ThePrunedHaveLeftToo) {
  TestHost& stays = Start(1);
  TestHost& goes = Start(2);
  ASSERT_TRUE(Meet(2));
  ASSERT_TRUE(loop_.RunUntil([&] { return table_->CountRows("default") == 2; }));
  const HostId gone = goes.id();
  Stop(goes, false);
  ASSERT_TRUE(stays.driver->ForceLeave(gone, /*prune=*/true, /*evict=*/true).ok());
  // Whoever writes its own record learns that there are more rows than members.
  ASSERT_TRUE(stays.driver->SetTags({{"a", "1"}}).ok());
  EXPECT_TRUE(loop_.RunUntil([&] { return table_->CountRows("default") == 1; }));
  EXPECT_TRUE(loop_.RunUntil([&] { return stays.keeper->status().erases == 1; }));
  EXPECT_EQ(stays.keeper->status().rows, 1u);
}

TEST_F(PresenceKeeperTest, AFailingStoreIsToldOnceAndRecoversByItself) {
  TestHost& host = Start(1);
  TestHost& other = Start(2);
  ASSERT_TRUE(Meet(2));
  ASSERT_TRUE(loop_.RunUntil([&] { return table_->CountRows("default") == 2; }));
  table_->FailWith(absl::UnavailableError("the disk is gone"));
  ASSERT_TRUE(host.driver->SetTags({{"a", "1"}}).ok());
  ASSERT_TRUE(loop_.RunUntil([&] { return host.keeper->status().refresh_errors >= 2; }));
  EXPECT_EQ(host.keeper->status().state, State::kFailing);
  EXPECT_EQ(host.keeper->status().error, "the disk is gone");
  ASSERT_EQ(host.events.size(), 1u);
  EXPECT_EQ(host.events[0].first, api::StoreEvent::kFailed);
  EXPECT_EQ(host.up(), 2u);
  EXPECT_EQ(other.up(), 2u);

  table_->FailWith(absl::OkStatus());
  ASSERT_TRUE(loop_.RunUntil([&] { return host.keeper->status().state == State::kOk; }));
  EXPECT_EQ(host.keeper->status().error, "");
  ASSERT_EQ(host.events.size(), 2u);
  EXPECT_EQ(host.events[1].first, api::StoreEvent::kRecovered);
}

TEST_F(PresenceKeeperTest, AListThatIsAnsweredIsASignOfLifeOfTheStore) {
  table_->FailWith(absl::UnavailableError("the disk is gone"));
  TestHost& host = Start(1);
  ASSERT_TRUE(loop_.RunUntil([&] { return host.keeper->status().state == State::kFailing; }));
  table_->FailWith(absl::OkStatus());
  Rows(host);
  const TimePoint listed = runtime::MonotonicNow();
  EXPECT_TRUE(loop_.RunUntil([&] { return host.keeper->status().state == State::kOk; }));
  EXPECT_LT(runtime::MonotonicNow() - listed, Duration::Millis(500)) << "the rest is tried at once";
  EXPECT_EQ(host.keeper->status().error, "");
}

// A full disk, a replica: that it can be read does not make it sound, each time anew.
TEST_F(PresenceKeeperTest, AStoreThatIsOnlyReadIsFailingAllTheWhile) {
  TestHost& host = Start(1);
  ASSERT_TRUE(loop_.RunUntil([&] { return host.keeper->status().refreshes == 1; }));
  table_->FailWritesWith(absl::ResourceExhaustedError("the disk is full"));
  ASSERT_TRUE(host.driver->SetTags({{"a", "1"}}).ok());
  ASSERT_TRUE(loop_.RunUntil([&] { return host.keeper->status().state == State::kFailing; }));
  const int64_t since_us = host.keeper->status().since_us;
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(Rows(host).size(), 1u);
    EXPECT_EQ(host.keeper->status().state, State::kFailing);
    EXPECT_EQ(host.keeper->status().error, "the disk is full");
  }
  ASSERT_TRUE(loop_.RunUntil([&] { return host.keeper->status().refresh_errors >= 2; }));
  EXPECT_EQ(host.keeper->status().since_us, since_us) << "since when must not move";
  EXPECT_EQ(host.events.size(), 1u) << "told once";
  table_->FailWritesWith(absl::OkStatus());
  ASSERT_TRUE(loop_.RunUntil([&] { return host.keeper->status().state == State::kOk; }));
  ASSERT_EQ(host.events.size(), 2u);
  EXPECT_EQ(host.events[1].first, api::StoreEvent::kRecovered);
}

// The row may be gone by other hands before it could be removed: nobody tries again then.
TEST_F(PresenceKeeperTest, ARemovalThatFailedIsForgottenOnceThereIsNothingToRemove) {
  TestHost& host = Start(1);
  ASSERT_TRUE(loop_.RunUntil([&] { return host.keeper->status().refreshes == 1; }));
  Plant(2, Address::V4(kLoopback, 9), Incarnation::Of(1, 0));
  table_->FailWritesWith(absl::PermissionDeniedError("no DELETE"));
  bool ended = false;
  host.keeper->Purge({2, 1}, Incarnation::Of(1, 0), [&](const absl::StatusOr<bool>& removed) {
    EXPECT_FALSE(removed.ok());
    ended = true;
  });
  ASSERT_TRUE(loop_.RunUntil([&] { return ended; }));
  EXPECT_EQ(host.keeper->status().state, State::kFailing);
  EXPECT_EQ(host.keeper->status().erase_errors, 1u);
  table_->FailWritesWith(absl::OkStatus());
  ASSERT_TRUE(host.driver->SetTags({{"a", "1"}}).ok());  // a row more than members: it looks
  EXPECT_TRUE(loop_.RunUntil([&] { return host.keeper->status().state == State::kOk; }));
}

TEST_F(PresenceKeeperTest, AHangingStoreDoesNotKeepAnybodyFromStopping) {
  table_->Hang(true);
  TestHost& host = Start(1);
  EXPECT_EQ(host.keeper->status().state, State::kStarting);
  const TimePoint begin = runtime::MonotonicNow();
  Stop(host, true);
  EXPECT_LT(runtime::MonotonicNow() - begin, Duration::Seconds(3));
}

TEST_F(PresenceKeeperTest, AWipedStoreFillsAgain) {
  TestHost& host = Start(1);
  ASSERT_TRUE(loop_.RunUntil([&] { return table_->CountRows("default") == 1; }));
  table_->Clear();
  ASSERT_TRUE(host.driver->SetTags({{"a", "1"}}).ok());
  EXPECT_TRUE(loop_.RunUntil([&] { return table_->CountRows("default") == 1; }));
}

TEST_F(PresenceKeeperTest, RowsThatCannotBeReadAreCounted) {
  Plant(9, Address::V4(kLoopback, 9), Incarnation::Of(1, 0));
  ASSERT_TRUE(table_->DamageRow("default", {9, 1}));
  TestHost& host = Start(1);
  ASSERT_TRUE(loop_.RunUntil([&] { return host.keeper->status().looks == 1; }));
  EXPECT_EQ(host.keeper->status().damaged_rows, 1u);
  EXPECT_EQ(host.keeper->status().state, State::kOk);
}

}  // namespace
}  // namespace muster::agent
