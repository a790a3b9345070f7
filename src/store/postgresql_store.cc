#include "src/store/postgresql_store.h"

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "src/base/status_macros.h"
#include "src/store/operation_queue.h"
#include "src/store/postgresql_connection.h"
#include "src/store/postgresql_rows.h"
#include "src/store/postgresql_url.h"

namespace muster::store {
namespace {

constexpr std::string_view kNoTable = "42P01";
// How often one operation is repeated after a missing table was made, or after the server gave way
// to another transaction. A table that is dropped all the time is an error in the end.
constexpr int kRepeatsMax = 3;

// Several agents that make the table at once: one succeeds, and the others run into names that it
// has taken meanwhile (PostgreSQL looks for the table before it locks anything).
bool IsMadeByAnother(std::string_view sqlstate) {
  return sqlstate == "42P07" || sqlstate == "42710" || sqlstate == "23505";
}

// Transactions of others were in the way: serialisation, deadlock.
bool IsPassing(std::string_view sqlstate) { return sqlstate == "40001" || sqlstate == "40P01"; }

class PostgresqlStore : public PresenceStore {
 public:
  PostgresqlStore(const DatastoreUrl& url, UrlSource fresh, PresenceOptions options)
      : cluster_(std::move(options.cluster)),
        connection_(options.loop, url, std::move(fresh)),
        queue_(options.loop, url.shown, [this](uint64_t /*ticket*/) {
          queue_.Rename(connection_.shown());
          connection_.Drop();
          return absl::OkStatus();
        }) {}

  void Upsert(const PresenceRecord& record, Duration ttl, UpsertDone done) override;
  void Scan(ScanDone done) override;
  void Erase(const HostId& id, Incarnation upto, EraseDone done) override;
  std::string shown() const override { return connection_.shown(); }
  void Close(std::function<void()> closed) override;

 private:
  using ScanAnswer = absl::StatusOr<PresenceScan>;
  using OnResult = std::function<void(const PGresult* result)>;

  // Runs the statement of the operation `ticket`; `on_result` unless it fails for good.
  void Run(uint64_t ticket, const PostgresqlStatement& statement, const OnResult& on_result,
           int repeats = 0);
  void CreateTableAndRun(uint64_t ticket, const PostgresqlStatement& statement,
                         const OnResult& on_result, int repeats);
  void Fail(uint64_t ticket, const absl::Status& status);
  // Hands the value, or the error it is, to the operation's caller.
  template <typename Value, typename Callback>
  void End(uint64_t ticket, absl::StatusOr<Value> value, const Callback& done);

  std::string cluster_;
  PostgresqlConnection connection_;
  OperationQueue queue_;
  int open_parts_ = 2;
  std::function<void()> closed_;
};

void PostgresqlStore::Upsert(const PresenceRecord& record, Duration ttl, UpsertDone done) {
  queue_.Push(
      [this, statement = UpsertPresence(record, ttl), done](uint64_t ticket) {
        Run(ticket, statement, [this, ticket, done](const PGresult* result) {
          End(ticket, ReadLiveCount(result), done);
        });
      },
      [done](const absl::Status& error) { done(error); });
}

void PostgresqlStore::Scan(ScanDone done) {
  queue_.Push(
      [this, done](uint64_t ticket) {
        Run(ticket, ScanPresence(cluster_), [this, ticket, done](const PGresult* result) {
          absl::StatusOr<PostgresqlScan> read = ReadScan(result, cluster_);
          if (!read.ok()) return Fail(ticket, read.status());
          auto scan = std::make_shared<ScanAnswer>(std::move(read->scan));
          if (!read->has_expired_rows) return End(ticket, std::move(*scan), done);
          connection_.Run(SweepPresence(),
                          [this, ticket, done, scan](const PostgresqlAnswer& /*answer*/) {
                            End(ticket, std::move(*scan), done);
                          });
        });
      },
      [done](const absl::Status& error) { done(error); });
}

void PostgresqlStore::Erase(const HostId& id, Incarnation upto, EraseDone done) {
  queue_.Push(
      [this, id, upto, done](uint64_t ticket) {
        Run(ticket, ErasePresence(cluster_, id, upto),
            [this, ticket, done](const PGresult* result) {
              End(ticket, ReadRemoved(result), done);
            });
      },
      [done](const absl::Status& error) { done(error); });
}

void PostgresqlStore::Run(uint64_t ticket, const PostgresqlStatement& statement,
                          const OnResult& on_result, int repeats) {
  connection_.Run(statement,
                  [this, ticket, statement, on_result, repeats](const PostgresqlAnswer& answer) {
                    if (answer.status.ok()) return on_result(answer.result.get());
                    if (repeats < kRepeatsMax && IsPassing(answer.sqlstate)) {
                      return Run(ticket, statement, on_result, repeats + 1);
                    }
                    if (repeats < kRepeatsMax && answer.sqlstate == kNoTable) {
                      return CreateTableAndRun(ticket, statement, on_result, repeats + 1);
                    }
                    Fail(ticket, answer.status);
                  });
}

void PostgresqlStore::CreateTableAndRun(uint64_t ticket, const PostgresqlStatement& statement,
                                        const OnResult& on_result, int repeats) {
  connection_.Run(CreatePresenceTable(), [this, ticket, statement, on_result,
                                          repeats](const PostgresqlAnswer& answer) {
    if (answer.status.ok() || IsMadeByAnother(answer.sqlstate) || IsPassing(answer.sqlstate)) {
      return Run(ticket, statement, on_result, repeats);
    }
    Fail(ticket, absl::Status(answer.status.code(),
                              absl::StrCat("cannot create the table muster_presence: ",
                                           answer.status.message())));
  });
}

void PostgresqlStore::Fail(uint64_t ticket, const absl::Status& status) {
  queue_.Fail(ticket, absl::Status(status.code(),
                                   absl::StrCat(connection_.shown(), ": ", status.message())));
}

template <typename Value, typename Callback>
void PostgresqlStore::End(uint64_t ticket, absl::StatusOr<Value> value, const Callback& done) {
  if (!value.ok()) return Fail(ticket, value.status());
  // Shared because a std::function must be copyable, and a scan is not copied lightly.
  auto shared = std::make_shared<absl::StatusOr<Value>>(std::move(value));
  queue_.End(ticket, [done, shared] { done(std::move(*shared)); });
}

void PostgresqlStore::Close(std::function<void()> closed) {
  closed_ = std::move(closed);
  const auto part_closed = [this] {
    if (--open_parts_ > 0) return;
    const std::function<void()> all_closed = std::move(closed_);
    if (all_closed) all_closed();
  };
  connection_.Close(part_closed);
  queue_.Close(part_closed);
}

absl::StatusOr<DatastoreUrl> ParseUrl(std::string_view text, const PathResolver& /*resolve*/) {
  MUSTER_RETURN_IF_ERROR(CheckPostgresqlUrl(text));
  return DatastoreUrl{
      .kind = "postgresql", .text = std::string(text), .shown = ShownPostgresqlUrl(text)};
}

}  // namespace

constinit const BackEnd kPostgresqlBackEnd = {
    .kind = "postgresql",
    .form = "postgresql://...",
    .may_hold_blanks = false,
    .claims =
        [](std::string_view text) {
          return text.starts_with("postgresql://") || text.starts_with("postgres://");
        },
    .parse = ParseUrl,
    .open = OpenPostgresqlStore,
};

std::unique_ptr<PresenceStore> OpenPostgresqlStore(const DatastoreUrl& url, UrlSource fresh,
                                                   PresenceOptions options) {
  return std::make_unique<PostgresqlStore>(url, std::move(fresh), std::move(options));
}

}  // namespace muster::store
