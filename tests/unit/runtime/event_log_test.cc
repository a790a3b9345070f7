#include "src/runtime/event_log.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "src/core/member_record.h"

namespace muster::runtime {
namespace {

using core::Event;
using core::EventType;

TEST(LogLineTest, QuotesWhatWouldBreakALine) {
  EXPECT_EQ(LogLine().Add("a", "b").Add("n", 7).text(), "a=b n=7");
  EXPECT_EQ(LogLine().Add("a", "").text(), "a=\"\"");
  EXPECT_EQ(LogLine().Add("a", "two words").text(), "a=\"two words\"");
  EXPECT_EQ(LogLine().Add("a", "x\ny\"z\\").text(), "a=\"x\\ny\\\"z\\\\\"");
  EXPECT_EQ(LogLine().Add("a", "k=v").text(), "a=\"k=v\"");
  EXPECT_EQ(LogLine().Add("a", "\x1b[31m").text(), "a=\"\\x1b[31m\"");
}

TEST(EventLogTest, AMemberFails) {
  core::RecordPool pool;
  Event event;
  event.type = EventType::kMemberFailed;
  event.member = {1, 2};
  wire::Attributes attributes;
  attributes.name = "web-1";
  attributes.address = *Address::Parse("10.0.0.1");
  event.record = pool.Intern(event.member, attributes);
  event.from = wire::State::kSuspect;
  event.to = wire::State::kFailed;
  event.incarnation = Incarnation::Of(3, 4);
  event.reason = wire::Reason::kNoAnswer;
  event.by = 0xabcd;
  event.version = 18;
  EXPECT_EQ(FormatEvent(event),
            "event=member.failed member=web-1 id=00000000000000010000000000000002 "
            "address=10.0.0.1:7946 from=suspect to=failed incarnation=3.4 reason=\"no answer\" "
            "by=0000abcd version=18");
  EXPECT_EQ(EventLogLevel(event), LogLevel::kWarning);
}

TEST(EventLogTest, AnUnknownMemberHasNoName) {
  Event event;
  event.type = EventType::kMemberReaped;
  event.member = {1, 2};
  event.to = event.from = wire::State::kLeft;
  EXPECT_EQ(FormatEvent(event),
            "event=member.reaped id=00000000000000010000000000000002 to=left incarnation=0.0 "
            "version=0");
}

TEST(EventLogTest, EventsAboutThisMember) {
  Event event;
  event.type = EventType::kSelfHealth;
  event.value = 3;
  EXPECT_EQ(FormatEvent(event), "event=self.health value=3");
  event.type = EventType::kLeaveDone;
  event.asked = 3;
  event.value = 2;
  const std::string leave = FormatEvent(event);
  EXPECT_NE(leave.find(" asked=3 confirmed=2"), std::string::npos) << leave;
  event.type = EventType::kRefutedSelf;
  event.value = Incarnation::Of(7, 9).raw();
  const std::string refuted = FormatEvent(event);
  EXPECT_NE(refuted.find(" incarnation=7.9"), std::string::npos) << refuted;
  event.type = EventType::kStopRefused;
  event.detail = "name 'web-1' is taken";
  const std::string refused = FormatEvent(event);
  EXPECT_NE(refused.find(" detail=\"name 'web-1' is taken\""), std::string::npos) << refused;
}

TEST(EventLogTest, LevelsByType) {
  const auto level = [](EventType type, uint64_t value) {
    Event event;
    event.type = type;
    event.value = value;
    return EventLogLevel(event);
  };
  EXPECT_EQ(level(EventType::kMemberJoined, 0), LogLevel::kInfo);
  EXPECT_EQ(level(EventType::kSelfIsolated, 1), LogLevel::kWarning);
  EXPECT_EQ(level(EventType::kSelfIsolated, 0), LogLevel::kInfo);
  EXPECT_EQ(level(EventType::kAgreement, 1), LogLevel::kDebug);
  EXPECT_EQ(level(EventType::kSeedsWanted, 0), LogLevel::kNone);
  EXPECT_EQ(level(EventType::kPingDone, 1), LogLevel::kNone);
  EXPECT_EQ(level(EventType::kJoinTried, 1), LogLevel::kNone);
  EXPECT_EQ(level(EventType::kStopEvicted, 0), LogLevel::kWarning);
  EXPECT_EQ(level(EventType::kRefutedSelf, 5), LogLevel::kInfo) << "also told of new tags";
}

TEST(EventLogTest, AFailedJoinNamesWhatWasTried) {
  EXPECT_EQ(FormatJoinFailure({"a", "b:1"}, "refused"),
            "event=join.failed tried=a,b:1 error=refused");
  const std::vector<std::string> eight(8, "x");
  EXPECT_EQ(FormatJoinFailure(eight, "no"), "event=join.failed tried=x,x,x,x,x,x,x,x error=no");
  EXPECT_EQ(FormatJoinFailure(std::vector<std::string>(10, "x"), "no"),
            "event=join.failed tried=\"x,x,x,x,x,x,x,x,and 2 more\" error=no");
}

}  // namespace
}  // namespace muster::runtime
