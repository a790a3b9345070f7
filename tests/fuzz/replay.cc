// Runs a fuzz target over the committed corpus as an ordinary test, under any compiler:
//     replay DIR
// Each file is tried whole, cut at every byte, and with every byte inverted.

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "tests/fuzz/fuzz_target.h"

namespace {

// A block of the exact size, so that the address sanitizer sees a read past its end.
void RunOne(const char* data, size_t size) {
  const std::vector<uint8_t> input(data, data + size);
  LLVMFuzzerTestOneInput(input.data(), input.size());
}

size_t RunVariants(std::string bytes) {
  for (size_t size = 0; size <= bytes.size(); ++size) RunOne(bytes.data(), size);
  for (char& byte : bytes) {
    byte = static_cast<char>(~byte);
    RunOne(bytes.data(), bytes.size());
    byte = static_cast<char>(~byte);
  }
  return 2 * bytes.size() + 1;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: replay DIR\n");
    return 2;
  }
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(argv[1])) {
    files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  size_t runs = 0;
  for (const std::filesystem::path& path : files) {
    std::ifstream file(path, std::ios::binary);
    std::printf("%s\n", path.filename().c_str());
    runs += RunVariants({std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()});
  }
  std::printf("%zu files, %zu runs\n", files.size(), runs);
  return files.empty() ? 1 : 0;
}
