// What clients of the API send: the target of a request, its filters and patterns, and a body.
// The input is a target up to the first line end, then a body, which also serves as a text to
// match.

#include <string>
#include <string_view>

#include "src/api/filter.h"
#include "src/api/json.h"
#include "src/api/pattern.h"
#include "src/api/target.h"
#include "src/base/check.h"
#include "tests/fuzz/fuzz_target.h"

namespace muster::api {
namespace {

std::string Escape(std::string_view text) {
  constexpr char kHex[] = "0123456789abcdef";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    out.append({'%', kHex[byte >> 4], kHex[byte & 15]});
  }
  return out;
}

// What was decoded must decode to itself again.
void TryTarget(std::string_view text, std::string_view matched) {
  const absl::StatusOr<Target> target = Target::Parse(text);
  if (!target.ok()) return;
  MUSTER_CHECK(target->query.size() <= Target::kParametersMax);
  std::string again;
  for (const std::string& segment : target->path) again += "/" + Escape(segment);
  if (again.empty() || target->path.back().empty()) again += "/";
  char separator = '?';
  for (const auto& [key, value] : target->query) {
    again += separator + Escape(key) + "=" + Escape(value);
    separator = '&';
  }
  const absl::StatusOr<Target> second = Target::Parse(again);
  MUSTER_CHECK(second.ok() && second->path == target->path && second->query == target->query);

  const absl::StatusOr<MemberFilter> filter = MemberFilter::Parse(*target);
  if (!filter.ok()) return;
  const wire::Tags tags = {{"k", std::string(matched)}};
  Member member;
  member.tags = &tags;
  member.name = matched;
  filter->Matches(member, matched);
  filter->IsAfterCursor(member);
}

// A pattern that is accepted matches in bounded time; around a literal, that literal.
void TryPattern(std::string_view text, std::string_view matched) {
  for (const absl::StatusOr<Pattern>& pattern : {Pattern::Regex(text), Pattern::Glob(text)}) {
    if (pattern.ok()) pattern->Matches(matched);
  }
  std::string literal;
  for (const char c : text) literal += {'\\', c};
  const absl::StatusOr<Pattern> glob = Pattern::Glob(literal);
  if (glob.ok()) MUSTER_CHECK(glob->Matches(text));
}

void TryJson(std::string_view text) {
  const absl::StatusOr<Json> json = ParseJson(text);
  if (!json.ok()) return;
  const absl::StatusOr<Json> again = ParseJson(DumpJson(*json));
  MUSTER_CHECK(again.ok() && DumpJson(*again) == DumpJson(*json));
}

}  // namespace
}  // namespace muster::api

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const std::string_view line = bytes.substr(0, bytes.find('\n'));
  const std::string_view rest = bytes.substr(line.size() + (line.size() < size ? 1 : 0));
  muster::api::TryTarget(line, rest);
  muster::api::TryPattern(line, rest);
  muster::api::TryJson(rest);
  return 0;
}
