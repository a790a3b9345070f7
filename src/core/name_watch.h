#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "src/base/ids.h"
#include "src/base/position_index.h"
#include "src/base/time.h"
#include "src/core/member_table.h"

namespace muster::core {

// Notices live members of one name that met although the door keeps them apart: two doors admitted
// them at once, or a partition healed. To look is one walk over the table, so arrivals are gathered
// for a second and looked at together.
class NameWatch {
 public:
  // Arrivals gathered; more wait for a later arrival of theirs.
  static constexpr size_t kMax = 1024;
  static constexpr Duration kGather = Duration::Seconds(1);

  NameWatch() = default;
  NameWatch(const NameWatch&) = delete;
  NameWatch& operator=(const NameWatch&) = delete;

  // The member came up or changed its attributes.
  void Arrived(TimePoint now, const HostId& id);
  TimePoint next() const { return next_; }
  // Positions of the arrivals whose name another live member has, in order of arrival.
  std::vector<uint32_t> TakeShared(TimePoint now, const MemberTable& table);

 private:
  struct IdAt {
    const std::vector<HostId>* arrivals;
    const HostId& operator()(uint32_t position) const { return (*arrivals)[position]; }
  };
  std::vector<HostId> arrivals_;
  PositionIndex<HostId, IdAt> index_{IdAt{&arrivals_}};
  TimePoint next_ = TimePoint::Never();
};

}  // namespace muster::core
