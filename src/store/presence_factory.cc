#include "src/store/presence_factory.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "src/base/check.h"
#include "src/store/memory_store.h"
#include "src/store/postgresql_store.h"
#include "src/store/redis_store.h"
#include "src/store/sqlite_store.h"
#include "src/store/url_text.h"

namespace muster::store {
namespace {

using Table = std::span<const BackEnd* const>;

constexpr const BackEnd* kBackEnds[] = {
    &kNoBackEnd,
    &kSqliteBackEnd,
    &kRedisBackEnd,
    &kPostgresqlBackEnd,
};

constexpr size_t kUrlBytesMax = 4096;

// "write none, sqlite:PATH or redis://..."
std::string Forms(Table back_ends) {
  std::string text = "write ";
  for (size_t i = 0; i < back_ends.size(); ++i) {
    if (i != 0) text += i + 1 == back_ends.size() ? " or " : ", ";
    text += back_ends[i]->form;
  }
  return text;
}

const BackEnd* WhichClaims(Table back_ends, std::string_view text) {
  const auto found = std::find_if(back_ends.begin(), back_ends.end(),
                                  [text](const BackEnd* each) { return each->claims(text); });
  return found == back_ends.end() ? nullptr : *found;
}

UrlSource OfOneKind(const std::string& kind, UrlSource fresh) {
  if (!fresh) return nullptr;
  return [kind, fresh = std::move(fresh)]() -> absl::StatusOr<DatastoreUrl> {
    absl::StatusOr<DatastoreUrl> url = fresh();
    if (!url.ok() || url->kind == kind) return url;
    return absl::FailedPreconditionError(
        absl::StrCat("the datastore's URL is not a ", kind, " one any more; restart the agent"));
  };
}

}  // namespace

std::span<const BackEnd* const> AllBackEnds() { return kBackEnds; }

absl::StatusOr<DatastoreUrl> ParseDatastoreUrl(std::string_view text, const PathResolver& resolve,
                                               Table back_ends) {
  if (text.empty()) return InvalidUrl("is empty", Forms(back_ends));
  if (text.size() > kUrlBytesMax) {
    return InvalidUrl(absl::StrCat("is longer than ", kUrlBytesMax, " bytes"), Forms(back_ends));
  }
  const BackEnd* const back_end = WhichClaims(back_ends, text);
  const bool may_hold_blanks = back_end != nullptr && back_end->may_hold_blanks;
  const auto is_odd = [may_hold_blanks](char c) {
    return static_cast<uint8_t>(c) < 0x20 || c == 0x7f || (c == ' ' && !may_hold_blanks);
  };
  if (std::any_of(text.begin(), text.end(), is_odd)) {
    return InvalidUrl("holds a blank or a control character", "write %20 for a blank");
  }
  if (back_end == nullptr) {
    return InvalidUrl("names no kind of store that is known here", Forms(back_ends));
  }
  return back_end->parse(text, resolve);
}

std::unique_ptr<PresenceStore> OpenPresenceStore(const DatastoreUrl& url, UrlSource fresh,
                                                 PresenceOptions options, Table back_ends) {
  const auto found = std::find_if(back_ends.begin(), back_ends.end(),
                                  [&url](const BackEnd* each) { return each->kind == url.kind; });
  MUSTER_CHECK(found != back_ends.end());
  return (*found)->open(url, OfOneKind(url.kind, std::move(fresh)), std::move(options));
}

}  // namespace muster::store
