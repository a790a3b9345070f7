#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "src/api/client.h"
#include "src/base/time.h"
#include "src/cli/context.h"
#include "src/cli/output.h"

namespace muster::cli {

// Stands still unless it is moved.
class FakeClock : public Clock {
 public:
  TimePoint Now() override { return now_; }
  // 2026-11-20T12:00:00Z at first.
  int64_t UnixMicros() override { return kStartUnixUs + (now_ - kStart).micros(); }
  void Advance(Duration d) { now_ += d; }

 private:
  static constexpr TimePoint kStart = TimePoint::FromMicros(1'000'000);
  static constexpr int64_t kStartUnixUs = 1'795'176'000'000'000;
  TimePoint now_ = kStart;
};

// What the fake agent says to one request.
struct Reply {
  int status = 200;
  std::string body = {};
  absl::Status error = absl::OkStatus();  // instead of an answer
  Duration takes = Duration::Zero();      // moves the clock
  bool waits = false;                     // takes as long as ?wait= says instead
};

// An agent that answers by a script: for each request ("GET /v1/members", with or without its
// query) the replies in order, the last of them again and again. A request without a script is a
// failed test.
class FakeAgent : public Transport {
 public:
  explicit FakeAgent(FakeClock* clock) : clock_(clock) {}

  void On(const std::string& request, Reply reply) { script_[request].push_back(std::move(reply)); }
  void On(const std::string& request, const std::string& body) { On(request, Reply{200, body}); }
  // "METHOD PATH?QUERY", then " BODY" where there was one.
  const std::vector<std::string>& requests() const { return requests_; }
  Duration last_timeout() const { return last_timeout_; }

  const std::string& url() const override { return url_; }
  absl::StatusOr<api::Response> Call(std::string_view method, std::string_view path,
                                     std::string_view body, Duration timeout) override;
  // The lines of the body, one by one; then its error.
  absl::StatusOr<api::Response> Stream(
      std::string_view path, Duration timeout,
      const std::function<bool(std::string_view line)>& on_line) override;

 private:
  Reply Next(std::string_view method, std::string_view path);

  FakeClock* clock_;
  const std::string url_ = "unix:/run/fake.sock";
  std::map<std::string, std::vector<Reply>> script_;
  std::map<std::string, size_t> told_;
  std::vector<std::string> requests_;
  Duration last_timeout_;
};

// A test of one command: the fake agent, and what the command printed.
class CommandTest : public testing::Test {
 protected:
  // Runs with the options and the time-out as they are set by then.
  ExitCode Run(const std::function<ExitCode(Context&)>& command);

  FakeClock clock_;
  FakeAgent agent_{&clock_};
  OutputOptions options_;
  Terminal terminal_;
  Duration timeout_ = Duration::Seconds(10);
  bool timeout_given_ = false;
  bool disk_full_ = false;  // data cannot be written
  std::string out_;
  std::string err_;
};

// One member as the API shows it, since a time before 2026-11-20T12:00:00Z.
struct MemberJson {
  std::string name;
  std::string status = "alive";
  std::string since = "2026-11-20T11:59:57.000Z";
  std::string id = "0f3a5c77e1d24b6f8a90b1c2d3e4f506";
  std::string address = "10.0.1.12:7946";
  std::string tags = "{}";
  std::string rtt = "null";
  bool self = false;

  std::string Text() const;
};
std::string MembersJson(int version, const std::vector<MemberJson>& members);
std::string ErrorJson(const std::string& code, const std::string& message, const std::string& hint);

// Web-1 (self, alive), web-2 (suspect), db-2 (failed), as in the project's documentation.
std::vector<MemberJson> ThreeMembers();

}  // namespace muster::cli
