#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "src/api/agent_info.h"
#include "src/api/backend.h"
#include "src/api/exchange.h"
#include "src/api/json.h"
#include "src/api/limits.h"
#include "src/api/presence.h"
#include "src/api/service.h"
#include "src/core/event.h"

// An agent and its clients made of plain values, in virtual time.

namespace muster::api {

struct FakeMember {
  HostId id;
  std::string name;
  Address address;
  wire::Tags tags;
  wire::State state = wire::State::kAlive;
  Incarnation incarnation = Incarnation::Of(3, 1);
  int64_t since_us = 1'000'000;
  Duration rtt;
  int health = 0;
};

// A datastore that answers when the test says so.
class FakePresence : public Presence {
 public:
  FakePresence() {
    state.state = store::PresenceStatus::State::kOk;
    state.kind = "redis";
    state.url = "redis://muster:***@10.0.0.9:6379/0";
  }
  store::PresenceRow& AddRow(const std::string& name, const HostId& id) {
    store::PresenceRow row;
    row.record.cluster = "blue";
    row.record.name = name;
    row.record.id = id;
    row.record.address = Address::V4(0x0a000000 + static_cast<uint32_t>(id.lo), 7946);
    row.record.incarnation = Incarnation::Of(3, 1);
    row.record.agent = "0.1.0";
    row.record.created_us = 1'000'000;
    row.age = Duration::Millis(1500);
    row.expires_in = Duration::Seconds(3598);
    rows.push_back(row);
    return rows.back();
  }

  const store::PresenceStatus& status() const override { return state; }
  void List(Listed listed) override { lists.push_back(std::move(listed)); }
  void Purge(const HostId& id, Incarnation upto, Purged purged) override {
    purges.push_back({id, upto, std::move(purged)});
  }
  void Forget(const HostId& id) override { forgotten.push_back(id); }

  // Lets the oldest list that waits have its answer.
  void AnswerList() { TakeList()(std::vector<store::PresenceRow>(rows.begin(), rows.end())); }
  void FailList(const absl::Status& status) { TakeList()(status); }

  struct PurgeCall {
    HostId id;
    Incarnation upto;
    Purged purged;
  };
  store::PresenceStatus state;
  std::deque<store::PresenceRow> rows;
  std::deque<Listed> lists;
  std::deque<PurgeCall> purges;
  std::vector<HostId> forgotten;

 private:
  Listed TakeList() {
    Listed listed = std::move(lists.front());
    lists.pop_front();
    return listed;
  }
};

class FakeBackend : public Backend {
 public:
  // This member is "n1" with id 0...01, epoch 3; others are added as n2, n3, ...
  FakeBackend() { AddMember("n1"); }

  FakeMember& AddMember(const std::string& name) {
    const uint64_t number = members.size() + 1;
    FakeMember member;
    member.id = HostId{number << 32, number};
    member.name = name;
    member.address = Address::V4(0x0a000000 + static_cast<uint32_t>(number), 7946);
    members.push_back(member);
    ++table_version;
    return members.back();
  }

  TimePoint now() const override { return time; }
  int64_t ToUnixMicros(TimePoint t) const override { return t.micros(); }
  const std::string& cluster() const override { return cluster_name; }
  HostId self() const override { return members[0].id; }
  uint64_t epoch() const override { return 3; }
  uint64_t version() const override { return table_version; }
  size_t size() const override { return members.size(); }
  Member member(size_t index) const override {
    const FakeMember& from = members[index];
    Member member;
    member.id = from.id;
    member.name = from.name;
    member.address = from.address;
    member.tags = &from.tags;
    member.state = from.state;
    member.incarnation = from.incarnation;
    member.since_us = from.since_us;
    member.rtt = from.rtt;
    member.health = from.health;
    member.is_self = index == 0;
    return member;
  }
  int64_t IndexOf(const HostId& id) const override {
    for (size_t i = 0; i < members.size(); ++i) {
      if (members[i].id == id) return static_cast<int64_t>(i);
    }
    return -1;
  }
  std::string DisplayName(size_t index) const override {
    for (size_t i = 0; i < index; ++i) {
      if (members[i].name == members[index].name) {
        return members[index].name + "~" + members[index].id.ToHexPrefix(8);
      }
    }
    return members[index].name;
  }
  StatusView status() const override {
    StatusView view = status_view;
    for (const FakeMember& member : members) ++view.counts[static_cast<size_t>(member.state)];
    return view;
  }

  Presence* presence() const override { return datastore; }

  void Join(const std::vector<std::string>& targets, JoinResult on_result,
            std::function<void()> on_done) override {
    join_targets = targets;
    join_result = std::move(on_result);
    join_done = std::move(on_done);
  }
  absl::Status Leave() override {
    if (status_view.leaving) return absl::FailedPreconditionError("leaving already");
    status_view.leaving = true;
    if (on_leave) on_leave();
    return absl::OkStatus();
  }
  absl::Status ForceLeave(const HostId& id, bool prune, bool evict) override {
    FakeMember& member = members[static_cast<size_t>(IndexOf(id))];
    const bool up = member.state == wire::State::kAlive || member.state == wire::State::kSuspect;
    if (id == self() || (up && !evict)) {
      return absl::FailedPreconditionError("member '" + member.name + "' is up");
    }
    member.state = prune ? wire::State::kPruned : wire::State::kLeft;
    return absl::OkStatus();
  }
  absl::Status SetTags(wire::Tags tags) override {
    if (tags.size() > 32) return absl::InvalidArgumentError("33 tags; at most 32");
    members[0].tags = std::move(tags);
    return absl::OkStatus();
  }
  absl::Status Ping(const HostId& id, PingResult on_result) override {
    if (refuse_ping == id) return absl::NotFoundError("gone");
    pings.emplace_back(id, std::move(on_result));
    return absl::OkStatus();
  }

  TimePoint time = TimePoint::FromMicros(5'000'000);
  std::string cluster_name = "blue";
  uint64_t table_version = 16;
  std::deque<FakeMember> members;  // references stay valid
  StatusView status_view;          // its counts come from the members
  Presence* datastore = nullptr;
  std::vector<std::string> join_targets;
  JoinResult join_result;
  std::function<void()> join_done;
  std::function<void()> on_leave;
  HostId refuse_ping;
  std::vector<std::pair<HostId, PingResult>> pings;
};

class FakeExchange : public Exchange {
 public:
  FakeExchange(std::string method, std::string target) {
    sent.method = std::move(method);
    sent.target = std::move(target);
  }
  const Request& request() const override { return sent; }
  void Answer(Reply reply) override {
    ++answers;
    answer = std::move(reply);
  }
  void AnswerStream(std::string type, std::unique_ptr<ByteSource> stream) override {
    ++answers;
    content_type = std::move(type);
    source = std::move(stream);
  }
  void Wake() override { ++wakes; }
  bool HasVanished() const override { return vanished; }
  void OnDone(std::function<void()> done) override { on_done.push_back(std::move(done)); }

  // The client has read the answer.
  void Deliver() {
    for (const auto& done : std::exchange(on_done, {})) done();
  }
  bool answered() const { return answers > 0; }
  int status() const { return answer ? answer->status : 0; }
  Json body() const {
    if (!answer) return nullptr;
    const absl::StatusOr<Json> json = ParseJson(answer->body);
    return json.ok() ? *json : Json("unreadable: " + answer->body);
  }
  std::string code() const {
    const Json json = body();
    return json.is_object() && json.contains("error") ? json["error"]["code"].get<std::string>()
                                                      : "";
  }
  std::string message() const {
    return code().empty() ? "" : body()["error"]["message"].get<std::string>();
  }
  // All that the stream has to read now.
  std::string Read(size_t block = 64 * 1024) {
    std::string out;
    std::string buffer(block, '\0');
    while (const size_t size = source->Read(buffer.data(), block)) out.append(buffer, 0, size);
    return out;
  }

  Request sent;
  std::optional<Reply> answer;
  int answers = 0;
  std::string content_type;
  std::unique_ptr<ByteSource> source;
  int wakes = 0;
  bool vanished = false;
  std::vector<std::function<void()>> on_done;
};

// A service on a fake agent.
struct ServiceHarness {
  explicit ServiceHarness(const Limits& limits = {})
      : service(
            &backend, RunFacts{{"0.1.0", "lan", 1'000'000}, {"unix:/run/n1.sock"}}, limits,
            [this] { ++left; }, [this] { ++earlier; }) {}

  using ExchangePtr = std::shared_ptr<FakeExchange>;
  ExchangePtr Send(ExchangePtr exchange) {
    service.HandleRequest(exchange);
    return exchange;
  }
  ExchangePtr Call(const std::string& method, const std::string& target,
                   const std::string& body = "") {
    auto exchange = std::make_shared<FakeExchange>(method, target);
    exchange->sent.body = body;
    return Send(exchange);
  }
  ExchangePtr Get(const std::string& target) { return Call("GET", target); }
  // What a driver does with an event, and its host after it.
  void Emit(core::Event event) {
    if (event.version == 0) event.version = backend.table_version;
    service.HandleEvent(backend.time, event);
  }
  void Settle() { service.Run(backend.time); }
  void Advance(Duration duration) {
    backend.time += duration;
    Settle();
  }

  FakeBackend backend;
  int left = 0;
  int earlier = 0;  // times the service asked to be looked at
  Service service;
};

}  // namespace muster::api
