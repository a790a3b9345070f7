#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <vector>

#include "bench/baselines/model.h"
#include "src/base/rng.h"
#include "src/base/time.h"
#include "src/sim/event_queue.h"
#include "src/sim/latency.h"

namespace muster::baselines {

struct WorldConfig {
  uint64_t seed = 1;
  int members = 128;
  sim::LatencyModel latency;
  uint32_t loss_ppm = 0;  // of each datagram, independently
  // What reading one packet takes the process; packets that came while it was blocked are read one
  // after the other at this pace.
  Duration packet_cost = Duration::Micros(10);
};

// Models in virtual time on one network: the test bed of the published experiments, which need
// little more than Lifeguard's anomaly but thousands of runs. Everything follows from the seed.
class World {
 public:
  using Factory = std::function<std::unique_ptr<Model>(int self, Io* io)>;
  struct Report {
    TimePoint at;
    int observer;
    int subject;
    State state;
  };
  struct Traffic {
    uint64_t packets = 0;  // datagrams
    uint64_t bytes = 0;    // their payload
    uint64_t stream_bytes = 0;
    uint64_t received = 0;
  };

  World(const WorldConfig& config, const Factory& factory);
  ~World();
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  // All start now, knowing all.
  void StartTogether();
  void Crash(int member) { At(member).is_up = false; }
  // Lifeguard, section V-A: input and output stand still while timers run on.
  void Block(int member) { At(member).is_blocked = true; }
  void Unblock(int member);
  void RunUntil(TimePoint end);

  TimePoint now() const { return now_; }
  int members() const { return static_cast<int>(hosts_.size()); }
  const Model& model(int member) const { return *hosts_[static_cast<size_t>(member)]->model; }
  bool is_up(int member) const { return hosts_[static_cast<size_t>(member)]->is_up; }
  const std::vector<Report>& reports() const { return reports_; }
  const Traffic& traffic(int member) const { return hosts_[static_cast<size_t>(member)]->traffic; }
  Traffic total() const;
  uint64_t steps() const { return steps_; }

 private:
  struct Event {
    enum class Kind : uint8_t { kPacket, kTimer, kRead };
    Kind kind = Kind::kPacket;
    int host = 0;
    uint32_t timer = 0;
    uint32_t argument = 0;
    Packet packet;
  };
  using Queue = sim::EventQueue<Event>;
  struct Host final : public Io {
    World* world = nullptr;
    int index = 0;
    Rng random{0};
    std::unique_ptr<Model> model;
    bool is_up = true;
    bool is_blocked = false;
    bool reads_later = false;  // a kRead is queued
    TimePoint busy_until;
    std::deque<Queue::Slot> inbox;  // in the kernel
    Traffic traffic;

    TimePoint now() const override { return world->now_; }
    bool blocked() const override { return is_blocked; }
    Rng& rng() override { return random; }
    void Send(int to, const Packet& packet) override { world->Send(this, to, packet, false); }
    void SendStream(int to, const Packet& packet) override { world->Send(this, to, packet, true); }
    void SetTimer(TimePoint at, uint32_t kind, uint32_t argument) override;
    void Report(int subject, State state) override {
      world->reports_.push_back({world->now_, index, subject, state});
    }
  };

  Host& At(int member) { return *hosts_[static_cast<size_t>(member)]; }
  void Send(Host* from, int to, const Packet& packet, bool is_stream);
  void Arrive(Host* host, Queue::Slot slot);
  void Read(Host* host);
  void ReadLater(Host* host);

  WorldConfig config_;
  Rng network_rng_;
  TimePoint now_;
  Queue queue_;
  std::vector<std::unique_ptr<Host>> hosts_;
  std::vector<Report> reports_;
  uint64_t steps_ = 0;
};

}  // namespace muster::baselines
