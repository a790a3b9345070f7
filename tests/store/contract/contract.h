#pragma once

#include <gtest/gtest.h>

#include <cstddef>
#include <functional>
#include <memory>
#include <ostream>
#include <string>

#include "src/base/ids.h"
#include "src/base/time.h"
#include "src/store/presence_store.h"
#include "tests/store/contract/session.h"

// What presence_store.h promises, as tests that know no back end. README.md says how a back end
// runs them.

namespace muster::store::contract {

// A private store of one kind, empty at first: a fresh file, server or table. What it owns ends
// with it.
class Place {
 public:
  virtual ~Place() = default;

  // A handle of its own on this place, as another process would have it.
  virtual std::unique_ptr<PresenceStore> Open(PresenceOptions options) = 0;

  // Whether rows live by the clocks of PresenceOptions: then tests advance those instead of
  // waiting in real time.
  virtual bool UsesInjectedClocks() const = 0;

  // By the back end's own means, behind the stores' back:
  // Turns what is stored for a host into something that cannot be read as a record, and leaves its
  // expiry as it is.
  virtual void Damage(const std::string& cluster, const HostId& id) = 0;
  // Removes everything: FLUSHALL, a dropped table, a deleted file.
  virtual void Wipe() = 0;
  // How many rows of the cluster take up room, those included that have expired.
  virtual size_t StoredRows(const std::string& cluster) = 0;
};

// The parameter of the suite: how a kind of place is made.
struct PlaceKind {
  std::string name;  // letters and digits: "Redis"
  std::function<std::unique_ptr<Place>()> make;

  friend void PrintTo(const PlaceKind& kind, std::ostream* out) { *out << kind.name; }
};

class PresenceContract : public testing::TestWithParam<PlaceKind> {
 protected:
  void SetUp() override;
  void TearDown() override;

  PresenceStore* Open(const std::string& cluster = "prod");
  // Lets `span` go by for the rows: by the injected clocks, else in real time.
  void Pass(Duration span);
  // Scans every 50 ms (real or injected) until `count` rows are live or `budget` has gone by.
  bool BecomesLive(PresenceStore* store, size_t count, Duration budget);
  // The ids of a scan in its order, as numbers given to MakeRecord (below 10,000); -1: unknown.
  std::string Numbers(const PresenceScan& scan) const;

  std::unique_ptr<Place> place_;
  std::unique_ptr<Session> session_;
};

// For INSTANTIATE_TEST_SUITE_P: names the tests after the kind.
inline std::string PlaceName(const testing::TestParamInfo<PlaceKind>& info) {
  return info.param.name;
}

}  // namespace muster::store::contract
