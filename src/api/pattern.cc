#include "src/api/pattern.h"

#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "src/api/pattern_compiler.h"

namespace muster::api {
namespace {

absl::Status CheckSize(std::string_view text) {
  if (text.size() <= Pattern::kBytesMax) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat("a pattern of ", text.size(), " bytes; at most ",
                                                 Pattern::kBytesMax, " are allowed"));
}

}  // namespace

absl::StatusOr<Pattern> Pattern::Regex(std::string_view text) {
  if (absl::Status size = CheckSize(text); !size.ok()) return size;
  return PatternCompiler(text).CompileRegex();
}

absl::StatusOr<Pattern> Pattern::Glob(std::string_view text) {
  if (absl::Status size = CheckSize(text); !size.ok()) return size;
  return PatternCompiler(text).CompileGlob();
}

// Adds `node`, and what can be reached from it without reading a byte, to `states`, each once per
// step. Recursion is bounded by the number of nodes.
void Pattern::Follow(uint16_t node, uint32_t step, std::vector<uint32_t>* seen,
                     std::vector<uint16_t>* states) const {
  if ((*seen)[node] == step) return;
  (*seen)[node] = step;
  if (nodes_[node].kind == Kind::kSplit) {
    Follow(nodes_[node].next, step, seen, states);
    Follow(nodes_[node].other, step, seen, states);
  } else {
    states->push_back(node);
  }
}

bool Pattern::Matches(std::string_view text) const {
  std::vector<uint32_t> seen(nodes_.size(), 0);
  std::vector<uint16_t> now;
  std::vector<uint16_t> next;
  uint32_t step = 1;
  Follow(start_, step, &seen, &now);
  for (const char c : text) {
    ++step;
    next.clear();
    for (const uint16_t node : now) {
      if (nodes_[node].kind != Kind::kByte) continue;
      if (sets_[nodes_[node].set][static_cast<unsigned char>(c)]) {
        Follow(nodes_[node].next, step, &seen, &next);
      }
    }
    now.swap(next);
    if (now.empty()) return false;
  }
  for (const uint16_t node : now) {
    if (nodes_[node].kind == Kind::kMatch) return true;
  }
  return false;
}

}  // namespace muster::api
