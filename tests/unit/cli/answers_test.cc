#include "src/cli/answers.h"

#include <gtest/gtest.h>

#include "src/cli/json.h"

namespace muster::cli {
namespace {

TEST(Json, RefusesWhatIsNoneAndWhatIsTooDeep) {
  for (const char* text : {"", "{", "nul", "{\"a\":1}}", "[1,]", "\xff"}) {
    EXPECT_FALSE(ParseJson(text).has_value()) << text;
  }
  EXPECT_TRUE(ParseJson(std::string(32, '[') + std::string(32, ']')).has_value());
  EXPECT_FALSE(ParseJson(std::string(33, '[') + std::string(33, ']')).has_value());
  EXPECT_FALSE(ParseJson(std::string(100'000, '[')).has_value());
}

TEST(Json, FieldsOfAnyTypeAreReadSafely) {
  const Json json = *ParseJson(R"({"s":"x","n":7,"big":"18446744073709551615","ok":"-5","f":1.5,)"
                               R"("b":true,"z":null,"bad":"7x"})");
  EXPECT_EQ(StringField(json, "s"), "x");
  EXPECT_EQ(StringField(json, "n"), "7");
  EXPECT_EQ(StringField(json, "z"), "");
  EXPECT_EQ(StringField(json, "none"), "");
  EXPECT_EQ(IntField(json, "n"), 7);
  EXPECT_EQ(IntField(json, "ok"), -5);
  EXPECT_EQ(IntField(json, "big"), 0) << "does not fit";
  EXPECT_EQ(IntField(json, "bad"), 0);
  EXPECT_EQ(IntField(json, "f"), 0);
  EXPECT_EQ(NumberField(json, "f"), 1.5);
  EXPECT_TRUE(BoolField(json, "b"));
  EXPECT_FALSE(BoolField(json, "n"));
  EXPECT_TRUE(Field(Json::array(), "s").is_null());
}

TEST(Json, DumpReplacesWhatIsNoUtf8) {
  Json json;
  json["a"] = "x\xff";
  EXPECT_EQ(DumpJson(json), "{\"a\":\"x\xef\xbf\xbd\"}");
}

TEST(ReadMembers, ReadsEveryField) {
  const auto members = ReadMembers(
      R"({"cluster":"c","self":"aa","version":"9007199254740993","members":[{"name":"n","id":"aa",)"
      R"("address":"1.2.3.4:5","status":"alive","incarnation":"18446744073709551615",)"
      R"("since":"1970-01-01T00:00:01.000Z","tags":{"b":"2","a":"1"},"rtt_ms":0.25,"health":3,)"
      R"("self":true,"new_field":[1]}]})");
  ASSERT_TRUE(members.has_value());
  EXPECT_EQ(members->cluster, "c");
  EXPECT_EQ(members->version, 9'007'199'254'740'993u);
  ASSERT_EQ(members->members.size(), 1u);
  const Member& member = members->members[0];
  EXPECT_EQ(member.name, "n");
  EXPECT_EQ(member.address, "1.2.3.4:5");
  EXPECT_EQ(member.incarnation, "18446744073709551615");
  EXPECT_EQ(member.since_us, 1'000'000);
  EXPECT_EQ(member.tags,
            (std::vector<std::pair<std::string, std::string>>{{"b", "2"}, {"a", "1"}}));
  EXPECT_EQ(member.rtt_ms, 0.25);
  EXPECT_EQ(member.health, 3);
  EXPECT_TRUE(member.self);
  EXPECT_TRUE(member.json.ends_with(R"("new_field":[1]})")) << "unknown fields are passed on";
}

TEST(ReadMembers, ToleratesMissingAndOddFields) {
  const auto members =
      ReadMembers(R"({"members":[{},7,{"tags":"x","since":"soon","rtt_ms":null}]})");
  ASSERT_TRUE(members.has_value());
  ASSERT_EQ(members->members.size(), 3u);
  EXPECT_EQ(members->members[2].since_us, std::nullopt);
  EXPECT_EQ(members->members[2].rtt_ms, std::nullopt);
}

TEST(ChangedMembers, MeasurementsAreNoChange) {
  const auto read = [](const std::string& members) {
    return *ReadMembers("{\"members\":[" + members + "]}");
  };
  const std::string one = R"({"name":"a","id":"1","status":"alive","rtt_ms":1})";
  const std::string measured = R"({"name":"a","id":"1","status":"alive","rtt_ms":2,"health":1})";
  const std::string failed = R"({"name":"a","id":"1","status":"failed"})";
  const std::string tagged = R"({"name":"a","id":"1","status":"alive","tags":{"k":"v"}})";
  using Lines = std::vector<std::string>;
  EXPECT_EQ(ChangedMembers(read(one), read(one)), Lines());
  EXPECT_EQ(ChangedMembers(read(one), read(measured)), Lines());
  EXPECT_EQ(ChangedMembers(read(one), read(failed)), Lines{failed});
  EXPECT_EQ(ChangedMembers(read(one), read(tagged)), Lines{tagged});
  EXPECT_EQ(ChangedMembers(read(""), read(one)), Lines{one});
  EXPECT_EQ(ChangedMembers(read(one), read("")),
            Lines{R"({"name":"a","id":"1","status":"alive","rtt_ms":1,"gone":true})"});
  EXPECT_EQ(ChangedNames(read(one), read("")), Lines{"a"});
}

TEST(ReadAnswers, OfTheWrongKindAreNone) {
  for (const char* body : {"", "7", "[]", "{}", "null", "\"members\""}) {
    EXPECT_FALSE(ReadMembers(body).has_value()) << body;
    EXPECT_FALSE(ReadMember(body).has_value()) << body;
    EXPECT_FALSE(ReadStatus(body).has_value()) << body;
    EXPECT_FALSE(ReadJoin(body).has_value()) << body;
    EXPECT_FALSE(ReadLeave(body).has_value()) << body;
    EXPECT_FALSE(ReadReachability(body).has_value()) << body;
    EXPECT_FALSE(ReadEvent(body).has_value()) << body;
    EXPECT_FALSE(ReadError(body).has_value()) << body;
  }
}

TEST(OneLine, CompactsJsonAndKeepsTheRest) {
  EXPECT_EQ(OneLine("{\n  \"a\": [1,\n 2]\n}\n"), "{\"a\":[1,2]}");
  EXPECT_EQ(OneLine("oops\n"), "oops");
}

}  // namespace
}  // namespace muster::cli
