#include "src/store/redis_store.h"

#include <algorithm>
#include <string>
#include <string_view>
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

struct ScriptCall {
  const RedisScript* script;  // null: the command is none of a script
  std::vector<std::string> command;
};

ScriptCall Call(const RedisScript& script, std::vector<std::string> keys,
                std::vector<std::string> arguments) {
  std::vector<std::string> command = {"EVALSHA", std::string(script.sha1),
                                      absl::StrCat(keys.size())};
  for (std::string& key : keys) command.push_back(std::move(key));
  for (std::string& argument : arguments) command.push_back(std::move(argument));
  return {&script, std::move(command)};
}

class RedisStore final : public PresenceStore {
 public:
  RedisStore(const RedisUrl& url, RedisUrlSource fresh, PresenceOptions options)
      : cluster_(std::move(options.cluster)),
        index_(RedisIndexKey(cluster_)),
        guard_(std::make_shared<LoopGuard>()),
        connection_(options.loop, url, std::move(fresh), guard_),
        queue_(options.loop, url.Shown(), [this](uint64_t) {
          queue_.Rename(connection_.shown());
          connection_.Abort();
          scan_.reset();
          return absl::OkStatus();
        }) {}

  void Upsert(const PresenceRecord& record, Duration ttl, UpsertDone done) override;
  void Scan(ScanDone done) override;
  void Erase(const HostId& id, Incarnation upto, EraseDone done) override;
  std::string shown() const override { return connection_.shown(); }
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

  void Send(uint64_t ticket, ScriptCall call, OnReply on_reply);
  void SendCount(uint64_t ticket, const ScriptCall& call, long long low,
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
  std::shared_ptr<LoopGuard> guard_;
  RedisConnection connection_;
  OperationQueue queue_;
  std::unique_ptr<Reading> scan_;  // the one that runs
};

// Replies of commands that were given up never arrive: the connection forgets them.
void RedisStore::Send(uint64_t ticket, ScriptCall call, OnReply on_reply) {
  const std::vector<std::string> command = call.command;
  connection_.Send(command, [this, ticket, call = std::move(call), on_reply = std::move(on_reply)](
                                const absl::StatusOr<RedisReply>& reply) mutable {
    if (!queue_.IsRunning(ticket)) return;
    if (reply.ok()) return on_reply(**reply);
    if (reply.status().code() != absl::StatusCode::kNotFound) return Fail(ticket, reply.status());
    if (call.script == nullptr) return FailStrange(ticket);
    call.command[0] = "EVAL";
    call.command[1] = std::string(std::exchange(call.script, nullptr)->text);
    Send(ticket, std::move(call), std::move(on_reply));
  });
}

void RedisStore::SendCount(uint64_t ticket, const ScriptCall& call, long long low,
                           std::function<void(long long count)> deliver) {
  Send(ticket, call, [this, ticket, low, deliver = std::move(deliver)](const redisReply& reply) {
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
                   absl::StrCat(shown(), ": an answer that no script of ours gives")));
}

void RedisStore::Upsert(const PresenceRecord& record, Duration ttl, UpsertDone done) {
  MUSTER_CHECK(record.cluster == cluster_);
  const std::string id = record.id.ToHex();
  const Duration life = std::clamp(ttl, kTtlMin, kTtlMax);
  ScriptCall call = Call(kRedisUpsert, {index_, RedisRowKey(cluster_, id)},
                         {id, EncodePresence(record), RedisIncarnation(record.incarnation),
                          absl::StrCat(life.millis())});
  queue_.Push(
      [this, call = std::move(call), done](uint64_t ticket) {
        SendCount(ticket, call, 1, [done](long long live) { done(static_cast<size_t>(live)); });
      },
      [done](const absl::Status& error) { done(error); });
}

void RedisStore::Erase(const HostId& id, Incarnation upto, EraseDone done) {
  const std::string hex = id.ToHex();
  ScriptCall call =
      Call(kRedisErase, {index_, RedisRowKey(cluster_, hex)}, {hex, RedisIncarnation(upto)});
  queue_.Push(
      [this, call = std::move(call), done](uint64_t ticket) {
        SendCount(ticket, call, 0, [done](long long removed) { done(removed != 0); });
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
  Send(ticket, Call(kRedisLook, {index_}, {absl::StrCat(kRedisRowsMax)}),
       [this, ticket](const redisReply& reply) {
         if (!ReadRedisLook(reply, &scan_->whole, &scan_->ids)) return FailStrange(ticket);
         if (scan_->whole) return Fetch();
         WalkKeys("0");
       });
}

void RedisStore::WalkKeys(const std::string& cursor) {
  const uint64_t ticket = scan_->ticket;
  Send(ticket,
       {nullptr,
        {"SCAN", cursor, "MATCH", RedisRowPattern(cluster_), "COUNT", absl::StrCat(kScanKeys)}},
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
       Call(kRedisFetch, std::move(keys),
            {absl::StrCat(kBytesPerFetch), scan_->whole ? "read" : "heal"}),
       [this, ticket](const redisReply& reply) {
         const size_t read = ReadRedisRows(reply, cluster_, scan_->ids, scan_->next, &scan_->scan);
         if (read == 0) return FailStrange(ticket);
         scan_->next += read;
         Fetch();
       });
}

void RedisStore::Mark() {
  Send(scan_->ticket, Call(kRedisFetch, {index_}, {absl::StrCat(kBytesPerFetch), "mark"}),
       [this](const redisReply&) { EndScan(); });
}

void RedisStore::EndScan() {
  const std::unique_ptr<Reading> reading = std::move(scan_);
  reading->scan.is_cut = reading->ids.size() >= kRedisRowsMax;
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

absl::StatusOr<DatastoreUrl> ParseUrl(std::string_view text, const PathResolver& /*resolve*/) {
  const absl::StatusOr<RedisUrl> url = RedisUrl::Parse(text);
  if (!url.ok()) return url.status();
  return DatastoreUrl{.kind = "redis", .text = std::string(text), .shown = url->Shown()};
}

std::unique_ptr<PresenceStore> OpenUrl(const DatastoreUrl& url, UrlSource fresh,
                                       PresenceOptions options) {
  RedisUrlSource source;
  if (fresh) {
    source = [fresh = std::move(fresh)]() -> absl::StatusOr<RedisUrl> {
      const absl::StatusOr<DatastoreUrl> now = fresh();
      if (!now.ok()) return now.status();
      return RedisUrl::Parse(now->text);
    };
  }
  absl::StatusOr<RedisUrl> parsed = RedisUrl::Parse(url.text);
  MUSTER_CHECK(parsed.ok());
  return OpenRedisStore(*parsed, std::move(source), std::move(options));
}

}  // namespace

constinit const BackEnd kRedisBackEnd = {
    .kind = "redis",
    .form = "redis://[user[:password]@]host[:port][/db]",
    .may_hold_blanks = false,
    .claims =
        [](std::string_view text) {
          return text.starts_with("redis://") || text.starts_with("rediss://");
        },
    .parse = ParseUrl,
    .open = OpenUrl,
};

std::unique_ptr<PresenceStore> OpenRedisStore(const RedisUrl& url, RedisUrlSource fresh,
                                              PresenceOptions options) {
  return std::make_unique<RedisStore>(url, std::move(fresh), std::move(options));
}

}  // namespace muster::store
