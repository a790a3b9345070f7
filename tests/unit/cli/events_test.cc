#include "src/cli/commands.h"
#include "tests/unit/cli/fake_agent.h"

namespace muster::cli {
namespace {

constexpr char kHello[] =
    R"({"id":"3-1","time":"2026-11-20T12:00:00.000Z","type":"hello","self":"0f",)"
    R"("members":[{},{}]})";
constexpr char kJoined[] =
    R"({"id":"3-2","time":"2026-11-20T12:00:01.000Z","type":"member.joined",)"
    R"("member":{"name":"web-1"},"from":null,"to":"alive","by":[],"reason":""})";
constexpr char kFailed[] =
    R"({"id":"3-3","time":"2026-11-20T12:00:02.000Z","type":"member.failed",)"
    R"("member":{"name":"web-\u001b2"},"from":"suspect","to":"failed","by":["n2","n3"],)"
    R"("reason":"no answer"})";

class EventsTest : public CommandTest {
 protected:
  ExitCode Events(const std::vector<std::string>& types = {}) {
    return Run([&](Context& context) { return RunEvents(context, {types}); });
  }
  const std::string stream_ = std::string(kHello) + "\n" + kJoined + "\n\n" + kFailed + "\n";
};

TEST_F(EventsTest, TableIsALineEach) {
  agent_.On("STREAM /v1/events", stream_);
  EXPECT_EQ(Events(), ExitCode::kUnreachable);
  EXPECT_EQ(out_,
            "2026-11-20T12:00:00.000Z  hello             2 members\n"
            "2026-11-20T12:00:01.000Z  member.joined     web-1  new -> alive\n"
            "2026-11-20T12:00:02.000Z  member.failed     web-\\x1b2  suspect -> failed, "
            "by n2, n3: no answer\n");
  EXPECT_NE(err_.find("closed the stream"), std::string::npos) << err_;
  EXPECT_EQ(agent_.last_timeout(), Duration::Max());
}

TEST_F(EventsTest, TableSaysInWordsWhatIsAboutNoMember) {
  const auto line = [](const std::string& rest) { return R"({"time":"T",)" + rest + "}\n"; };
  agent_.On(
      "STREAM /v1/events",
      line(R"("type":"agreement","agreeing":false)") +
          line(R"("type":"agreement","agreeing":true)") +
          line(R"("type":"self.isolated","isolated":true)") +
          line(R"("type":"self.isolated","isolated":false)") +
          line(R"("type":"self.health","health":3)") + line(R"("type":"gap","missed":"17")") +
          line(R"("type":"member.updated","member":{"name":"n1"},"from":"alive","to":"alive")"));
  EXPECT_EQ(Events(), ExitCode::kUnreachable);
  EXPECT_EQ(out_,
            "T  agreement         some peers differ\n"
            "T  agreement         all peers agree\n"
            "T  self.isolated     hears nobody\n"
            "T  self.isolated     hears others again\n"
            "T  self.health       3 (0 is good)\n"
            "T  gap               17 events were missed\n"
            "T  member.updated    n1  alive, address or tags changed\n");
}

TEST_F(EventsTest, JsonIsTheAgentsOwnLine) {
  agent_.On("STREAM /v1/events", stream_);
  for (const Format format : {Format::kJson, Format::kJsonl}) {
    options_.format = format;
    EXPECT_EQ(Events(), ExitCode::kUnreachable);
    EXPECT_EQ(out_, std::string(kHello) + "\n" + kJoined + "\n" + kFailed + "\n");
  }
  options_.format = Format::kName;
  EXPECT_EQ(Events(), ExitCode::kUnreachable);
  EXPECT_EQ(out_, "web-1\nweb-\\x1b2\n");
}

TEST_F(EventsTest, TypesAreAskedForAndKept) {
  agent_.On("STREAM /v1/events", stream_);
  options_.format = Format::kName;
  EXPECT_EQ(Events({"member.failed,member.left", "user"}), ExitCode::kUnreachable);
  EXPECT_EQ(agent_.requests().back(), "STREAM /v1/events?type=member.failed,member.left,user");
  EXPECT_EQ(out_, "web-\\x1b2\n");
}

TEST_F(EventsTest, TheDatastoreInWords) {
  agent_.On("STREAM /v1/events",
            R"({"id":"3-9","time":"2026-11-20T12:00:00.000Z","type":"store.recovered",)"
            R"("detail":"after \u001b3m","version":"18"})"
            "\n");
  EXPECT_EQ(Events(), ExitCode::kUnreachable);
  EXPECT_EQ(out_, "2026-11-20T12:00:00.000Z  store.recovered   after \\x1b3m\n");
}

TEST_F(EventsTest, UnknownTypeIsAUsageError) {
  agent_.On("STREAM /v1/events",
            Reply{.status = 400,
                  .body = ErrorJson("bad_request", "no event type is named 'member.faild'", "")});
  EXPECT_EQ(Events({"member.faild"}), ExitCode::kUsage);
  EXPECT_NE(err_.find("member.faild"), std::string::npos) << err_;
}

TEST_F(EventsTest, TimeIsUpIsExitCodeFour) {
  agent_.On("STREAM /v1/events",
            Reply{.body = stream_, .error = absl::DeadlineExceededError("no whole answer")});
  timeout_given_ = true;
  timeout_ = Duration::Seconds(60);
  EXPECT_EQ(Events(), ExitCode::kTimedOut);
  EXPECT_EQ(agent_.last_timeout(), Duration::Seconds(60));
  EXPECT_EQ(err_, "error: stopped after 1m\n");
}

TEST_F(EventsTest, InterruptedIsExitCode130) {
  agent_.On("STREAM /v1/events", Reply{.error = absl::CancelledError("interrupted by a signal")});
  EXPECT_EQ(Events(), ExitCode::kInterrupted);
}

TEST_F(EventsTest, StopsWhenNobodyReads) {
  agent_.On("STREAM /v1/events", stream_);
  disk_full_ = true;
  EXPECT_EQ(Events(), ExitCode::kOk) << "the program reports the failed write at its end";
  EXPECT_EQ(out_, "");
}

}  // namespace
}  // namespace muster::cli
