#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "bench/cluster/figures.h"
#include "tests/e2e/harness/agent.h"
#include "tests/e2e/harness/network.h"

namespace muster::bench {
namespace {

std::string FigureList() {
  std::string text = "Figures, all of them by default:\n";
  for (const Figure& figure : AllFigures()) {
    std::string name = figure.name;
    name.resize(14, ' ');
    absl::StrAppend(&text, "  ", name, figure.what, "\n");
  }
  return text;
}

int Main(int argc, char** argv) {
  Settings settings;
  std::vector<std::string> wanted;
  std::string binary;
  CLI::App app("Measures clusters of real agents in a network namespace of its own.", "cluster");
  app.footer(FigureList());
  std::vector<std::string> names;
  for (const Figure& figure : AllFigures()) names.push_back(figure.name);
  app.add_option("figure", wanted, "what to measure")->check(CLI::IsMember(names));
  app.add_option("--agents", settings.agents, "number of agents instead of the table's sizes")
      ->check(CLI::Range(5, 400));
  app.add_option("--kills", settings.kills, "crashes per detection figure")
      ->check(CLI::Range(1, 10'000));
  app.add_option("--repeat", settings.repeats, "starts, leaves and restarts per figure")
      ->check(CLI::Range(1, 10'000));
  app.add_option("--serf", settings.serf, "a serf binary to run beside the idle agents")
      ->check(CLI::ExistingFile);
  app.add_option("--binary", binary, "the muster program")->check(CLI::ExistingFile);
  CLI11_PARSE(app, argc, argv);
  if (!binary.empty()) setenv("MUSTER_BINARY", binary.c_str(), 1);
  if (e2e::MusterBinary().empty()) {
    std::fputs("no program to measure: run this through bazel run //bench:cluster\n", stderr);
    return 2;
  }
  if (const absl::Status entered = e2e::EnterOwnNetwork(); !entered.ok()) {
    std::fprintf(stderr, "no network of our own: %s\n", entered.ToString().c_str());
    return 1;
  }
  // Of research on the same kind of machine; medians.
  Report report("Serf 0.9.4");
  for (const Figure& figure : AllFigures()) {
    if (!wanted.empty() && std::find(wanted.begin(), wanted.end(), figure.name) == wanted.end()) {
      continue;
    }
    std::fprintf(stderr, "%s: %s\n", figure.name, figure.what);
    figure.run(settings, &report);
  }
  report.Print();
  return report.all_met() ? 0 : 1;
}

}  // namespace
}  // namespace muster::bench

int main(int argc, char** argv) { return muster::bench::Main(argc, argv); }
