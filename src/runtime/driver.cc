#include "src/runtime/driver.h"

#include <utility>

#include "src/base/check.h"
#include "src/runtime/clock.h"
#include "src/runtime/driver_impl.h"
#include "src/runtime/target.h"

namespace muster::runtime {
namespace {

// How often port 0 picks anew when the UDP port that the system chose is taken on TCP.
constexpr int kFreePortTries = 16;

absl::Status Closed() { return absl::FailedPreconditionError("the agent is stopping"); }

}  // namespace

Driver::Driver() = default;

Driver::~Driver() { MUSTER_CHECK(impl_ == nullptr || impl_->closed); }

absl::StatusOr<std::unique_ptr<Driver>> Driver::Start(uv_loop_t* loop, Config config) {
  auto impl = std::make_unique<Impl>(loop, std::move(config));
  const bool any_port = impl->config.bind.port() == 0;
  const int tries = any_port ? kFreePortTries : 1;
  for (int i = 1;; ++i) {
    const absl::Status opened = impl->Open();
    if (opened.ok()) break;
    // The handles close on the loop's next turn; the object goes with the last of them.
    Impl* failed = impl.release();
    failed->Close([failed] { delete failed; });
    if (opened.code() != absl::StatusCode::kAlreadyExists || i >= tries) return opened;
    impl = std::make_unique<Impl>(loop, failed->config);
  }
  std::unique_ptr<Driver> driver(new Driver);
  driver->impl_ = std::move(impl);
  return driver;
}

void Driver::Close(std::function<void()> done) { impl_->Close(std::move(done)); }

void Driver::AddListener(Listener listener) { impl_->listeners.push_back(std::move(listener)); }

void Driver::Join(const std::vector<std::string>& targets, JoinResult on_result,
                  std::function<void()> on_done) {
  if (!impl_->is_open()) return;
  auto batch = std::make_shared<JoinBatch>(std::move(on_result), std::move(on_done));
  batch->Begin(targets.size() + 1);
  for (const std::string& text : targets) {
    const absl::StatusOr<Target> target = Target::Parse(text);
    if (!target.ok()) {
      impl_->JoinAddresses(text, {}, std::string(target.status().message()), batch);
      continue;
    }
    impl_->resolver.Resolve(*target,
                            [impl = impl_.get(), text, batch](const std::vector<Address>& addresses,
                                                              const std::string& error) {
                              impl->JoinAddresses(text, addresses, error, batch);
                            });
  }
  impl_->posts.Post([batch] { batch->End(); });
}

absl::Status Driver::Leave() {
  if (!impl_->is_open()) return Closed();
  const absl::Status status = impl_->node->Leave(MonotonicNow(), impl_->effects);
  impl_->Flush();
  return status;
}

absl::Status Driver::ForceLeave(const HostId& id, bool prune, bool evict) {
  if (!impl_->is_open()) return Closed();
  const absl::Status status =
      impl_->node->ForceLeave(MonotonicNow(), id, prune, evict, impl_->effects);
  impl_->Flush();
  return status;
}

absl::Status Driver::SetTags(wire::Tags tags) {
  if (!impl_->is_open()) return Closed();
  const absl::Status status = impl_->node->SetTags(MonotonicNow(), std::move(tags), impl_->effects);
  impl_->Flush();
  return status;
}

absl::Status Driver::Ping(const HostId& id, PingResult on_result) {
  if (!impl_->is_open()) return Closed();
  const absl::StatusOr<uint64_t> request = impl_->node->Ping(MonotonicNow(), id, impl_->effects);
  if (request.ok()) impl_->requests.AddPing(*request, std::move(on_result));
  impl_->Flush();
  return request.status();
}

void Driver::SetHints(std::vector<Address> addresses) {
  if (!impl_->is_open()) return;
  impl_->node->SetHints(MonotonicNow(), std::move(addresses), impl_->effects);
  impl_->Flush();
}

core::JoinState Driver::join_state() const { return impl_->join_state(); }

std::string Driver::last_join_error() const { return impl_->last_join_error(); }

const core::Node& Driver::node() const { return *impl_->node; }

TimePoint Driver::now() const { return MonotonicNow(); }

int64_t Driver::ToUnixMicros(TimePoint t) const {
  return UnixMicrosNow() + (t - MonotonicNow()).micros();
}

Traffic Driver::traffic() const {
  const UdpSocket::Counters& udp = impl_->udp.counters();
  const StreamTable::Counters& tcp = impl_->streams.counters();
  Traffic traffic;
  traffic.udp_packets_out = udp.packets_out;
  traffic.udp_packets_in = udp.packets_in;
  traffic.udp_bytes_out = udp.bytes_out;
  traffic.udp_bytes_in = udp.bytes_in;
  traffic.tcp_bytes_out = tcp.bytes_out;
  traffic.tcp_bytes_in = tcp.bytes_in;
  traffic.udp_send_errors = udp.send_errors;
  traffic.udp_send_dropped = udp.send_dropped;
  return traffic;
}

LoopLag Driver::loop_lag() const { return {impl_->lag.QuantileMs(50), impl_->lag.QuantileMs(99)}; }

Address Driver::bound() const { return impl_->udp.bound(); }

uv_loop_t* Driver::loop() const { return impl_->loop; }

}  // namespace muster::runtime
