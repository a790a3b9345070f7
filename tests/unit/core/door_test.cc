#include "src/core/door.h"

#include <gtest/gtest.h>

namespace muster::core {
namespace {

const HostId kJoiner{1, 1};
const HostId kHolder{2, 1};
const HostId kStranger{3, 1};

Door::Visitor MakeVisitor(const HostId& holder, StreamId stream = 2) {
  Door::Visitor visitor;
  visitor.stream = stream;
  visitor.joiner.id = kJoiner;
  visitor.joiner.attributes = wire::Attributes();
  visitor.joiner.attributes->boot = 1000;
  visitor.holder = holder;
  return visitor;
}

TEST(DoorTest, WhoAnswersAtTheHoldersAddressDecides) {
  struct Case {
    const char* story;
    HostId holder;
    Door::Answer answer;
    Door::Decision decision;
  };
  const Case cases[] = {
      {"the holder answers", kHolder, {true, kHolder, 55}, Door::Decision::kRefuse},
      {"the holder answers by datagram", kHolder, {true, kHolder, 0}, Door::Decision::kRefuse},
      {"nobody answers", kHolder, {}, Door::Decision::kReplace},
      {"the joiner itself answers", kHolder, {true, kJoiner, 1000}, Door::Decision::kReplace},
      {"a stranger answers", kHolder, {true, kStranger, 7}, Door::Decision::kReplace},
      {"a clone answers", kJoiner, {true, kJoiner, 999}, Door::Decision::kRefuse},
      {"the same run answers at the old address",
       kJoiner,
       {true, kJoiner, 1000},
       Door::Decision::kReplace},
      {"the old address is silent", kJoiner, {}, Door::Decision::kReplace},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(Door::Decide(MakeVisitor(c.holder), c.answer), c.decision) << c.story;
  }
}

TEST(DoorTest, VisitorsWaitOnTheirOwnStreams) {
  Door door;
  door.Add(MakeVisitor(kHolder, 2));
  door.Add(MakeVisitor(kJoiner, 4));
  EXPECT_FALSE(door.IsAboutClone(2));
  EXPECT_TRUE(door.IsAboutClone(4));
  Door::Visitor visitor;
  ASSERT_TRUE(door.Take(2, &visitor));
  EXPECT_EQ(visitor.holder, kHolder);
  EXPECT_FALSE(door.Take(2, &visitor));
  door.Gone(4);
  EXPECT_FALSE(door.Take(4, &visitor));
}

TEST(DoorTest, TheWaitingRoomIsBounded) {
  Door door;
  for (size_t i = 0; i < Door::kMax; ++i) {
    EXPECT_FALSE(door.full());
    door.Add(MakeVisitor(kHolder, 2 * (i + 1)));
  }
  EXPECT_TRUE(door.full());
}

}  // namespace
}  // namespace muster::core
