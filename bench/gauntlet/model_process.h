#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <queue>
#include <string>
#include <utility>
#include <vector>

#include "bench/baselines/model.h"
#include "src/sim/process.h"

namespace muster::gauntlet {

// How the models of one run start: a cluster of `members` that know each other, or one that joins
// through `seed`.
struct ModelStart {
  int members = 0;
  int seed = -1;
};
using ModelFactory = std::function<std::unique_ptr<baselines::Model>(int self, baselines::Io* io)>;

// A model of bench/baselines as a process of the simulator: its messages travel as datagrams and
// streams of the size that they claim, in the same network and under the same faults as Muster's.
class ModelProcess final : public sim::Process, private baselines::Io {
 public:
  ModelProcess(const sim::ProcessStart& start, const ModelStart& how, const ModelFactory& factory);

  // ---- sim::Process ----
  void OnStart(TimePoint now, sim::Outputs& out) override;
  void OnDatagram(TimePoint now, const Address& from, std::string_view bytes,
                  sim::Outputs& out) override;
  void OnStreamOpened(TimePoint now, core::StreamId stream, const Address& peer,
                      sim::Outputs& out) override;
  void OnStreamMessage(TimePoint now, core::StreamId stream, std::string_view message,
                       sim::Outputs& out) override;
  void OnStreamEnded(TimePoint now, core::StreamId stream, core::StreamEnd end,
                     sim::Outputs& out) override;
  void OnDeadline(TimePoint now, core::Backlog backlog, sim::Outputs& out) override;
  void OnLeave(TimePoint now, sim::Outputs& out) override;
  void OnUnblocked(TimePoint now, sim::Outputs& out) override;
  TimePoint NextDeadline() const override {
    return timers_.empty() ? TimePoint::Never() : timers_.top().at;
  }
  sim::Standing StandingOf(int member, const HostId& id) const override;
  size_t UpCount() const override { return static_cast<size_t>(model_->ViewSize()); }
  uint64_t ViewHash() const override { return model_->ViewHash(); }
  size_t QueueDepth() const override { return model_->QueueDepth(); }
  uint64_t digest() const override { return digest_; }
  size_t DatagramBytesMax() const override { return 1472; }
  Duration StreamBudget() const override { return Duration::Seconds(10); }

 private:
  struct Timer {
    TimePoint at;
    uint64_t order;
    uint32_t kind;
    uint32_t argument;
    bool operator>(const Timer& other) const {
      return at != other.at ? at > other.at : order > other.order;
    }
  };
  struct Pending {
    core::StreamId stream;
    std::string bytes;
    size_t wire_bytes;
  };

  // ---- baselines::Io ----
  TimePoint now() const override { return now_; }
  bool blocked() const override { return out_->is_blocked(); }
  Rng& rng() override { return rng_; }
  void Send(int to, const baselines::Packet& packet) override;
  void SendStream(int to, const baselines::Packet& packet) override;
  void SetTimer(TimePoint at, uint32_t kind, uint32_t argument) override;
  void Report(int subject, baselines::State state) override;

  void Enter(TimePoint now, sim::Outputs& out) {
    now_ = now;
    out_ = &out;
  }
  void Encode(const baselines::Packet& packet);
  void Receive(std::string_view bytes);

  ModelStart how_;
  Rng rng_;
  TimePoint now_;
  sim::Outputs* out_ = nullptr;  // of the call that is going on
  std::priority_queue<Timer, std::vector<Timer>, std::greater<Timer>> timers_;
  uint64_t next_order_ = 0;
  core::StreamId next_stream_ = 1;
  std::vector<Pending> pending_;
  std::string encoded_;
  baselines::Packet received_;
  uint64_t digest_ = 0;
  std::unique_ptr<baselines::Model> model_;
};

}  // namespace muster::gauntlet
