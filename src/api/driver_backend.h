#pragma once

#include <functional>
#include <string>
#include <vector>

#include "src/api/backend.h"
#include "src/runtime/driver.h"

namespace muster::api {

// The Backend of a running agent.
class DriverBackend : public Backend {
 public:
  // `presence` may be null: no datastore.
  DriverBackend(runtime::Driver* driver, Presence* presence)
      : driver_(driver), presence_(presence) {}

  TimePoint now() const override { return driver_->now(); }
  int64_t ToUnixMicros(TimePoint t) const override { return driver_->ToUnixMicros(t); }
  const std::string& cluster() const override { return driver_->node().identity().cluster; }
  HostId self() const override { return driver_->node().id(); }
  uint64_t epoch() const override { return driver_->node().identity().epoch; }
  uint64_t version() const override { return driver_->node().shown_version(); }
  size_t size() const override { return driver_->node().members().size(); }
  Member member(size_t index) const override;
  int64_t IndexOf(const HostId& id) const override { return driver_->node().members().IndexOf(id); }
  std::string DisplayName(size_t index) const override {
    return driver_->node().members().DisplayName(index);
  }
  StatusView status() const override;
  Presence* presence() const override { return presence_; }

  void Join(const std::vector<std::string>& targets, JoinResult on_result,
            std::function<void()> on_done) override {
    driver_->Join(targets, std::move(on_result), std::move(on_done));
  }
  absl::Status Leave() override { return driver_->Leave(); }
  // Takes the member's row out of the datastore too.
  absl::Status ForceLeave(const HostId& id, bool prune, bool evict) override;
  absl::Status SetTags(wire::Tags tags) override { return driver_->SetTags(std::move(tags)); }
  absl::Status Ping(const HostId& id, PingResult on_result) override {
    return driver_->Ping(id, std::move(on_result));
  }

 private:
  runtime::Driver* driver_;
  Presence* presence_;
};

}  // namespace muster::api
