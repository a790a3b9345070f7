#include "tests/unit/cli/fake_agent.h"

#include <algorithm>

namespace muster::cli {
namespace {

// The value of ?wait= in `path`, zero without one.
Duration WaitOf(std::string_view path) {
  const size_t at = path.find("wait=");
  if (at == std::string_view::npos) return Duration::Zero();
  const std::string_view value = path.substr(at + 5);
  Duration wait;
  EXPECT_TRUE(ParseDuration(std::string(value.substr(0, value.find('&'))), &wait)) << path;
  return wait;
}

}  // namespace

Reply FakeAgent::Next(std::string_view method, std::string_view path) {
  const std::string request = std::string(method) + " " + std::string(path);
  std::string key = request;
  if (!script_.contains(key)) key = request.substr(0, request.find('?'));
  const auto it = script_.find(key);
  if (it == script_.end()) {
    ADD_FAILURE() << "nobody expected " << request;
    return {404, ErrorJson("not_found", "no script", "")};
  }
  const size_t told = told_[key]++;
  Reply reply = it->second[std::min(told, it->second.size() - 1)];
  if (reply.waits) reply.takes = WaitOf(path);
  return reply;
}

absl::StatusOr<api::Response> FakeAgent::Call(std::string_view method, std::string_view path,
                                              std::string_view body, Duration timeout) {
  requests_.push_back(std::string(method) + " " + std::string(path) +
                      (body.empty() ? "" : " " + std::string(body)));
  last_timeout_ = timeout;
  const Reply reply = Next(method, path);
  clock_->Advance(std::min(reply.takes, timeout));
  if (reply.takes > timeout) return absl::DeadlineExceededError("no whole answer");
  if (!reply.error.ok()) return reply.error;
  return api::Response{reply.status, reply.body, ""};
}

absl::StatusOr<api::Response> FakeAgent::Stream(
    std::string_view path, Duration timeout,
    const std::function<bool(std::string_view line)>& on_line) {
  requests_.push_back("STREAM " + std::string(path));
  last_timeout_ = timeout;
  const Reply reply = Next("STREAM", path);
  if (reply.status != 200) return api::Response{reply.status, reply.body, ""};
  std::string_view rest = reply.body;
  while (!rest.empty()) {
    const size_t end = std::min(rest.find('\n'), rest.size());
    if (!on_line(rest.substr(0, end))) break;
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  if (!reply.error.ok()) return reply.error;
  return api::Response{200, "", ""};
}

ExitCode CommandTest::Run(const std::function<ExitCode(Context&)>& command) {
  out_.clear();
  err_.clear();
  Output output(options_, terminal_, [this](Output::Stream stream, std::string_view text) {
    if (stream == Output::Stream::kTalk) {
      err_ += text;
    } else if (disk_full_) {
      return false;
    } else {
      out_ += text;
    }
    return true;
  });
  Context context{agent_, output, clock_, timeout_, timeout_given_};
  return command(context);
}

std::string MemberJson::Text() const {
  return R"({"name":")" + name + R"(","id":")" + id + R"(","address":")" + address +
         R"(","status":")" + status + R"(","incarnation":"50331649","since":")" + since +
         R"(","tags":)" + tags + R"(,"rtt_ms":)" + rtt + R"(,"health":0,"self":)" +
         (self ? "true" : "false") + "}";
}

std::string MembersJson(int version, const std::vector<MemberJson>& members) {
  std::string list;
  for (const MemberJson& member : members) list += (list.empty() ? "" : ",") + member.Text();
  return R"({"cluster":"default","self":"0f3a5c77e1d24b6f8a90b1c2d3e4f506","version":")" +
         std::to_string(version) + R"(","members":[)" + list + "]}";
}

std::string ErrorJson(const std::string& code, const std::string& message,
                      const std::string& hint) {
  return R"({"error":{"code":")" + code + R"(","message":")" + message + R"(","hint":")" + hint +
         R"("}})";
}

std::vector<MemberJson> ThreeMembers() {
  MemberJson web1{"web-1"};
  web1.self = true;
  web1.since = "2026-11-08T11:00:00.000Z";
  web1.address = "10.0.1.11:7946";
  web1.tags = R"({"role":"web"})";
  MemberJson web2{"web-2", "suspect"};
  web2.id = std::string(32, '2');
  web2.tags = R"({"role":"web"})";
  web2.rtt = "0.412";
  MemberJson db2{"db-2", "failed", "2026-11-20T11:59:19.000Z"};
  db2.id = std::string(32, '3');
  db2.address = "10.0.2.22:7946";
  db2.rtt = "3.5";  // from when it was alive
  db2.tags = R"({"role":"db"})";
  return {db2, web1, web2};
}

}  // namespace muster::cli
