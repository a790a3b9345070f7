#include "src/cli/sim_settings.h"

#include "src/base/strings.h"
#include "src/cli/scenario_file.h"

namespace muster::cli {

Failure FailureOf(const absl::Status& status) {
  Failure failure;
  failure.exit = ExitCode::kUsage;
  std::string* const lines[] = {&failure.what, &failure.fact, &failure.remedy};
  std::string text(ToStd(status.message()));
  for (std::string* const line : lines) {
    const size_t end = text.find('\n');
    *line = text.substr(0, end);
    text = end == std::string::npos ? "" : text.substr(end + 1);
  }
  return failure;
}

Duration LatencyOf(core::Profile profile) {
  switch (profile) {
    case core::Profile::kLocal:
      return Duration::Micros(50);
    case core::Profile::kWan:
      return Duration::Millis(20);
    case core::Profile::kLan:
      break;
  }
  return Duration::Micros(250);
}

Result<uint32_t> LossOf(const std::string& loss) {
  uint32_t ppm = 0;
  if (loss.empty() || ParsePercent(loss, &ppm)) return ppm;
  return Failure{ExitCode::kUsage, "bad value for --loss: '" + loss + "'",
                 "it is no share in percent", "write it from 0% to 100%, for instance 2.5%"};
}

}  // namespace muster::cli
