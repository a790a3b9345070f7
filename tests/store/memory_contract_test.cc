#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>

#include "src/store/memory_store.h"
#include "tests/store/contract/contract.h"

// The contract, on a table in this process.

namespace muster::store {
namespace {

using contract::PlaceKind;
using contract::PresenceContract;

class MemoryPlace : public contract::Place {
 public:
  std::unique_ptr<PresenceStore> Open(PresenceOptions options) override {
    return OpenMemoryStore(std::move(options), table_);
  }
  bool UsesInjectedClocks() const override { return true; }
  void Damage(const std::string& cluster, const HostId& id) override {
    EXPECT_TRUE(table_->DamageRow(cluster, id));
  }
  void Wipe() override { table_->Clear(); }
  size_t StoredRows(const std::string& cluster) override { return table_->CountRows(cluster); }

 private:
  std::shared_ptr<MemoryTable> table_ = std::make_shared<MemoryTable>();
};

INSTANTIATE_TEST_SUITE_P(Memory, PresenceContract,
                         testing::Values(PlaceKind{"Memory",
                                                   [] { return std::make_unique<MemoryPlace>(); }}),
                         contract::PlaceName);

}  // namespace
}  // namespace muster::store
