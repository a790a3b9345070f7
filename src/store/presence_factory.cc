#include "src/store/presence_factory.h"

#include <utility>

#include "src/store/memory_store.h"
#include "src/store/postgresql_store.h"
#include "src/store/redis_store.h"
#include "src/store/sqlite_store.h"

namespace muster::store {

std::unique_ptr<PresenceStore> OpenPresenceStore(const DatastoreUrl& url, UrlSource fresh,
                                                 PresenceOptions options) {
  switch (url.kind) {
    case DatastoreKind::kNone:
      return OpenMemoryStore(std::move(options));
    case DatastoreKind::kSqlite:
      return OpenSqliteStore(url, std::move(options));
    case DatastoreKind::kRedis:
      return OpenRedisStore(url, std::move(fresh), std::move(options));
    case DatastoreKind::kPostgresql:
      return OpenPostgresqlStore(url, std::move(fresh), std::move(options));
  }
  return nullptr;
}

}  // namespace muster::store
