#include "src/api/metrics.h"

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <cstdint>
#include <utility>
#include <vector>

#include "src/api/shapes.h"
#include "src/wire/codec.h"

namespace muster::api {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;
using Labels = std::vector<ClientMetric::Label>;

// Grows by one family at a time.
class Families {
 public:
  Families& Gauge(const char* name, const char* help) {
    return Begin(name, help, MetricType::Gauge);
  }
  Families& Counter(const char* name, const char* help) {
    return Begin(name, help, MetricType::Counter);
  }
  // One sample of the family begun last.
  Families& Add(double value, Labels labels = {}) {
    ClientMetric metric;
    metric.label = std::move(labels);
    MetricFamily& family = families_.back();
    (family.type == MetricType::Gauge ? metric.gauge.value : metric.counter.value) = value;
    family.metric.push_back(std::move(metric));
    return *this;
  }
  Families& Add(uint64_t value, Labels labels = {}) {
    return Add(static_cast<double>(value), std::move(labels));
  }
  Families& Add(bool value) { return Add(value ? 1.0 : 0.0); }
  std::string Text() const { return prometheus::TextSerializer().Serialize(families_); }

 private:
  Families& Begin(const char* name, const char* help, MetricType type) {
    MetricFamily family;
    family.name = name;
    family.help = help;
    family.type = type;
    families_.push_back(std::move(family));
    return *this;
  }

  std::vector<MetricFamily> families_;
};

double Seconds(int64_t micros) { return static_cast<double>(micros) / 1e6; }

void AddAgent(const Backend& backend, const RunFacts& facts, const StatusView& status,
              Families* families) {
  families->Gauge("muster_info", "What runs here; always 1.")
      .Add(1.0, {{"version", facts.info.version},
                 {"cluster", backend.cluster()},
                 {"profile", facts.info.profile}});
  families->Gauge("muster_start_time_seconds", "Unix time of the agent's start.")
      .Add(Seconds(facts.info.started_us));
  families->Gauge("muster_ready", "1 while the agent is ready.")
      .Add(ReasonsNotReady(status).empty());
  families->Gauge("muster_isolated", "1 while the agent hears no other member.")
      .Add(status.isolated);
  families->Gauge("muster_health", "Local health; 0 is good, each step above doubts oneself more.")
      .Add(static_cast<double>(status.health));
  families->Gauge("muster_loop_lag_seconds", "How late the event loop ran its timers lately.")
      .Add(status.loop_lag_p50_ms / 1000, {{"quantile", "0.5"}})
      .Add(status.loop_lag_p99_ms / 1000, {{"quantile", "0.99"}});
}

void AddView(const StatusView& status, Families* families) {
  families->Gauge("muster_members", "Members as this agent sees them, itself included.");
  for (const wire::State state : {wire::State::kAlive, wire::State::kSuspect, wire::State::kFailed,
                                  wire::State::kLeaving, wire::State::kLeft}) {
    families->Add(uint64_t{status.counts[static_cast<size_t>(state)]},
                  {{"status", wire::StateName(state)}});
  }
  families->Gauge("muster_agreement_peers", "Peers that this agent hears from.")
      .Add(uint64_t{status.peers});
  families->Gauge("muster_agreement_agreeing", "Of these, peers with the same view.")
      .Add(uint64_t{status.agreeing});
}

void AddTraffic(const StatusView& status, Families* families) {
  const Labels in = {{"direction", "in"}};
  const Labels out = {{"direction", "out"}};
  families->Counter("muster_udp_packets_total", "UDP packets, junk included.")
      .Add(status.udp_packets_in, in)
      .Add(status.udp_packets_out, out);
  families->Counter("muster_udp_bytes_total", "UDP payload.")
      .Add(status.udp_bytes_in, in)
      .Add(status.udp_bytes_out, out);
  families->Counter("muster_tcp_bytes_total", "TCP payload between members.")
      .Add(status.tcp_bytes_in, in)
      .Add(status.tcp_bytes_out, out);
  families->Counter("muster_rejected_total", "Packets and frames refused, by reason.");
  for (size_t i = 1; i < status.rejected.size(); ++i) {
    families->Add(status.rejected[i], {{"reason", wire::RejectName(static_cast<wire::Reject>(i))}});
  }
}

void AddStore(const store::PresenceStatus& status, Families* families) {
  using State = store::PresenceStatus::State;
  families->Gauge("muster_store_up", "1 while the datastore answers.")
      .Add(status.state == State::kOk);
  families->Gauge("muster_store_state_since_seconds", "Unix time at which that began.")
      .Add(Seconds(status.since_us));
  families->Gauge("muster_store_rows", "Live rows when last counted.").Add(uint64_t{status.rows});
  families
      ->Gauge("muster_store_last_refresh_seconds",
              "Unix time at which this agent's row was last written; 0 for never.")
      .Add(Seconds(status.last_refresh_us));
  families->Counter("muster_store_refreshes_total", "Writes of this agent's row.")
      .Add(status.refreshes);
  families->Counter("muster_store_refresh_errors_total", "Writes that failed.")
      .Add(status.refresh_errors);
  families->Counter("muster_store_looks_total", "Reads of the rows.").Add(status.looks);
  families->Counter("muster_store_look_errors_total", "Reads that failed.").Add(status.look_errors);
  families->Counter("muster_store_erases_total", "Rows that this agent removed.")
      .Add(status.erases);
  families->Counter("muster_store_erase_errors_total", "Removals that failed.")
      .Add(status.erase_errors);
  families->Counter("muster_store_damaged_rows_total", "Rows passed over as unreadable.")
      .Add(status.damaged_rows);
  families->Counter("muster_store_notices_total", "Damaged files set aside, and the like.")
      .Add(status.notices);
}

}  // namespace

std::string MetricsText(const Backend& backend, const RunFacts& facts) {
  const StatusView status = backend.status();
  Families families;
  AddAgent(backend, facts, status, &families);
  AddView(status, &families);
  AddTraffic(status, &families);
  const Presence* presence = backend.presence();
  if (presence != nullptr && presence->status().state != store::PresenceStatus::State::kOff) {
    AddStore(presence->status(), &families);
  }
  return families.Text();
}

}  // namespace muster::api
