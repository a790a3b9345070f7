#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "src/sim/cluster.h"
#include "src/sim/process.h"

namespace muster::sim {

// A protocol of a few lines. It answers "ping" with "pong", sends a ping of 100 bytes to its first
// seed every 100 ms, takes who answered for alive, leaves at once, and writes down what happens.
class EchoProcess : public Process {
 public:
  static constexpr Duration kEvery = Duration::Millis(100);

  struct Note {
    TimePoint at;
    std::string text;
  };

  explicit EchoProcess(const ProcessStart& start, std::vector<Note>* notes)
      : start_(start), seeds_(*start.seeds), notes_(notes) {
    start_.seeds = nullptr;
  }

  void OnStart(TimePoint now, Outputs& out) override {
    (void)out;
    Write(now, "start");
    if (!seeds_.empty()) next_ = now + kEvery;
  }
  void OnDatagram(TimePoint now, const Address& from, std::string_view bytes,
                  Outputs& out) override {
    const std::string_view word = bytes.substr(0, 4);
    Write(now, std::string(word) + " of " + std::to_string(bytes.size()));
    if (word == "ping") out.SendDatagram(from, "pong", 60);
    if (word == "pong") {
      const int member = static_cast<int>(from.v4() & 255) - 1;
      if (alive_ != member) out.Tell(Sight::kJoined, member, true);
      alive_ = member;
    }
  }
  void OnStreamOpened(TimePoint now, core::StreamId stream, const Address&, Outputs& out) override {
    Write(now, "opened " + std::to_string(stream));
    if (stream % 2 == 0) return;
    out.SendOnStream(stream, "hello", 300);
    out.SendOnStream(stream, "again", 0);
  }
  void OnStreamMessage(TimePoint now, core::StreamId, std::string_view message, Outputs&) override {
    Write(now, std::string(message.substr(0, 5)) + " of " + std::to_string(message.size()));
  }
  void OnStreamEnded(TimePoint now, core::StreamId, core::StreamEnd, Outputs&) override {
    Write(now, "ended");
  }
  void OnDeadline(TimePoint now, core::Backlog backlog, Outputs& out) override {
    if (now < next_) return;
    Write(now, backlog == core::Backlog::kMore ? "tick with more" : "tick");
    if (out.is_blocked()) Write(now, "blocked");
    out.SendDatagram(seeds_.front(), "ping", 100, ++tag_);
    if (tag_ == 1) out.effects().OpenStream(1, seeds_.front(), Duration::Seconds(2));
    next_ = now + kEvery;
  }
  void OnLeave(TimePoint now, Outputs& out) override {
    Write(now, "leave");
    out.Exit();
  }
  void OnLateSend(TimePoint sent_at, uint32_t tag) override {
    Write(sent_at, "late " + std::to_string(tag));
  }
  void OnUnblocked(TimePoint now, Outputs&) override { Write(now, "unblocked"); }
  TimePoint NextDeadline() const override { return next_; }

  Standing StandingOf(int member, const HostId&) const override {
    return member == alive_ || member == start_.host ? Standing::kAlive : Standing::kUnknown;
  }
  size_t UpCount() const override { return alive_ < 0 ? 1 : 2; }
  uint64_t ViewHash() const override { return static_cast<uint64_t>(start_.host + alive_); }
  size_t QueueDepth() const override { return 0; }
  uint64_t digest() const override { return notes_->size(); }
  size_t DatagramBytesMax() const override { return 1400; }
  Duration StreamBudget() const override { return Duration::Seconds(2); }

  // A cluster of `n` of them; each but the first pings the first. `notes` gets one list a host.
  static std::unique_ptr<Cluster> MakeCluster(const ClusterConfig& config, int n,
                                              std::vector<std::vector<Note>>* notes) {
    auto cluster = std::make_unique<Cluster>(config);
    notes->resize(static_cast<size_t>(n));
    for (int host = 0; host < n; ++host) {
      HostConfig of_host;
      if (host > 0) of_host.seeds = {Cluster::DefaultAddress(0)};
      of_host.factory = [list = &(*notes)[static_cast<size_t>(host)]](const ProcessStart& start) {
        return std::make_unique<EchoProcess>(start, list);
      };
      cluster->AddHost(std::move(of_host));
      cluster->Start(host);
    }
    return cluster;
  }

 private:
  void Write(TimePoint at, std::string text) { notes_->push_back({at, std::move(text)}); }

  ProcessStart start_;
  std::vector<Address> seeds_;
  std::vector<Note>* notes_;
  TimePoint next_ = TimePoint::Never();
  uint32_t tag_ = 0;
  int alive_ = -1;
};

}  // namespace muster::sim
