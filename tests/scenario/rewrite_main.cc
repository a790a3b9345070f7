// Writes what each scenario prints into its file: `bazel run //tests/scenario:rewrite [NAME ...]`.
// Read the difference before committing it: an expectation is reasoned, not recorded.

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include "tests/scenario/runner.h"
#include "tests/scenario/script.h"

namespace muster::scenario {
namespace {

// False when the file is wrong or an invariant broke; the file is written all the same.
bool Rewrite(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::stringstream text;
  text << in.rdbuf();
  Script script;
  std::string error;
  if (!ParseScript(text.str(), &script, &error)) {
    std::fprintf(stderr, "%s:%s\n", path.c_str(), error.c_str());
    return false;
  }
  const Outcome outcome = RunScript(script);
  const std::string now = RenderScript(script, outcome.outputs);
  if (now != text.str()) {
    std::ofstream(path, std::ios::binary) << now;
    std::printf("rewrote %s\n", path.filename().c_str());
  }
  if (outcome.failed) std::fprintf(stderr, "%s: broken\n", path.filename().c_str());
  return !outcome.failed;
}

int Main(int argc, char** argv) {
  const char* workspace = std::getenv("BUILD_WORKSPACE_DIRECTORY");
  if (workspace == nullptr) {
    std::fprintf(stderr, "run this with `bazel run`, which says where the sources are\n");
    return 2;
  }
  bool ok = true;
  const std::filesystem::path folder =
      std::filesystem::path(workspace) / "tests" / "scenario" / "testdata";
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    const std::string name = entry.path().stem().string();
    const bool is_wanted =
        argc < 2 || std::any_of(argv + 1, argv + argc, [&](char* arg) { return name == arg; });
    if (is_wanted && entry.path().extension() == ".txt") ok &= Rewrite(entry.path());
  }
  return ok ? 0 : 1;
}

}  // namespace
}  // namespace muster::scenario

int main(int argc, char** argv) { return muster::scenario::Main(argc, argv); }
