#include "src/store/operation_queue.h"

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "src/store/presence_store.h"
#include "tests/unit/store/test_loop.h"

namespace muster::store {
namespace {

// A queue, and what happened to its operations in the order in which it did.
class OperationQueueTest : public ::testing::Test {
 protected:
  OperationQueueTest()
      : queue_(loop_.get(), "teststore", [this](uint64_t ticket) {
          log_.push_back("expired " + std::to_string(ticket));
          return expired_status_;
        }) {}
  ~OperationQueueTest() override {
    if (!queue_.closing()) Close();
    EXPECT_TRUE(loop_.RunUntil([this] { return closed_; }));
  }

  void Close() {
    queue_.Close([this] {
      log_.push_back("closed");
      closed_ = true;
    });
  }
  // An operation `name` that stays under way until the test ends it.
  void PushHanging(const std::string& name) {
    queue_.Push(
        [this, name](uint64_t ticket) {
          log_.push_back("begin " + name);
          tickets_.push_back(ticket);
        },
        [this, name](const absl::Status& error) { Log(name, error); });
  }
  // One that ends within its begin.
  void PushInstant(
      const std::string& name, const std::function<void()>& then = [] {}) {
    queue_.Push(
        [this, name, then](uint64_t ticket) {
          queue_.End(ticket, [this, name, then] {
            log_.push_back(name + ": ok");
            then();
          });
        },
        [this, name](const absl::Status& error) { Log(name, error); });
  }
  void Log(const std::string& name, const absl::Status& error) {
    log_.push_back(name + ": " + absl::StatusCodeToString(error.code()));
    last_error_ = error;
  }
  void EndOk(uint64_t ticket, const std::string& name) {
    queue_.End(ticket, [this, name] { log_.push_back(name + ": ok"); });
  }
  bool RunUntilLogged(size_t lines) {
    return loop_.RunUntil([this, lines] { return log_.size() >= lines; });
  }

  testing::TestLoop loop_;
  OperationQueue queue_;
  std::vector<std::string> log_;
  std::vector<uint64_t> tickets_;
  absl::Status expired_status_;
  absl::Status last_error_;
  bool closed_ = false;
};

using Lines = std::vector<std::string>;

TEST_F(OperationQueueTest, OneRunsAtATimeInTheOrderOfTheCalls) {
  PushHanging("a");
  PushHanging("b");
  PushInstant("c");
  EXPECT_TRUE(log_.empty()) << "nothing begins within the call";
  ASSERT_TRUE(RunUntilLogged(1));
  for (int i = 0; i < 3; ++i) loop_.Turn();
  EXPECT_EQ(log_, Lines{"begin a"});
  EXPECT_TRUE(queue_.IsRunning(tickets_[0]));
  EXPECT_GT(queue_.budget_left(), Duration::Seconds(3));
  EXPECT_LE(queue_.budget_left(), PresenceStore::kOperationBudget);
  EndOk(tickets_[0], "a");
  EXPECT_EQ(log_.size(), 1u) << "nothing is delivered within End";
  ASSERT_TRUE(RunUntilLogged(3));
  queue_.Fail(tickets_[1], absl::UnavailableError("gone"));
  ASSERT_TRUE(RunUntilLogged(5));
  EXPECT_EQ(log_, (Lines{"begin a", "a: ok", "begin b", "b: UNAVAILABLE", "c: ok"}));
}

TEST_F(OperationQueueTest, AtRestNothingIsActive) {
  EXPECT_FALSE(loop_.is_alive());
  EXPECT_EQ(queue_.budget_left(), Duration::Zero());
  PushHanging("a");
  EXPECT_TRUE(loop_.is_alive());
  ASSERT_TRUE(RunUntilLogged(1));
  loop_.Turn();
  EXPECT_TRUE(loop_.is_alive()) << "its budget's timer";
  EndOk(tickets_[0], "a");
  ASSERT_TRUE(RunUntilLogged(2));
  loop_.Turn();
  EXPECT_FALSE(loop_.is_alive());
}

TEST_F(OperationQueueTest, AnEndComesOnceAndOnlyForTheRunningOne) {
  PushHanging("a");
  PushHanging("b");
  ASSERT_TRUE(RunUntilLogged(1));
  const uint64_t a = tickets_[0];
  EndOk(a + 1, "not begun");
  EndOk(0, "nobody");
  EndOk(a, "a");
  EndOk(a, "twice");
  queue_.Fail(a, absl::InternalError("late"));
  ASSERT_TRUE(RunUntilLogged(3));
  EndOk(a, "long gone");
  loop_.Turn();
  EXPECT_EQ(log_, (Lines{"begin a", "a: ok", "begin b"}));
}

TEST_F(OperationQueueTest, TooManyAreRefusedInTheirTurn) {
  PushHanging("running");
  ASSERT_TRUE(RunUntilLogged(1));
  for (size_t i = 0; i < PresenceStore::kQueueMax; ++i) PushInstant("w");
  PushInstant("over");
  for (int i = 0; i < 3; ++i) loop_.Turn();
  EXPECT_EQ(log_.size(), 1u) << "the refusal waits for the calls before it";
  EndOk(tickets_[0], "running");
  ASSERT_TRUE(RunUntilLogged(PresenceStore::kQueueMax + 3));
  EXPECT_EQ(log_[1], "running: ok");
  EXPECT_EQ(log_[2], "w: ok");
  EXPECT_EQ(log_[log_.size() - 2], "w: ok");
  EXPECT_EQ(log_.back(), "over: RESOURCE_EXHAUSTED");
  PushInstant("again");
  ASSERT_TRUE(RunUntilLogged(PresenceStore::kQueueMax + 4));
  EXPECT_EQ(log_.back(), "again: ok");
}

TEST_F(OperationQueueTest, TheBudgetCountsFromTheCall) {
  const uint64_t begun_ms = uv_now(loop_.get());
  PushHanging("a");
  PushHanging("b");
  PushInstant("c");
  ASSERT_TRUE(RunUntilLogged(5));
  const uint64_t took_ms = uv_now(loop_.get()) - begun_ms;
  EXPECT_GE(took_ms, 4'900u);
  EXPECT_LE(took_ms, 7'000u);
  EXPECT_EQ(log_, (Lines{"begin a", "expired " + std::to_string(tickets_[0]),
                         "a: DEADLINE_EXCEEDED", "b: DEADLINE_EXCEEDED", "c: DEADLINE_EXCEEDED"}));
  EXPECT_EQ(tickets_.size(), 1u) << "what has no time left is not begun";
  EXPECT_TRUE(last_error_.message().find("teststore") == 0) << last_error_;
  // The store chooses the error of the one that ran, and goes on.
  expired_status_ = absl::UnavailableError("the disk does not answer");
  PushHanging("d");
  ASSERT_TRUE(loop_.RunUntil([this] { return log_.back() == "d: UNAVAILABLE"; }));
  EXPECT_EQ(last_error_, expired_status_);
  EndOk(tickets_.back(), "too late");
  PushInstant("e");
  ASSERT_TRUE(loop_.RunUntil([this] { return log_.back() == "e: ok"; }));
}

TEST_F(OperationQueueTest, CallbacksMayCallAgain) {
  int left = 100;
  std::function<void()> again = [&] {
    if (--left > 0) PushInstant("x", again);
  };
  PushInstant("x", again);
  ASSERT_TRUE(RunUntilLogged(100));
  EXPECT_EQ(left, 0);
}

TEST_F(OperationQueueTest, ACallerWhoNeverRestsDoesNotHoldTheLoopUp) {
  bool stop = false;
  std::function<void()> again = [&] {
    if (!stop) PushInstant("x", again);
  };
  PushInstant("x", again);
  loop_.Turn();
  loop_.Turn();
  EXPECT_LE(log_.size(), 2u);
  stop = true;
}

TEST_F(OperationQueueTest, CloseCancelsAllInOrder) {
  PushHanging("a");
  PushInstant("b");
  PushInstant("c");
  ASSERT_TRUE(RunUntilLogged(1));
  Close();
  EXPECT_EQ(log_.size(), 1u) << "nothing is delivered within Close";
  EndOk(tickets_[0], "too late");
  PushInstant("d");
  ASSERT_TRUE(loop_.RunUntil([this] { return closed_; }));
  EXPECT_EQ(log_, (Lines{"begin a", "a: CANCELLED", "b: CANCELLED", "c: CANCELLED", "d: CANCELLED",
                         "closed"}));
}

TEST_F(OperationQueueTest, WhatHasEndedIsDeliveredThoughTheQueueCloses) {
  PushHanging("a");
  ASSERT_TRUE(RunUntilLogged(1));
  EndOk(tickets_[0], "a");
  Close();
  ASSERT_TRUE(loop_.RunUntil([this] { return closed_; }));
  EXPECT_EQ(log_, (Lines{"begin a", "a: ok", "closed"}));
}

TEST_F(OperationQueueTest, ClosedFromACallback) {
  PushInstant("a", [this] {
    Close();
    PushInstant("c", [] { ADD_FAILURE() << "begun after Close"; });
  });
  PushInstant("b");
  ASSERT_TRUE(loop_.RunUntil([this] { return closed_; }));
  EXPECT_EQ(log_, (Lines{"a: ok", "b: CANCELLED", "c: CANCELLED", "closed"}));
}

TEST_F(OperationQueueTest, CloseOfAnIdleQueueIsNotWithinTheCall) {
  Close();
  EXPECT_FALSE(closed_);
  ASSERT_TRUE(loop_.RunUntil([this] { return closed_; }));
}

}  // namespace
}  // namespace muster::store
