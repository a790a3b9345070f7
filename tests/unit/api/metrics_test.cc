#include "src/api/metrics.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>

#include "tests/unit/api/fakes.h"

namespace muster::api {
namespace {

class Metrics : public testing::Test, protected ServiceHarness {
 protected:
  Metrics() {
    backend.AddMember("n2").state = wire::State::kSuspect;
    backend.AddMember("n3");
  }
  // "name{labels}" to its value as it is written.
  std::map<std::string, std::string> Scrape() {
    const auto call = Get("/metrics");
    EXPECT_EQ(call->status(), 200);
    EXPECT_EQ(call->answer->content_type, "text/plain; version=0.0.4; charset=utf-8");
    text_ = call->answer->body;
    std::map<std::string, std::string> samples;
    for (size_t at = 0; at < text_.size();) {
      const size_t end = text_.find('\n', at);
      if (end == std::string::npos) {
        ADD_FAILURE() << "the last line has no end";
        break;
      }
      const std::string line = text_.substr(at, end - at);
      at = end + 1;
      if (line.starts_with('#')) continue;
      const size_t blank = line.rfind(' ');
      EXPECT_TRUE(samples.emplace(line.substr(0, blank), line.substr(blank + 1)).second)
          << "twice: " << line;
    }
    return samples;
  }

  std::string text_;
};

TEST_F(Metrics, TheAgentAndItsView) {
  StatusView& view = backend.status_view;
  view.peers = 2;
  view.agreeing = 1;
  view.health = 3;
  view.isolated = true;
  view.loop_lag_p99_ms = 2.5;
  view.udp_packets_in = 12;
  view.udp_bytes_out = 123'456'789'012;
  view.tcp_bytes_in = 7;
  view.rejected[static_cast<size_t>(wire::Reject::kChecksum)] = 4;
  const auto samples = Scrape();
  EXPECT_EQ(samples.at(R"(muster_info{version="0.1.0",cluster="blue",profile="lan"})"), "1");
  EXPECT_EQ(samples.at("muster_start_time_seconds"), "1");
  EXPECT_EQ(samples.at(R"(muster_members{status="alive"})"), "2");
  EXPECT_EQ(samples.at(R"(muster_members{status="suspect"})"), "1");
  EXPECT_EQ(samples.at(R"(muster_members{status="left"})"), "0");
  EXPECT_EQ(samples.at("muster_agreement_peers"), "2");
  EXPECT_EQ(samples.at("muster_agreement_agreeing"), "1");
  EXPECT_EQ(samples.at("muster_health"), "3");
  EXPECT_EQ(samples.at("muster_isolated"), "1");
  EXPECT_EQ(samples.at("muster_ready"), "0");
  EXPECT_EQ(samples.at(R"(muster_loop_lag_seconds{quantile="0.99"})"), "0.0025");
  EXPECT_EQ(samples.at(R"(muster_udp_packets_total{direction="in"})"), "12");
  EXPECT_EQ(samples.at(R"(muster_udp_bytes_total{direction="out"})"), "123456789012");
  EXPECT_EQ(samples.at(R"(muster_tcp_bytes_total{direction="in"})"), "7");
  EXPECT_EQ(samples.at(R"(muster_rejected_total{reason="checksum"})"), "4");
}

TEST_F(Metrics, WithoutADatastoreThereIsNothingOfOne) {
  Scrape();
  EXPECT_EQ(text_.find("muster_store_"), std::string::npos) << text_;
  FakePresence none;
  none.state = store::PresenceStatus();
  backend.datastore = &none;
  Scrape();
  EXPECT_EQ(text_.find("muster_store_"), std::string::npos) << text_;
}

TEST_F(Metrics, TheDatastore) {
  FakePresence presence;
  backend.datastore = &presence;
  store::PresenceStatus& state = presence.state;
  state.rows = 5;
  state.since_us = 1'795'176'000'250'000;
  state.refreshes = 1;
  state.refresh_errors = 2;
  state.looks = 3;
  state.look_errors = 4;
  state.erases = 5;
  state.erase_errors = 6;
  state.damaged_rows = 7;
  state.notices = 8;
  const auto samples = Scrape();
  EXPECT_EQ(samples.at("muster_store_up"), "1");
  EXPECT_EQ(samples.at("muster_store_rows"), "5");
  EXPECT_EQ(samples.at("muster_store_state_since_seconds"), "1795176000.25");
  EXPECT_EQ(samples.at("muster_store_last_refresh_seconds"), "0");
  EXPECT_EQ(samples.at("muster_store_refreshes_total"), "1");
  EXPECT_EQ(samples.at("muster_store_refresh_errors_total"), "2");
  EXPECT_EQ(samples.at("muster_store_looks_total"), "3");
  EXPECT_EQ(samples.at("muster_store_look_errors_total"), "4");
  EXPECT_EQ(samples.at("muster_store_erases_total"), "5");
  EXPECT_EQ(samples.at("muster_store_erase_errors_total"), "6");
  EXPECT_EQ(samples.at("muster_store_damaged_rows_total"), "7");
  EXPECT_EQ(samples.at("muster_store_notices_total"), "8");
  for (const auto state_now :
       {store::PresenceStatus::State::kFailing, store::PresenceStatus::State::kStarting}) {
    state.state = state_now;
    EXPECT_EQ(Scrape().at("muster_store_up"), "0");
  }
}

TEST_F(Metrics, EachFamilyIsExplainedAndTypedAndNoMemberIsNamed) {
  FakePresence presence;
  backend.datastore = &presence;
  backend.AddMember("very-special-name");
  backend.status_view.differing = {{"very-special-name", 1}};
  const auto samples = Scrape();
  EXPECT_EQ(text_.find("very-special-name"), std::string::npos);
  for (const auto& [sample, value] : samples) {
    const std::string name = sample.substr(0, sample.find('{'));
    EXPECT_TRUE(name.starts_with("muster_")) << name;
    EXPECT_NE(text_.find("# HELP " + name + " "), std::string::npos) << name;
    const std::string type = name.ends_with("_total") ? "counter" : "gauge";
    EXPECT_NE(text_.find("# TYPE " + name + " " + type + "\n"), std::string::npos) << name;
  }
}

TEST_F(Metrics, AreForThisHostLikeOtherReads) {
  auto remote = std::make_shared<FakeExchange>("GET", "/metrics");
  remote->sent.caller = Caller::kRemote;
  EXPECT_EQ(Send(remote)->status(), 403);
  auto here = std::make_shared<FakeExchange>("HEAD", "/metrics");
  here->sent.caller = Caller::kLoopback;
  EXPECT_EQ(Send(here)->status(), 200);
  EXPECT_EQ(Call("POST", "/metrics")->status(), 405);
}

}  // namespace
}  // namespace muster::api
