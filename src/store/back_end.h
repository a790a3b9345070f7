#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "src/store/datastore_url.h"
#include "src/store/presence_store.h"

namespace muster::store {

// Makes a path absolute, as its user meant it.
using PathResolver = std::function<std::string(const std::string& path)>;

// All that the rest of the agent knows of a kind of store; README.md says how to add one. Each
// back end describes itself in its own file, and presence_factory.cc lists them.
struct BackEnd {
  std::string_view kind;  // one word: what `status` calls it
  std::string_view form;  // how to write its URL: "redis://[user[:password]@]host[:port][/db]"
  bool may_hold_blanks;   // whether a ' ' may stand in its URL

  // Whether a URL is meant for it, sound or not.
  bool (*claims)(std::string_view text);
  // A URL that it claims: not empty, at most 4,096 bytes, no control characters. kInvalidArgument
  // made by InvalidUrl (url_text.h) quotes nothing of the text: any part of a URL that was written
  // wrongly may belong to its password. `resolve` is for paths of files.
  absl::StatusOr<DatastoreUrl> (*parse)(std::string_view text, const PathResolver& resolve);
  // A store at `url`, which `parse` has returned. Nothing is opened or dialled yet, so that a store
  // that is not there never stops a start. `fresh` may be null; else what it returns is of this
  // back end too.
  std::unique_ptr<PresenceStore> (*open)(const DatastoreUrl& url, UrlSource fresh,
                                         PresenceOptions options);
};

}  // namespace muster::store
