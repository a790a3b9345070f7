#include "src/core/rumour_queue.h"

#include <algorithm>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "tests/unit/core/claims.h"

namespace muster::core {
namespace {

constexpr HostId kNobody;
const HostId kPeer = IdOf(999);
constexpr RumourClass kAllClasses[] = {RumourClass::kRefutation, RumourClass::kVerdict,
                                       RumourClass::kSuspicion, RumourClass::kJoin};

// One packet for `to`: what it says.
std::string Packet(RumourQueue* queue, size_t budget = 1000, size_t pieces = 64,
                   const HostId& to = kPeer) {
  std::string out;
  const size_t size = queue->Fill(budget, pieces, to, &out);
  EXPECT_EQ(size, out.size());
  EXPECT_LE(size, budget);
  return out;
}

void Put(RumourQueue* queue, uint64_t n, const std::string& text, int copies = 9,
         RumourClass rumour_class = RumourClass::kJoin, const HostId& source = kNobody) {
  queue->Put(IdOf(n), rumour_class, text, copies, source);
}

class RumourQueueTest : public ::testing::Test {
 protected:
  PiecePool pool_;
};

TEST_F(RumourQueueTest, AFactIsToldUntilItsCopiesAreSpent) {
  RumourQueue queue(&pool_);
  EXPECT_TRUE(queue.empty());
  EXPECT_EQ(Packet(&queue), "");
  Put(&queue, 1, "a", 2);
  EXPECT_EQ(queue.size(), 1u);
  EXPECT_EQ(Packet(&queue), "a");
  EXPECT_EQ(Packet(&queue), "a");
  EXPECT_TRUE(queue.empty());
  EXPECT_EQ(Packet(&queue), "");
}

// Three peers hold our very table: they know of joins and refutations, not of all else.
TEST_F(RumourQueueTest, WhatTheTableTellsIsDroppedOnceItWasTold) {
  RumourQueue queue(&pool_);
  Put(&queue, 1, "j");
  Put(&queue, 2, "r", 9, RumourClass::kRefutation);
  Put(&queue, 3, "v", 9, RumourClass::kVerdict);
  Put(&queue, 4, "s", 9, RumourClass::kSuspicion);
  EXPECT_EQ(Packet(&queue).size(), 4u);
  Put(&queue, 5, "new");
  queue.DropTold();
  EXPECT_EQ(queue.size(), 3u);
  std::string left = Packet(&queue);
  std::sort(left.begin(), left.end());
  EXPECT_EQ(left, "ensvw");
  RumourQueue only_told(&pool_);
  Put(&only_told, 1, "a");
  Put(&only_told, 2, "b");
  (void)Packet(&only_told);
  only_told.DropTold();
  EXPECT_TRUE(only_told.empty());
  only_told.DropTold();
  Put(&only_told, 1, "c", 1);
  EXPECT_EQ(Packet(&only_told), "c");
}

TEST_F(RumourQueueTest, AppendsToWhatIsThere) {
  RumourQueue queue(&pool_);
  Put(&queue, 1, "a");
  std::string out = "before ";
  EXPECT_EQ(queue.Fill(10, 10, kPeer, &out), 1u);
  EXPECT_EQ(out, "before a");
}

TEST_F(RumourQueueTest, ANewerFactTakesTheOldOnesPlace) {
  RumourQueue queue(&pool_);
  Put(&queue, 1, "old", 1, RumourClass::kJoin);
  Put(&queue, 1, "new", 2, RumourClass::kVerdict);
  EXPECT_EQ(queue.size(), 1u);
  EXPECT_EQ(Packet(&queue), "new");
  EXPECT_EQ(Packet(&queue), "new");
  EXPECT_EQ(Packet(&queue), "");
}

TEST_F(RumourQueueTest, WithoutCopiesNothingIsQueuedAndTheOldFactGoes) {
  for (const int copies : {0, -1}) {
    RumourQueue queue(&pool_);
    Put(&queue, 1, "old");
    Put(&queue, 1, "new", copies);
    EXPECT_TRUE(queue.empty());
  }
}

TEST_F(RumourQueueTest, DropForgetsOneSubject) {
  RumourQueue queue(&pool_);
  Put(&queue, 1, "a");
  Put(&queue, 2, "b");
  queue.Drop(IdOf(1));
  queue.Drop(IdOf(1));
  queue.Drop(IdOf(3));
  EXPECT_EQ(queue.size(), 1u);
  EXPECT_EQ(Packet(&queue), "b");
}

TEST_F(RumourQueueTest, NobodyIsToldAboutItselfNorWhatItToldUs) {
  RumourQueue queue(&pool_);
  Put(&queue, 1, "a", 9, RumourClass::kJoin, IdOf(2));
  EXPECT_EQ(Packet(&queue, 1000, 64, IdOf(1)), "");
  EXPECT_EQ(Packet(&queue, 1000, 64, IdOf(2)), "");
  EXPECT_EQ(Packet(&queue, 1000, 64, IdOf(3)), "a");
}

TEST_F(RumourQueueTest, WithinAClassThoseToldLeastGoFirstThenTheNewest) {
  RumourQueue queue(&pool_);
  Put(&queue, 1, "a");
  Put(&queue, 2, "b");
  Put(&queue, 3, "c");
  EXPECT_EQ(Packet(&queue, 2), "cb");
  EXPECT_EQ(Packet(&queue, 2), "ac");
  Put(&queue, 4, "d");
  EXPECT_EQ(Packet(&queue, 1), "d");
  EXPECT_EQ(Packet(&queue, 3), "dba") << "all told once; c was told twice";
}

TEST_F(RumourQueueTest, KeepsWithinBytesAndPieces) {
  RumourQueue queue(&pool_);
  for (uint64_t n = 0; n < 10; ++n) Put(&queue, n, "xyz");
  EXPECT_EQ(Packet(&queue, 0).size(), 0u);
  EXPECT_EQ(Packet(&queue, 2).size(), 0u);
  EXPECT_EQ(Packet(&queue, 3).size(), 3u);
  EXPECT_EQ(Packet(&queue, 8).size(), 6u);
  EXPECT_EQ(Packet(&queue, 1000, 0).size(), 0u);
  EXPECT_EQ(Packet(&queue, 1000, 4).size(), 12u);
  EXPECT_EQ(Packet(&queue, 1000, 64).size(), 30u) << "each piece once a packet";
}

TEST_F(RumourQueueTest, UrgentClassesGoFirstWhenAllHaveTheSameShareToTell) {
  RumourQueue queue(&pool_);
  Put(&queue, 4, "j", 9, RumourClass::kJoin);
  Put(&queue, 3, "s", 9, RumourClass::kSuspicion);
  Put(&queue, 2, "v", 9, RumourClass::kVerdict);
  Put(&queue, 1, "r", 9, RumourClass::kRefutation);
  EXPECT_EQ(Packet(&queue, 4), "rvsj");
}

TEST_F(RumourQueueTest, ClassesSharePacketsThatCannotHoldAll) {
  RumourQueue queue(&pool_);
  for (uint64_t n = 0; n < 4000; ++n) {
    const RumourClass rumour_class = kAllClasses[n % 4];
    queue.Put(IdOf(n), rumour_class, std::string(10, "rvsj"[n % 4]), 1000, kNobody);
  }
  std::string all;
  for (int i = 0; i < 10; ++i) all += Packet(&queue, 1000, 200);
  const size_t expected[] = {3000, 3000, 2000, 2000};
  for (size_t c = 0; c < 4; ++c) {
    const auto bytes = static_cast<size_t>(std::count(all.begin(), all.end(), "rvsj"[c]));
    EXPECT_NEAR(static_cast<double>(bytes), static_cast<double>(expected[c]), 20) << "class " << c;
  }
}

TEST_F(RumourQueueTest, AClassAloneHasTheWholePacket) {
  for (const RumourClass rumour_class : kAllClasses) {
    RumourQueue queue(&pool_);
    for (uint64_t n = 0; n < 20; ++n) Put(&queue, n, std::string(50, 'x'), 9, rumour_class);
    EXPECT_EQ(Packet(&queue, 1000).size(), 1000u);
  }
}

// A full record of a member with many tags is thirty times a verdict.
TEST_F(RumourQueueTest, ALargePieceIsNotStarvedByAStreamOfSmallUrgentOnes) {
  RumourQueue queue(&pool_);
  uint64_t n = 0;
  Put(&queue, n++, std::string(800, 'J'), 1, RumourClass::kJoin);
  int packets = 0;
  bool told = false;
  while (!told && packets < 100) {
    for (int i = 0; i < 40; ++i) {
      Put(&queue, n++, std::string(30, 'r'), 9, RumourClass::kRefutation);
      Put(&queue, n++, std::string(30, 'v'), 9, RumourClass::kVerdict);
      Put(&queue, n++, std::string(30, 's'), 9, RumourClass::kSuspicion);
    }
    told = Packet(&queue, 1100).find('J') != std::string::npos;
    ++packets;
  }
  EXPECT_TRUE(told);
  EXPECT_LE(packets, 5);
}

TEST_F(RumourQueueTest, OneLargePieceInFrontLeavesTheRestOfThePacketToSmallerOnes) {
  RumourQueue queue(&pool_);
  Put(&queue, 1, "small", 1);
  Put(&queue, 2, std::string(90, 'x'), 1);
  Put(&queue, 3, std::string(80, 'y'), 1);
  EXPECT_EQ(Packet(&queue, 100), std::string(80, 'y') + "small");
  EXPECT_EQ(Packet(&queue, 100), std::string(90, 'x'));
}

TEST_F(RumourQueueTest, APieceLargerThanThePacketWaitsForALargerOne) {
  RumourQueue queue(&pool_);
  Put(&queue, 1, "small", 2);
  Put(&queue, 2, std::string(200, 'x'), 1);
  EXPECT_EQ(Packet(&queue, 100), "small");
  EXPECT_EQ(Packet(&queue, 300), std::string(200, 'x') + "small");
}

// A class that had nothing for the peers so far has no claim to all that it was not told.
TEST_F(RumourQueueTest, AClassThatWasSilentDoesNotTakeOverAfterwards) {
  RumourQueue queue(&pool_);
  for (uint64_t n = 0; n < 2000; ++n) Put(&queue, n, "j", 1000);
  for (int i = 0; i < 100; ++i) Packet(&queue, 1000, 1000);
  for (uint64_t n = 2000; n < 6000; ++n) Put(&queue, n, "s", 1000, RumourClass::kSuspicion);
  const std::string next = Packet(&queue, 1000, 1000);
  EXPECT_NEAR(static_cast<double>(std::count(next.begin(), next.end(), 'j')), 500, 10);
}

// All that the class has to tell came from the one peer that is told.
TEST_F(RumourQueueTest, AClassThatHadNothingForThePeersDoesNotTakeOverEither) {
  RumourQueue queue(&pool_);
  for (uint64_t n = 0; n < 2000; ++n) Put(&queue, n, "j", 1000);
  for (uint64_t n = 2000; n < 6000; ++n) {
    Put(&queue, n, "s", 1000, RumourClass::kSuspicion, kPeer);
  }
  for (int i = 0; i < 100; ++i) Packet(&queue, 1000, 1000);
  std::string next;
  for (int i = 0; i < 3; ++i) next += Packet(&queue, 1000, 1000, IdOf(9999));
  EXPECT_GE(std::count(next.begin(), next.end(), 'j'), 800);
}

TEST_F(RumourQueueTest, WhileOneClassWaitsForRoomTheOthersGoOnSharing) {
  RumourQueue queue(&pool_);
  Put(&queue, 0, std::string(900, 'J'), 9, RumourClass::kJoin);
  for (uint64_t n = 1; n <= 100; ++n) {
    Put(&queue, n, std::string(60, 'r'), 9, RumourClass::kRefutation);
    Put(&queue, 100 + n, std::string(60, 's'), 9, RumourClass::kSuspicion);
  }
  const std::string first = Packet(&queue, 1000);
  EXPECT_EQ(std::count(first.begin(), first.end(), 'J'), 0) << "two others left it 880 bytes";
  EXPECT_GE(std::count(first.begin(), first.end(), 's'), 6 * 60);
  EXPECT_EQ(Packet(&queue, 1000).substr(0, 900), std::string(900, 'J'));
}

TEST_F(RumourQueueTest, APieceLargerThanAnyPacketDoesNotHoldUpItsClass) {
  RumourQueue queue(&pool_);
  for (uint64_t n = 1; n <= 100; ++n) {
    Put(&queue, n, std::string(60, 'j'), 9, RumourClass::kJoin);
    Put(&queue, 100 + n, std::string(60, 'r'), 9, RumourClass::kRefutation);
  }
  Put(&queue, 0, std::string(2000, 'J'), 9, RumourClass::kJoin);
  const std::string packet = Packet(&queue, 1000);
  EXPECT_GE(std::count(packet.begin(), packet.end(), 'j'), 6 * 60);
}

TEST_F(RumourQueueTest, AfterABurstTheQueueIsAsGoodAsNew) {
  RumourQueue queue(&pool_);
  for (int round = 0; round < 3; ++round) {
    for (uint64_t n = 0; n < 100; ++n) Put(&queue, n, "x", 1);
    EXPECT_EQ(queue.size(), 100u);
    EXPECT_EQ(Packet(&queue, 1000, 1000).size(), 100u);
    EXPECT_TRUE(queue.empty());
  }
}

}  // namespace
}  // namespace muster::core
