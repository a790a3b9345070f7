#include "src/store/redis_store.h"

#include <algorithm>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "src/base/check.h"
#include "src/base/strings.h"
#include "src/store/loop_guard.h"
#include "src/store/operation_queue.h"
#include "src/store/redis_connection.h"
#include "src/store/redis_rows.h"
#include "src/store/redis_scripts.h"

namespace muster::store {
namespace {

constexpr Duration kTtlMin = Duration::Seconds(1);
constexpr Duration kTtlMax = Duration::Seconds(int64_t{10} * 366 * 86'400);

// One answer of kRedisFetch: far below what RedisReader lets through, even if the last record is as
// long as can be.
constexpr size_t kRowsPerFetch = 256;
constexpr size_t kBytesPerFetch = 256 * 1024;

// How far a reader walks through the keys of a database that may be full of other people's: 64,000
// of them, in steps that hold the server up for less than a millisecond each.
constexpr int kScanRounds = 64;
constexpr int kScanKeys = 1'000;

class RedisStore final : public PresenceStore {
 public:
  RedisStore(const DatastoreUrl& url, UrlSource fresh, PresenceOptions options)
      : cluster_(std::move(options.cluster)),
        index_(RedisIndexKey(cluster_)),
        shown_(url.Shown()),
        guard_(std::make_shared<LoopGuard>()),
        connection_(options.loop, url, std::move(fresh), guard_),
        queue_(options.loop, shown_, [this](uint64_t) {
          connection_.Abort();
          scan_.reset();
          return absl::OkStatus();
        }) {}

  void Upsert(const PresenceRecord& record, Duration ttl, UpsertDone done) override;
  void Scan(ScanDone done) override;
  void Erase(const HostId& id, Incarnation upto, EraseDone done) override;
  void Close(std::function<void()> closed) override;

 private:
  struct Reading {
    uint64_t ticket = 0;
    ScanDone done;
    std::vector<std::string> ids;
    size_t next = 0;     // of `ids`
    bool whole = false;  // the index knows all rows
    int rounds = 0;      // of SCAN
    PresenceScan scan;
  };
  using OnReply = std::function<void(const redisReply& reply)>;

  void Send(uint64_t ticket, const std::vector<std::string>& command, OnReply on_reply);
  void SendCount(uint64_t ticket, const std::vector<std::string>& command, long long low,
                 std::function<void(long long count)> deliver);
  void Fail(uint64_t ticket, absl::Status error);
  void FailStrange(uint64_t ticket);
  void Look(uint64_t ticket, ScanDone done);
  void WalkKeys(const std::string& cursor);
  void Fetch();
  void Mark();
  void EndScan();

  const std::string cluster_;
  const std::string index_;  // its key
  const std::string shown_;
  std::shared_ptr<LoopGuard> guard_;
  RedisConnection connection_;
  OperationQueue queue_;
  std::unique_ptr<Reading> scan_;  // the one that runs
};

std::vector<std::string> Script(std::string_view script, std::vector<std::string> keys,
                                std::vector<std::string> arguments) {
  std::vector<std::string> command = {"EVAL", std::string(script), absl::StrCat(keys.size())};
  for (std::string& key : keys) command.push_back(std::move(key));
  for (std::string& argument : arguments) command.push_back(std::move(argument));
  return command;
}

// Replies of commands that were given up never arrive: the connection forgets them.
void RedisStore::Send(uint64_t ticket, const std::vector<std::string>& command, OnReply on_reply) {
  connection_.Send(command, [this, ticket, on_reply = std::move(on_reply)](
                                const absl::StatusOr<RedisReply>& reply) {
    if (!queue_.IsRunning(ticket)) return;
    if (!reply.ok()) return Fail(ticket, reply.status());
    on_reply(**reply);
  });
}

void RedisStore::SendCount(uint64_t ticket, const std::vector<std::string>& command, long long low,
                           std::function<void(long long count)> deliver) {
  Send(ticket, command, [this, ticket, low, deliver = std::move(deliver)](const redisReply& reply) {
    if (!IsCount(reply, low)) return FailStrange(ticket);
    queue_.End(ticket, [deliver, count = reply.integer] { deliver(count); });
  });
}

void RedisStore::Fail(uint64_t ticket, absl::Status error) {
  scan_.reset();
  queue_.Fail(ticket, std::move(error));
}

// The connection may be out of step.
void RedisStore::FailStrange(uint64_t ticket) {
  connection_.Abort();
  Fail(ticket, absl::FailedPreconditionError(
                   absl::StrCat(shown_, ": an answer that no script of ours gives")));
}

void RedisStore::Upsert(const PresenceRecord& record, Duration ttl, UpsertDone done) {
  MUSTER_CHECK(record.cluster == cluster_);
  const std::string id = record.id.ToHex();
  const Duration life = std::clamp(ttl, kTtlMin, kTtlMax);
  std::vector<std::string> command =
      Script(kRedisUpsert, {index_, RedisRowKey(cluster_, id)},
             {id, EncodePresence(record), RedisIncarnation(record.incarnation),
              absl::StrCat(life.millis())});
  queue_.Push(
      [this, command = std::move(command), done](uint64_t ticket) {
        SendCount(ticket, command, 1, [done](long long live) { done(static_cast<size_t>(live)); });
      },
      [done](const absl::Status& error) { done(error); });
}

void RedisStore::Erase(const HostId& id, Incarnation upto, EraseDone done) {
  const std::string hex = id.ToHex();
  std::vector<std::string> command =
      Script(kRedisErase, {index_, RedisRowKey(cluster_, hex)}, {hex, RedisIncarnation(upto)});
  queue_.Push(
      [this, command = std::move(command), done](uint64_t ticket) {
        SendCount(ticket, command, 0, [done](long long removed) { done(removed != 0); });
      },
      [done](const absl::Status& error) { done(error); });
}

void RedisStore::Scan(ScanDone done) {
  queue_.Push([this, done](uint64_t ticket) { Look(ticket, done); },
              [done](const absl::Status& error) { done(error); });
}

void RedisStore::Look(uint64_t ticket, ScanDone done) {
  scan_ = std::make_unique<Reading>();
  scan_->ticket = ticket;
  scan_->done = std::move(done);
  Send(ticket, Script(kRedisLook, {index_}, {absl::StrCat(kRedisRowsMax)}),
       [this, ticket](const redisReply& reply) {
         if (!ReadRedisLook(reply, &scan_->whole, &scan_->ids)) return FailStrange(ticket);
         if (scan_->whole) return Fetch();
         WalkKeys("0");
       });
}

void RedisStore::WalkKeys(const std::string& cursor) {
  const uint64_t ticket = scan_->ticket;
  Send(ticket,
       {"SCAN", cursor, "MATCH", RedisRowPattern(cluster_), "COUNT", absl::StrCat(kScanKeys)},
       [this, ticket](const redisReply& reply) {
         std::string next;
         if (!ReadRedisKeys(reply, cluster_, &next, &scan_->ids)) return FailStrange(ticket);
         ++scan_->rounds;
         if (next != "0" && scan_->rounds < kScanRounds && scan_->ids.size() < kRedisRowsMax) {
           return WalkKeys(next);
         }
         // SCAN may show a key twice, and the index knew some.
         std::sort(scan_->ids.begin(), scan_->ids.end());
         scan_->ids.erase(std::unique(scan_->ids.begin(), scan_->ids.end()), scan_->ids.end());
         Fetch();
       });
}

void RedisStore::Fetch() {
  if (scan_->next == scan_->ids.size()) return scan_->whole ? EndScan() : Mark();
  const uint64_t ticket = scan_->ticket;
  std::vector<std::string> keys = {index_};
  const size_t end = std::min(scan_->next + kRowsPerFetch, scan_->ids.size());
  for (size_t i = scan_->next; i < end; ++i) keys.push_back(RedisRowKey(cluster_, scan_->ids[i]));
  Send(ticket,
       Script(kRedisFetch, std::move(keys),
              {absl::StrCat(kBytesPerFetch), scan_->whole ? "read" : "heal"}),
       [this, ticket](const redisReply& reply) {
         const size_t read = ReadRedisRows(reply, cluster_, scan_->ids, scan_->next, &scan_->scan);
         if (read == 0) return FailStrange(ticket);
         scan_->next += read;
         Fetch();
       });
}

void RedisStore::Mark() {
  Send(scan_->ticket, Script(kRedisFetch, {index_}, {absl::StrCat(kBytesPerFetch), "mark"}),
       [this](const redisReply&) { EndScan(); });
}

void RedisStore::EndScan() {
  const std::unique_ptr<Reading> reading = std::move(scan_);
  std::sort(reading->scan.rows.begin(), reading->scan.rows.end(),
            [](const PresenceRow& a, const PresenceRow& b) {
              return std::tie(a.age, a.record.id) < std::tie(b.age, b.record.id);
            });
  auto rows = std::make_shared<PresenceScan>(std::move(reading->scan));
  queue_.End(reading->ticket, [done = std::move(reading->done), rows] { done(std::move(*rows)); });
}

void RedisStore::Close(std::function<void()> closed) {
  connection_.Close();
  scan_.reset();
  // Destroys the store, as a rule: nothing of it is touched after the guard has been given back.
  queue_.Close([this, closed = std::move(closed)] {
    const std::shared_ptr<LoopGuard> guard = std::move(guard_);
    guard->gone = closed;
  });
}

}  // namespace

std::unique_ptr<PresenceStore> OpenRedisStore(const DatastoreUrl& url, UrlSource fresh,
                                              PresenceOptions options) {
  return std::make_unique<RedisStore>(url, std::move(fresh), std::move(options));
}

}  // namespace muster::store
