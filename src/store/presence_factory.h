#pragma once

#include <memory>
#include <span>
#include <string_view>

#include "absl/status/statusor.h"
#include "src/store/back_end.h"
#include "src/store/datastore_url.h"
#include "src/store/presence_store.h"

namespace muster::store {

// What --datastore can name, in the order in which help and errors list it.
std::span<const BackEnd* const> AllBackEnds();

// "none", "sqlite:PATH", "redis://...", "postgresql://...": the value of --datastore, as its back
// end reads it. kInvalidArgument with the fault and the remedy, split by "; ", and no secret in the
// text. Paths of files go through `resolve`; null: they stay as given.
absl::StatusOr<DatastoreUrl> ParseDatastoreUrl(
    std::string_view text, const PathResolver& resolve = nullptr,
    std::span<const BackEnd* const> back_ends = AllBackEnds());

// A store of the kind that `url` names; for `none` one in memory that nobody else sees. Nothing is
// opened or dialled yet, so that a store that is not there never stops a start. `fresh` may be
// null: then `url` is used for ever. A URL of another kind that it returns later is an error of the
// store's operations: a kind is chosen at the start.
std::unique_ptr<PresenceStore> OpenPresenceStore(
    const DatastoreUrl& url, UrlSource fresh, PresenceOptions options,
    std::span<const BackEnd* const> back_ends = AllBackEnds());

}  // namespace muster::store
