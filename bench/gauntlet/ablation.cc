#include "bench/gauntlet/ablation.h"

#include <algorithm>
#include <iterator>

#include "src/core/ablation.h"

namespace muster::gauntlet {
namespace {

struct Variant {
  std::string name;
  Mode mode;
  uint32_t off;
};

std::vector<Variant> Variants(Mode muster) {
  std::vector<Variant> variants = {{"all on", muster, 0}};
  for (int i = 0; i < core::kMechanisms; ++i) {
    variants.push_back(
        {"without " + std::string(core::kMechanismNames[i]), muster, uint32_t{1} << i});
  }
  variants.push_back({"lifeguard", Mode::kLifeguard, 0});
  return variants;
}

}  // namespace

bool MechanismBits(const std::vector<std::string>& names, uint32_t* bits, std::string* unknown) {
  *bits = 0;
  for (const std::string& name : names) {
    const auto* found =
        std::find(std::begin(core::kMechanismNames), std::end(core::kMechanismNames), name);
    if (found == std::end(core::kMechanismNames)) {
      *unknown = name;
      return false;
    }
    *bits |= uint32_t{1} << (found - std::begin(core::kMechanismNames));
  }
  return true;
}

#ifdef MUSTER_ABLATION
bool Ablate(uint32_t bits) {
  core::ablated_mechanisms = bits;
  return true;
}
#else
bool Ablate(uint32_t bits) { return bits == 0; }
#endif

std::vector<std::string> AblationScenarios() { return {"S2", "S4", "S6", "S7", "S8", "S9", "S10"}; }

std::string RunAblation(const std::vector<Scenario>& scenarios, Mode muster,
                        const RunOptions& options) {
  std::string text;
  for (const Scenario& scenario : scenarios) {
    text += "\n### " + scenario.id + ": " + scenario.about + "\n\n| variant |";
    std::string rows;
    bool is_first = true;
    for (const Variant& variant : Variants(muster)) {
      (void)Ablate(variant.off);
      const ScenarioRun run = RunScenario(scenario, {variant.mode}, options, variant.name + ", ");
      rows += "| " + variant.name + " |";
      int columns = 0;
      for (const Figure& figure : scenario.figures) {
        if (run.results[0].trials(figure.group) == 0) continue;
        if (is_first) text += " " + figure.what + " |";
        rows += " " + FigureText(Value(run.results[0], figure)) + " |";
        ++columns;
      }
      rows += "\n";
      if (!is_first) continue;
      is_first = false;
      text += "\n|---|";
      for (int i = 0; i < columns; ++i) text += "---|";
      text += "\n";
    }
    text += rows;
    (void)Ablate(0);
  }
  return text;
}

}  // namespace muster::gauntlet
