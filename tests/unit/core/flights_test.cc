#include "src/core/flights.h"

#include <gtest/gtest.h>

namespace muster::core {
namespace {

TimePoint At(int64_t ms) { return TimePoint::FromMicros(10'000'000 + ms * 1000); }

Flight MakeFlight(uint32_t sequence, TimePoint deadline, ProbeKind kind = ProbeKind::kRing) {
  Flight flight;
  flight.target = HostId{sequence, 1};
  flight.kind = kind;
  flight.sequence = sequence;
  flight.sent = At(0);
  flight.deadline = deadline;
  return flight;
}

TEST(FlightsTest, DueComesEarliestFirstAndSkipsDecidedOnes) {
  Flights flights;
  flights.Add(MakeFlight(1, At(30)));
  flights.Add(MakeFlight(2, At(10)));
  flights.Add(MakeFlight(3, At(20)))->done = true;
  EXPECT_EQ(flights.next(), At(10));
  EXPECT_EQ(flights.Due(At(9)), nullptr);
  ASSERT_NE(flights.Due(At(100)), nullptr);
  EXPECT_EQ(flights.Due(At(100))->sequence, 2u);
  flights.Due(At(100))->done = true;
  EXPECT_EQ(flights.Due(At(100))->sequence, 1u);
}

TEST(FlightsTest, AnswersAreFoundByPingAndByRelay) {
  Flights flights;
  Flight* flight = flights.Add(MakeFlight(5, At(30)));
  flight->relays[0] = {HostId{50, 1}, 6, false};
  flight->relays[1] = {HostId{51, 1}, 7, true};
  flight->relays[2] = {HostId{52, 1}, 9, false};
  flight->relay_count = 3;
  flight->first_relays = 2;
  int relay = 9;
  EXPECT_EQ(flights.FindBySequence(5, &relay)->sequence, 5u);
  EXPECT_EQ(relay, -1);
  EXPECT_EQ(flights.FindBySequence(7, &relay)->sequence, 5u);
  EXPECT_EQ(relay, 1);
  EXPECT_EQ(flights.FindBySequence(9, &relay)->sequence, 5u);
  EXPECT_EQ(relay, 2);
  EXPECT_EQ(flights.FindBySequence(8, &relay), nullptr);
  flight->repeats[flight->repeat_count++] = 8;
  EXPECT_EQ(flights.FindBySequence(8, &relay)->sequence, 5u);
  EXPECT_EQ(relay, -1);
  EXPECT_TRUE(flight->IsRepeat(8));
  EXPECT_FALSE(flight->IsRepeat(5));
  EXPECT_FALSE(flight->IsRepeat(0)) << "the one not sent yet";
  EXPECT_EQ(flight->nacks(), 1);
  EXPECT_EQ(flight->missing_nacks(), 1) << "of the first two; the third was asked too late for one";
}

TEST(FlightsTest, LateAnswersAreKnownForTwoSeconds) {
  Flights flights;
  flights.Add(MakeFlight(1, At(30)))->done = true;
  int relay = 0;
  flights.Sweep(At(2000));
  EXPECT_NE(flights.FindBySequence(1, &relay), nullptr);
  flights.Sweep(At(2001));
  EXPECT_EQ(flights.FindBySequence(1, &relay), nullptr);
}

TEST(FlightsTest, AStallVoidsAllButWhatSomebodyWaitsFor) {
  Flights flights;
  flights.Add(MakeFlight(1, At(30)))->stream = 11;
  flights.Add(MakeFlight(2, At(30), ProbeKind::kUser))->stream = 13;
  flights.Add(MakeFlight(3, At(30), ProbeKind::kDoor));
  flights.Add(MakeFlight(4, At(30), ProbeKind::kLastLook));
  EXPECT_EQ(flights.VoidAll(), std::vector<StreamId>{11});
  EXPECT_EQ(flights.size(), 2u);
  EXPECT_EQ(flights.FindByStream(13)->sequence, 2u);
}

TEST(FlightsTest, TheyAreBounded) {
  Flights flights;
  for (size_t i = 0; i < Flights::kMax; ++i) {
    ASSERT_NE(flights.Add(MakeFlight(static_cast<uint32_t>(i + 1), At(30))), nullptr);
  }
  EXPECT_EQ(flights.Add(MakeFlight(1, At(30))), nullptr);
  EXPECT_EQ(flights.size(), Flights::kMax);
}

}  // namespace
}  // namespace muster::core
