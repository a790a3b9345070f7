#include "src/core/event.h"

#include <set>
#include <string>
#include <utility>

#include "gtest/gtest.h"

namespace muster::core {
namespace {

TEST(EventTest, PublicEventsHaveTheNamesThatUsersKnow) {
  const std::pair<EventType, const char*> cases[] = {
      {EventType::kMemberJoined, "member.joined"},
      {EventType::kMemberSuspected, "member.suspected"},
      {EventType::kMemberRefuted, "member.refuted"},
      {EventType::kMemberFailed, "member.failed"},
      {EventType::kMemberLeaving, "member.leaving"},
      {EventType::kMemberLeft, "member.left"},
      {EventType::kMemberReturned, "member.returned"},
      {EventType::kMemberUpdated, "member.updated"},
      {EventType::kMemberReaped, "member.reaped"},
      {EventType::kConflict, "conflict"},
      {EventType::kSelfHealth, "self.health"},
      {EventType::kSelfIsolated, "self.isolated"},
      {EventType::kAgreement, "agreement"},
  };
  for (const auto& [type, name] : cases) EXPECT_STREQ(EventTypeName(type), name);
}

TEST(EventTest, AllOtherNamesAreInternalAndNoNameIsUsedTwice) {
  std::set<std::string> names;
  for (int value = static_cast<int>(EventType::kMemberJoined);
       value <= static_cast<int>(EventType::kStopEvicted); ++value) {
    const std::string name = EventTypeName(static_cast<EventType>(value));
    EXPECT_NE(name, "internal.unknown") << value;
    EXPECT_TRUE(names.insert(name).second) << name;
    if (value > static_cast<int>(EventType::kAgreement)) {
      EXPECT_EQ(name.rfind("internal.", 0), 0u) << name;
    }
  }
  EXPECT_STREQ(EventTypeName(static_cast<EventType>(0)), "internal.unknown");
}

}  // namespace
}  // namespace muster::core
