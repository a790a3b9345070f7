#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "src/base/ids.h"
#include "src/base/time.h"
#include "src/core/member_table.h"

namespace muster::core {

// Notices live members of one name that met although the door keeps them apart: two doors admitted
// them at once, or a partition healed. To look is one walk over the table, so arrivals are gathered
// for a second and looked at together.
class NameWatch {
 public:
  static constexpr size_t kMax =
      1024;  // arrivals gathered; more wait for a later arrival of theirs
  static constexpr Duration kGather = Duration::Seconds(1);

  // The member came up or changed its attributes.
  void Arrived(TimePoint now, const HostId& id);
  TimePoint next() const { return next_; }
  // Positions of the arrivals whose name another live member has, in order of arrival.
  std::vector<uint32_t> TakeShared(TimePoint now, const MemberTable& table);

 private:
  std::vector<HostId> arrivals_;
  TimePoint next_ = TimePoint::Never();
};

}  // namespace muster::core
