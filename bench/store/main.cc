#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "bench/store/figures.h"
#include "tests/e2e/harness/agent.h"
#include "tests/e2e/harness/cluster.h"
#include "tests/e2e/harness/network.h"

namespace muster::bench {
namespace {

bool IsWanted(const std::vector<std::string>& wanted, const std::string& name) {
  return wanted.empty() || std::find(wanted.begin(), wanted.end(), name) != wanted.end();
}

std::string FigureList() {
  std::string text = "Figures, all of them by default:\n";
  for (const Figure& figure : AllFigures()) {
    std::string name = figure.name;
    name.resize(8, ' ');
    absl::StrAppend(&text, "  ", name, figure.what, "\n");
  }
  return text;
}

int Measure(const Settings& settings, const std::vector<std::string>& figures,
            const std::vector<std::string>& kinds) {
  const e2e::ScratchFolder folder;
  Places places;
  for (const std::string& kind : kPlaceKinds) {
    if (!IsWanted(kinds, kind)) continue;
    absl::StatusOr<std::unique_ptr<Place>> place = MakePlace(kind, folder.path());
    if (!place.ok()) {
      std::fprintf(stderr, "no %s: %s\n", kind.c_str(), place.status().ToString().c_str());
      return 1;
    }
    places.push_back(*std::move(place));
  }
  Report report("beside it");
  for (const Figure& figure : AllFigures()) {
    if (!IsWanted(figures, figure.name)) continue;
    std::fprintf(stderr, "%s: %s\n", figure.name, figure.what);
    figure.run(settings, places, &report);
  }
  report.Print();
  return report.all_met() ? 0 : 1;
}

int Main(int argc, char** argv) {
  Settings settings;
  std::vector<std::string> figures;
  std::vector<std::string> kinds;
  std::string binary;
  CLI::App app("Measures datastores under real agents, in a network namespace of its own.",
               "store");
  app.footer(FigureList());
  std::vector<std::string> names;
  for (const Figure& figure : AllFigures()) names.push_back(figure.name);
  app.add_option("figure", figures, "what to measure")->check(CLI::IsMember(names));
  app.add_option("--store", kinds, "only this back end; repeatable")
      ->check(CLI::IsMember(kPlaceKinds));
  app.add_option("--rows", settings.rows, "number of rows instead of the table's sizes")
      ->check(CLI::Range(1, 10'000));
  app.add_option("--repeat", settings.repeats, "starts per figure")->check(CLI::Range(1, 10'000));
  app.add_option("--agents", settings.agents, "agents at rest per back end")
      ->check(CLI::Range(2, 60));
  app.add_option("--binary", binary, "the muster program")->check(CLI::ExistingFile);
  CLI11_PARSE(app, argc, argv);
  if (!binary.empty()) setenv("MUSTER_BINARY", binary.c_str(), 1);
  if (e2e::MusterBinary().empty()) {
    std::fputs("no program to measure: run this through bazel run //bench:store\n", stderr);
    return 2;
  }
  if (const absl::Status entered = e2e::EnterOwnNetwork(); !entered.ok()) {
    std::fprintf(stderr, "no network of our own: %s\n", entered.ToString().c_str());
    return 1;
  }
  return Measure(settings, figures, kinds);
}

}  // namespace
}  // namespace muster::bench

int main(int argc, char** argv) { return muster::bench::Main(argc, argv); }
