#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "src/base/ids.h"
#include "src/base/time.h"

namespace muster::core {

// The last ten direct probes of one member, or of all of them.
class LossWindow {
 public:
  static constexpr int kProbes = 10;
  // So many lost of the last ten make a member lossy (Rapid's edge detector: 40 %; Suresh et al.
  // 2018, section 6).
  static constexpr int kLossy = 4;

  void Add(bool lost);
  // The last one counted as lost was answered after all.
  void Forgive();
  int lost() const;
  bool is_lossy() const { return lost() >= kLossy; }
  // Whether each of the last `n` that there were was answered.
  bool IsCleanFor(int n) const;

 private:
  uint16_t bits_ = 0;  // the newest in bit 0; 1: lost
};

// Which of the members probed lately lose packets, or whether it is rather ourselves ("Sick
// members" in README.md). A probe is lost when the direct ping was not answered though a datagram
// reached its target by a relay, or later. A silence, however many probes fall into it, is one loss
// at the most: silence is what suspicions judge. So is a time in which only streams get through.
class LossHistory {
 public:
  static constexpr size_t kMax = 64;

  explicit LossHistory(TimePoint now) : well_since_(now) {}

  // A direct probe was answered in time; was not, but through a relay; by no datagram at all. The
  // last two come after NotInTime.
  void InTime(TimePoint now, const HostId& id);
  void NotInTime(TimePoint now);
  void ByRelay(TimePoint now, const HostId& id);
  void Silent(TimePoint now, const HostId& id);
  // A datagram of it came after all: its silence, if there was one, becomes one loss.
  void Spoke(const HostId& id);
  // It answered a probe late: what waited for it was not lost, it was only not there.
  void Late(const HostId& id);
  // What was noted as lost was answered late.
  void Forgive(const HostId& id);
  void Forget(const HostId& id);

  // Most probes of `id` are lost, the last three among them not all answered, while the median of
  // all other members loses fewer than a tenth.
  bool IsLossy(const HostId& id) const;
  // A loss or silence so recent that the next probe should follow soon.
  bool IsDoubtful(const HostId& id) const;
  bool IsSilent(const HostId& id) const;
  // Since when we ourselves have missed the answers to fewer than 4 of any 10 probes, whomever they
  // went to.
  TimePoint well_since() const { return well_since_; }

 private:
  struct Peer {
    HostId id;
    TimePoint at;
    LossWindow window;
    bool silent = false;
  };
  const Peer* Find(const HostId& id) const;
  Peer& Get(TimePoint now, const HostId& id);

  std::vector<Peer> peers_;
  LossWindow own_;
  TimePoint well_since_;
};

}  // namespace muster::core
