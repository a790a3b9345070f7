#include "src/cli/store_state.h"

#include <string_view>

#include "src/cli/member_rows.h"
#include "src/cli/text.h"

namespace muster::cli {

std::string FormatStore(const StoreState& store, int64_t now_us) {
  if (store.kind == "none") return "none";
  std::string text = TerminalSafe(store.url.empty() ? store.kind : store.url);
  if (!store.state.empty()) text += ": " + TerminalSafe(store.state);
  if (store.since_us) text += " for " + FormatSince(store.since_us, now_us);
  // Errors name the store themselves, mostly as it has just been named here.
  std::string_view error = store.error;
  if (error.starts_with(store.url + ": ")) error.remove_prefix(store.url.size() + 2);
  if (!error.empty()) text += ": " + TerminalSafe(error);
  return text;
}

}  // namespace muster::cli
