#include "src/api/shapes.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/unit/api/fakes.h"

namespace muster::api {
namespace {

TEST(Shapes, TimesAreRfc3339InUtcWithMilliseconds) {
  EXPECT_EQ(FormatTime(0), "1970-01-01T00:00:00.000Z");
  EXPECT_EQ(FormatTime(1'795'176'000'250'999), "2026-11-20T12:00:00.250Z");
  EXPECT_EQ(FormatTime(-5), "1970-01-01T00:00:00.000Z");
}

TEST(Shapes, Member) {
  FakeBackend backend;
  FakeMember& member = backend.AddMember("web-1");
  member.tags = {{"role", "web"}};
  member.rtt = Duration::Micros(416);
  member.health = 2;
  EXPECT_EQ(DumpJson(MemberShape(backend.member(1), "web-1")),
            R"({"name":"web-1","id":"00000002000000000000000000000002",)"
            R"("address":"10.0.0.2:7946","status":"alive","incarnation":"50331649",)"
            R"("since":"1970-01-01T00:00:01.000Z","tags":{"role":"web"},"rtt_ms":0.416,)"
            R"("health":2,"self":false})");
}

TEST(Shapes, AMemberOfWhichLittleIsKnown) {
  FakeBackend backend;
  FakeMember& member = backend.AddMember("");
  member.address = Address();
  member.state = wire::State::kFailed;
  const Json json = MemberShape(backend.member(1), "~0000");
  EXPECT_TRUE(json["address"].is_null());
  EXPECT_TRUE(json["rtt_ms"].is_null());
  EXPECT_EQ(json["tags"], Json::object());
  EXPECT_EQ(json["status"], "failed");
}

TEST(Shapes, Status) {
  FakeBackend backend;
  backend.AddMember("n2").state = wire::State::kSuspect;
  StatusView& view = backend.status_view;
  view.address = backend.members[0].address;
  view.tolerance = Duration::Seconds(4);
  view.digest = 0x5e8c;
  view.peers = 4;
  view.agreeing = 3;
  view.differing = {{"n4", 2'000'000}};
  view.join = core::JoinState::kJoined;
  view.rejected[static_cast<size_t>(wire::Reject::kChecksum)] = 7;
  view.loop_lag_p99_ms = 0.91239;
  view.udp_bytes_in = uint64_t{1} << 60;
  const RunFacts facts{{"0.1.0", "lan", 1'000'000}, {"unix:/run/n1.sock"}};
  const Json json = StatusShape(backend, facts, 3'000'000);
  EXPECT_EQ(json["name"], "n1");
  EXPECT_EQ(json["id"], backend.members[0].id.ToHex());
  EXPECT_EQ(json["cluster"], "blue");
  EXPECT_EQ(json["version"], "0.1.0");
  EXPECT_EQ(json["started"], "1970-01-01T00:00:01.000Z");
  EXPECT_EQ(json["address"], "10.0.0.1:7946");
  EXPECT_EQ(DumpJson(json["api"]), R"(["unix:/run/n1.sock"])");
  EXPECT_EQ(json["profile"], "lan");
  EXPECT_EQ(json["tolerance_ms"], 4000);
  EXPECT_EQ(DumpJson(json["members"]),
            R"({"alive":1,"suspect":1,"failed":0,"leaving":0,"left":0})");
  EXPECT_EQ(DumpJson(json["view"]),
            R"({"version":"18","digest":"0000000000005e8c","changed":"1970-01-01T00:00:03.000Z",)"
            R"("held":0})");
  EXPECT_EQ(DumpJson(json["agreement"]),
            R"({"peers":4,"agreeing":3,"differing":[{"name":"n4","since":)"
            R"("1970-01-01T00:00:02.000Z"}]})");
  EXPECT_EQ(json["ready"], true);
  EXPECT_EQ(DumpJson(json["join"]), R"({"state":"joined","last_error":null})");
  EXPECT_EQ(json["rejected"]["checksum"], 7);
  EXPECT_EQ(json["rejected"].size(), static_cast<size_t>(wire::kRejectCount - 1));
  EXPECT_EQ(DumpJson(json["loop_lag_ms"]), R"({"p50":0.0,"p99":0.912})");
  EXPECT_EQ(json["traffic"]["udp_bytes_in"], "1152921504606846976");
  EXPECT_EQ(json["traffic"].size(), 6u);
  EXPECT_TRUE(json["store"].is_object());
}

TEST(Shapes, AListFrameTakesItsMembers) {
  FakeBackend backend;
  backend.cluster_name = "odd \"members\":[] name";
  Json frame = MembersShape(backend);
  frame["next_cursor"] = "x";
  EXPECT_EQ(DumpWithMembers(frame, {}), DumpJson(frame));
  const absl::StatusOr<Json> json =
      ParseJson(DumpWithMembers(frame, {{backend.member(0), "n1"}, {backend.member(0), "n1~1"}}));
  ASSERT_TRUE(json.ok());
  EXPECT_EQ((*json)["cluster"], backend.cluster_name);
  ASSERT_EQ((*json)["members"].size(), 2u);
  EXPECT_EQ((*json)["members"][1]["name"], "n1~1");
  EXPECT_EQ((*json)["next_cursor"], "x");
}

TEST(Shapes, MemberEvents) {
  FakeBackend backend;
  backend.AddMember("n2");
  core::RecordPool pool;
  wire::Attributes attributes;
  attributes.name = "web-2";
  attributes.address = Address::V4(0x0a000102, 7946);
  core::Event event;
  event.type = core::EventType::kMemberFailed;
  event.member = HostId{7, 7};
  event.record = pool.Intern(event.member, attributes);
  event.from = wire::State::kSuspect;
  event.to = wire::State::kFailed;
  event.incarnation = Incarnation::Of(3, 1);
  event.by = 2;  // the first 32 bits of n2's id
  event.reason = wire::Reason::kNoAnswer;
  event.version = 18;
  event.batch = 12;
  EXPECT_EQ(DumpJson(EventShape(backend, event, {"3-118", 2'000'000})),
            R"({"id":"3-118","time":"1970-01-01T00:00:02.000Z","type":"member.failed",)"
            R"("member":{"name":"web-2","id":"00000000000000070000000000000007",)"
            R"("address":"10.0.1.2:7946"},"from":"suspect","to":"failed",)"
            R"("incarnation":"50331649","by":["n2"],"reason":"no answer","batch":"12",)"
            R"("version":"18"})");
  event.type = core::EventType::kMemberJoined;
  event.by = 0;
  const Json joined = EventShape(backend, event, {"3-119", 2'000'000});
  EXPECT_TRUE(joined["from"].is_null());
  EXPECT_EQ(joined["by"], Json::array());
}

TEST(Shapes, EventsAboutThisAgent) {
  FakeBackend backend;
  core::Event event;
  event.value = 1;
  event.type = core::EventType::kSelfIsolated;
  EXPECT_EQ(EventShape(backend, event, {})["isolated"], true);
  event.type = core::EventType::kAgreement;
  EXPECT_EQ(EventShape(backend, event, {})["agreeing"], true);
  event.type = core::EventType::kSelfHealth;
  EXPECT_EQ(EventShape(backend, event, {})["health"], 1);
  event.type = core::EventType::kConflict;
  event.detail = "two parties are named n1";
  EXPECT_EQ(EventShape(backend, event, {})["reason"], event.detail);
}

TEST(Shapes, InternalEventsAreNotPublic) {
  for (const core::EventType type :
       {core::EventType::kRefutedSelf, core::EventType::kEpochRaised, core::EventType::kJoinTried,
        core::EventType::kSeedsWanted, core::EventType::kLeaveDone, core::EventType::kPingDone,
        core::EventType::kStopConflict, core::EventType::kStopRefused,
        core::EventType::kStopEvicted, core::EventType::kVerdictHeld}) {
    EXPECT_FALSE(IsPublic(type)) << core::EventTypeName(type);
  }
  EXPECT_TRUE(IsPublic(core::EventType::kMemberReaped));
  EXPECT_TRUE(IsPublic(core::EventType::kAgreement));
}

TEST(Shapes, Errors) {
  EXPECT_EQ(DumpJson(ErrorShape("not_found", "no member named 'web-9'", "muster members")),
            R"({"error":{"code":"not_found","message":"no member named 'web-9'",)"
            R"("hint":"muster members"}})");
  EXPECT_FALSE(ErrorShape("busy", "x", "")["error"].contains("hint"));
}

}  // namespace
}  // namespace muster::api
