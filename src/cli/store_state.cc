#include "src/cli/store_state.h"

#include "src/cli/member_rows.h"
#include "src/cli/text.h"

namespace muster::cli {

std::string FormatStore(const StoreState& store, int64_t now_us) {
  if (store.kind == "none") return "none";
  std::string text = TerminalSafe(store.url.empty() ? store.kind : store.url);
  if (!store.state.empty()) text += ": " + TerminalSafe(store.state);
  if (store.since_us) text += " for " + FormatSince(store.since_us, now_us);
  if (!store.error.empty()) text += ": " + TerminalSafe(store.error);
  return text;
}

}  // namespace muster::cli
