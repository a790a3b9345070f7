#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "absl/status/statusor.h"
#include "src/base/ids.h"
#include "src/store/presence_status.h"
#include "src/store/presence_store.h"

namespace muster::api {

// What the control plane needs of the agent's dealings with its datastore; the agent has the
// implementation. On the loop's thread alone. Callbacks run on the loop, once each and never within
// the call, as late as the store allows.
class Presence {
 public:
  virtual ~Presence() = default;

  virtual const store::PresenceStatus& status() const = 0;
  // The live rows of the cluster, freshest first.
  using Listed = std::function<void(absl::StatusOr<std::vector<store::PresenceRow>> rows)>;
  virtual void List(Listed listed) = 0;
  // Removes the row of a host unless its incarnation is above `upto`; the result says whether there
  // was one to remove.
  using Purged = std::function<void(const absl::StatusOr<bool>& removed)>;
  virtual void Purge(const HostId& id, Incarnation upto, Purged purged) = 0;
  // After a force-leave: removes the row of that host in its own time.
  virtual void Forget(const HostId& id) = 0;
};

// What event streams tell of the datastore: store.failed, store.recovered, store.replaced.
enum class StoreEvent : uint8_t {
  kFailed,     // an operation failed, after all went well
  kRecovered,  // one went well again
  kReplaced,   // what was stored was damaged: it is set aside, and a new store begun
};

}  // namespace muster::api
