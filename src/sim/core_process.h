#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "src/base/address.h"
#include "src/base/ids.h"
#include "src/base/time.h"
#include "src/core/effects.h"
#include "src/core/node.h"
#include "src/sim/process.h"

namespace muster::sim {

// The agent's own protocol as a simulated process: core::Node, with nothing added. What it tells
// its users stays in core::Effects::events(); the cluster knows whose host ids they name.
class CoreProcess : public Process {
 public:
  // `pool` must outlive the process.
  CoreProcess(const core::Options& options, core::Identity identity, uint64_t seed, TimePoint now,
              core::RecordPool* pool, std::vector<Address> seeds, std::vector<Address> remembered);

  core::Node& node() { return node_; }
  const core::Node& node() const { return node_; }

  // ---- Process ----
  void OnStart(TimePoint now, Outputs& out) override;
  void OnDatagram(TimePoint now, const Address& from, std::string_view bytes,
                  Outputs& out) override;
  void OnStreamOpened(TimePoint now, core::StreamId stream, const Address& peer,
                      Outputs& out) override;
  void OnStreamMessage(TimePoint now, core::StreamId stream, std::string_view message,
                       Outputs& out) override;
  void OnStreamEnded(TimePoint now, core::StreamId stream, core::StreamEnd end,
                     Outputs& out) override;
  void OnDeadline(TimePoint now, core::Backlog backlog, Outputs& out) override;
  void OnLeave(TimePoint now, Outputs& out) override;
  void OnLateSend(TimePoint sent_at, uint32_t tag) override;
  TimePoint NextDeadline() const override { return node_.NextDeadline(); }
  Standing StandingOf(int member, const HostId& id) const override;
  size_t UpCount() const override;
  size_t ViewCount() const override { return node_.members().up_count(); }
  uint64_t ViewHash() const override { return node_.members().view_cell().hash; }
  size_t QueueDepth() const override { return node_.queue_depth(); }
  uint64_t digest() const override { return node_.digest(); }
  size_t DatagramBytesMax() const override;
  Duration StreamBudget() const override { return node_.options().stream_budget; }
  // One frame, its length included.
  size_t MessageSize(std::string_view bytes) const override;

 private:
  core::Node node_;
  std::vector<Address> seeds_;
  std::vector<Address> remembered_;
};

// What an event of the core means to users; false where it is none of the changes that all
// protocols have.
bool SightOf(const core::Event& event, Sight* sight);

}  // namespace muster::sim
