#include "bench/gauntlet/mode.h"

#include <memory>

#include "bench/baselines/formulas.h"
#include "bench/baselines/memberlist.h"
#include "bench/baselines/swim.h"

namespace muster::gauntlet {
namespace {

using baselines::MemberlistOptions;

constexpr Duration kPeriod = Duration::Seconds(1);

// SWIM with the period and the helpers of the others.
baselines::SwimOptions Swim2002() {
  baselines::SwimOptions options;
  options.period = kPeriod;
  options.relays = 3;
  return options;
}

// Lifeguard's constants without the size of Consul's tags and coordinates.
MemberlistOptions Lifeguard() {
  MemberlistOptions options = MemberlistOptions::PaperLifeguard(5, 6);
  options.deployment = baselines::Deployment();
  return options;
}

ModelFactory Agents(const MemberlistOptions& options) {
  return [options](int self, baselines::Io* io) {
    return std::make_unique<baselines::Memberlist>(options, self, io);
  };
}

}  // namespace

const char* ModeName(Mode mode) {
  constexpr const char* kNames[kModes] = {"swim", "memberlist", "lifeguard", "muster-E",
                                          "muster-F"};
  return kNames[static_cast<size_t>(mode)];
}

bool IsMuster(Mode mode) { return mode == Mode::kMusterE || mode == Mode::kMusterF; }

bool ParseMode(std::string_view name, Mode* mode) {
  for (const Mode candidate : kAllModes) {
    if (name != ModeName(candidate)) continue;
    *mode = candidate;
    return true;
  }
  return false;
}

Duration ToleranceOf(Mode mode, Constants constants, int members) {
  switch (mode) {
    case Mode::kSwim:
      return constants == Constants::kPaper ? baselines::SuspicionMin(5, members, kPeriod)
                                            : kPeriod * baselines::SwimSuspicionPeriods(members);
    case Mode::kLifeguard:
      return baselines::SuspicionMin(5, members, kPeriod);
    case Mode::kMemberlist:
      return baselines::SuspicionMin(4, members, kPeriod);
    case Mode::kMusterE:
      return baselines::SuspicionMin(constants == Constants::kPaper ? 5 : 4, members, kPeriod);
    case Mode::kMusterF:
      break;
  }
  return Duration::Seconds(2);
}

core::Options MusterOptions(Mode mode, Constants constants, int members) {
  core::Options options = core::Options::For(core::Profile::kLan);
  options.tolerance = ToleranceOf(mode, constants, members);
  return options;
}

ModelFactory ModelOf(Mode mode, Constants constants) {
  const bool is_paper = constants == Constants::kPaper;
  switch (mode) {
    case Mode::kSwim:
      if (is_paper) return Agents(MemberlistOptions::PaperSwim());
      return [](int self, baselines::Io* io) {
        return std::make_unique<baselines::Swim>(Swim2002(), self, io);
      };
    case Mode::kMemberlist: {
      MemberlistOptions options = MemberlistOptions::Code();
      if (is_paper) options.deployment = baselines::Deployment::Consul2017();
      return Agents(options);
    }
    default:
      return Agents(is_paper ? MemberlistOptions::PaperLifeguard(5, 6) : Lifeguard());
  }
}

}  // namespace muster::gauntlet
