#include <gtest/gtest.h>

#include <string>

#include "src/api/filter.h"
#include "src/api/json.h"
#include "src/api/lookup.h"
#include "src/api/target.h"
#include "tests/unit/api/fakes.h"

namespace muster::api {
namespace {

std::string Nested(int depth) { return std::string(depth, '[') + std::string(depth, ']'); }

TEST(Json, ParsesUpToItsDepth) {
  EXPECT_TRUE(ParseJson(Nested(kJsonDepthMax)).ok());
  EXPECT_FALSE(ParseJson(Nested(kJsonDepthMax + 1)).ok());
  EXPECT_FALSE(ParseJson(Nested(100'000)).ok());
}

TEST(Json, RefusesWhatIsNoJson) {
  for (const char* text : {"", "{", "{\"a\":}", "nul", "[1,]", "{} x", "\"\xff\""}) {
    EXPECT_FALSE(ParseJson(text).ok()) << text;
  }
}

TEST(Json, DumpReplacesBytesThatAreNoText) {
  EXPECT_EQ(DumpJson({{"k", "a\xff z"}}), "{\"k\":\"a\xef\xbf\xbd z\"}");
}

TEST(Target, SplitsAndDecodes) {
  const absl::StatusOr<Target> target =
      Target::Parse("/v1/members/a%20b~1?tag=k%3Dv%2B&wait=30s&x&tag=two+words");
  ASSERT_TRUE(target.ok()) << target.status();
  EXPECT_EQ(target->path, (std::vector<std::string>{"v1", "members", "a b~1"}));
  ASSERT_EQ(target->query.size(), 4u);
  EXPECT_EQ(target->query[0], std::make_pair(std::string("tag"), std::string("k=v+")));
  EXPECT_EQ(target->query[3].second, "two words");
  ASSERT_NE(target->Find("wait"), nullptr);
  EXPECT_EQ(*target->Find("wait"), "30s");
  EXPECT_EQ(*target->Find("x"), "");
  EXPECT_EQ(target->Find("y"), nullptr);
}

TEST(Target, ATrailingSlashDoesNotCount) {
  EXPECT_EQ(Target::Parse("/v1/members/")->path.size(), 2u);
  EXPECT_EQ(Target::Parse("/v1//members")->path.size(), 3u);
  EXPECT_TRUE(Target::Parse("/")->path.empty());
}

TEST(Target, RefusesWhatItCannotDecode) {
  for (const char* text : {"", "v1", "*", "/a%", "/a%2", "/a%zz", "/a%00", "/a?x=%0", "/a?%00=1"}) {
    EXPECT_FALSE(Target::Parse(text).ok()) << text;
  }
}

TEST(Target, ParametersHaveALimit) {
  std::string text = "/a?";
  for (size_t i = 0; i < Target::kParametersMax; ++i) text += "x=1&";
  EXPECT_TRUE(Target::Parse(text).ok());
  EXPECT_FALSE(Target::Parse(text + "x=1").ok());
}

class Filter : public testing::Test {
 protected:
  absl::StatusOr<MemberFilter> Parse(const std::string& query) {
    return MemberFilter::Parse(*Target::Parse("/?" + query));
  }
  // Names of the matching members, without separator.
  std::string Names(const std::string& query) {
    const absl::StatusOr<MemberFilter> filter = Parse(query);
    EXPECT_TRUE(filter.ok()) << query << ": " << filter.status();
    std::string names;
    for (const auto& [member, shown] : VisibleMembers(backend_)) {
      if (filter->IsAfterCursor(member) && filter->Matches(member, shown)) names += shown + " ";
    }
    return names;
  }
  FakeBackend backend_;
};

TEST_F(Filter, ByStatus) {
  backend_.AddMember("s").state = wire::State::kSuspect;
  backend_.AddMember("f").state = wire::State::kFailed;
  backend_.AddMember("g").state = wire::State::kLeaving;
  backend_.AddMember("l").state = wire::State::kLeft;
  backend_.AddMember("p").state = wire::State::kPruned;
  EXPECT_EQ(Names(""), "f g l n1 s ");
  EXPECT_EQ(Names("status=alive"), "n1 s ");
  EXPECT_EQ(Names("status=alive!"), "n1 ");
  EXPECT_EQ(Names("status=suspect"), "s ");
  EXPECT_EQ(Names("status=failed,left"), "f l ");
  EXPECT_EQ(Names("status=leaving"), "g ");
  for (const char* bad : {"status=", "status=dead", "status=alive,", "status=Alive"}) {
    EXPECT_FALSE(Parse(bad).ok()) << bad;
  }
}

TEST_F(Filter, ByTagAndName) {
  backend_.AddMember("web-1").tags = {{"role", "web"}, {"zone", "a"}};
  backend_.AddMember("web-2").tags = {{"role", "web"}, {"zone", "b"}};
  backend_.AddMember("db-1").tags = {{"role", "db"}};
  EXPECT_EQ(Names("tag=role=web"), "web-1 web-2 ");
  EXPECT_EQ(Names("tag=role=we"), "");
  EXPECT_EQ(Names("tag=role=web|db&tag=zone=a"), "web-1 ");
  EXPECT_EQ(Names("tag=zone"), "web-1 web-2 ");
  EXPECT_EQ(Names("name=*-1"), "db-1 web-1 ");
  EXPECT_EQ(Names("name=web-*&tag=zone=b"), "web-2 ");
  EXPECT_FALSE(Parse("tag=").ok());
  EXPECT_FALSE(Parse("tag==x").ok());
  EXPECT_FALSE(Parse("tag=k=(").ok());
  EXPECT_FALSE(Parse("name=[").ok());
}

TEST_F(Filter, LimitAndCursor) {
  for (const char* name : {"c", "a", "b"}) backend_.AddMember(name);
  EXPECT_EQ(Parse("limit=1")->limit(), 1u);
  EXPECT_EQ(Parse("limit=100000")->limit(), MemberFilter::kLimitMax);
  for (const char* bad : {"limit=0", "limit=100001", "limit=-1", "limit=x", "limit="}) {
    EXPECT_FALSE(Parse(bad).ok()) << bad;
  }
  const std::string cursor = MemberFilter::CursorAfter(backend_.member(2));
  EXPECT_EQ(Names("cursor=" + cursor), "b c n1 ");
  backend_.members.erase(backend_.members.begin() + 2);
  EXPECT_EQ(Names("cursor=" + cursor), "b c n1 ") << "the member that it names may be gone";
  for (const char* bad : {"cursor=", "cursor=a", "cursor=a,12"}) {
    EXPECT_FALSE(Parse(bad).ok()) << bad;
  }
}

TEST(Lookup, ByNameIdAndPart) {
  FakeBackend backend;
  backend.AddMember("n2");
  EXPECT_EQ(*FindMember(backend, "n2"), 1u);
  EXPECT_EQ(*FindMember(backend, backend.members[1].id.ToHex()), 1u);
  EXPECT_EQ(*FindMember(backend, "n2~00000002"), 1u);
  for (const char* unknown : {"n3", "", "n2~f", "n", "ffffffffffffffffffffffffffffffff"}) {
    EXPECT_EQ(FindMember(backend, unknown).status().code(), absl::StatusCode::kNotFound) << unknown;
  }
}

TEST(Lookup, LiveGoesBeforeGoneAndTheLastGoneBeforeOthers) {
  FakeBackend backend;
  FakeMember& first = backend.AddMember("web");
  first.state = wire::State::kFailed;
  first.since_us = 10;
  FakeMember& second = backend.AddMember("web");
  second.state = wire::State::kLeft;
  second.since_us = 20;
  FakeMember& pruned = backend.AddMember("web");
  pruned.state = wire::State::kPruned;
  pruned.since_us = 30;
  EXPECT_EQ(*FindMember(backend, "web"), 2u);
  first.state = wire::State::kLeaving;
  EXPECT_EQ(*FindMember(backend, "web"), 1u);
  EXPECT_FALSE(FindMember(backend, pruned.id.ToHex()).ok()) << "pruned members are hidden";
}

TEST(Lookup, TwoLiveOfOneNameAreAConflictThatNamesBoth) {
  FakeBackend backend;
  backend.AddMember("web");
  backend.AddMember("web");
  const absl::Status status = FindMember(backend, "web").status();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  const std::string message = status.ToString();
  for (size_t i = 1; i <= 2; ++i) {
    EXPECT_NE(message.find(backend.members[i].id.ToHex()), std::string::npos) << message;
    EXPECT_EQ(*FindMember(backend, backend.members[i].id.ToHex()), i);
    EXPECT_EQ(*FindMember(backend, "web~" + backend.members[i].id.ToHexPrefix(8)), i);
  }
}

}  // namespace
}  // namespace muster::api
