#include "src/store/sqlite_file.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "src/base/status_macros.h"
#include "src/store/sqlite_files.h"
#include "src/store/sqlite_rows.h"
#include "src/store/sqlite_schema.h"

namespace muster::store {
namespace {

// Each try finds the file in another state: damaged, then replaced by another process, then sound.
constexpr int kTries = 3;

uint64_t InodeOf(const std::string& path) {
  struct stat info {};
  return stat(path.c_str(), &info) == 0 ? info.st_ino : 0;
}

// The record of a row, unless it is not the one that belongs there.
absl::StatusOr<PresenceRecord> RecordOf(const SqliteRow& row) {
  absl::StatusOr<PresenceRecord> record = DecodePresence(row.record);
  if (record.ok() && (record->cluster != row.cluster || record->id != row.id ||
                      record->incarnation != row.incarnation)) {
    return absl::DataLossError("it is the record of another row");
  }
  return record;
}

// Whether there were too many.
bool SortAndUnite(std::vector<PresenceRow>* rows) {
  std::sort(rows->begin(), rows->end(), [](const PresenceRow& a, const PresenceRow& b) {
    return std::make_pair(a.age, a.record.id) < std::make_pair(b.age, b.record.id);
  });
  std::set<HostId> hosts;
  std::erase_if(*rows, [&](const PresenceRow& row) { return !hosts.insert(row.record.id).second; });
  if (rows->size() <= SqliteFile::kRowsMax) return false;
  rows->erase(rows->begin() + SqliteFile::kRowsMax, rows->end());
  return true;
}

}  // namespace

SqliteFile::SqliteFile(std::string path, const PresenceOptions& options)
    : path_(std::move(path)),
      cluster_(options.cluster),
      wall_us_(options.wall_us),
      monotonic_(options.monotonic) {}

std::vector<std::string> SqliteFile::TakeNotices() { return std::exchange(notices_, {}); }

absl::Status SqliteFile::Reach() {
  if (connection_ && !connection_->HasMoved()) return absl::OkStatus();
  MUSTER_RETURN_IF_ERROR(CheckSqlitePath(path_));
  const absl::StatusOr<SqliteFileLock> lock = SqliteFileLock::Take(path_);
  if (!lock.ok()) return lock.status();
  RemoveStaleLog();
  connection_.reset();
  return OpenLocked();
}

// Somebody has replaced the file and left its log, which SQLite would apply to the new file. While
// the log is open here, no other file can have its inode.
void SqliteFile::RemoveStaleLog() {
  if (!connection_ || log_inode_ == 0 || InodeOf(path_ + "-wal") != log_inode_) return;
  unlink((path_ + "-wal").c_str());
  unlink((path_ + "-shm").c_str());
}

// Under the lock, and with no connection.
absl::Status SqliteFile::OpenLocked() {
  MUSTER_RETURN_IF_ERROR(CreateSqliteFile(path_));
  absl::StatusOr<SqliteDatabase> database = OpenSqliteDatabase(path_);
  if (absl::IsDataLoss(database.status())) {
    MUSTER_RETURN_IF_ERROR(MoveAside(database.status()));
    MUSTER_RETURN_IF_ERROR(CreateSqliteFile(path_));
    database = OpenSqliteDatabase(path_);
  }
  if (!database.ok()) return database.status();
  connection_ = std::move(database->connection);
  is_foreign_ = database->is_foreign;
  NoteFile();
  return absl::OkStatus();
}

void SqliteFile::NoteFile() {
  struct stat info {};
  if (stat(path_.c_str(), &info) != 0) return;
  if (info.st_dev != device_ || info.st_ino != inode_) watch_.ForgetLook();
  device_ = info.st_dev;
  inode_ = info.st_ino;
  log_inode_ = 0;
}

// Under the lock.
absl::Status SqliteFile::MoveAside(const absl::Status& damage) {
  const absl::StatusOr<std::string> moved = MoveAsideSqliteFile(path_);
  if (!moved.ok()) return moved.status();
  notices_.push_back(absl::StrCat(path_, " was damaged and has been moved aside to ", *moved,
                                  "; a new one was begun (", damage.message(), ")"));
  return absl::OkStatus();
}

// An operation found the open file damaged. Another process may have seen it first.
absl::Status SqliteFile::SetAside(const absl::Status& damage) {
  if (is_foreign_) {
    return absl::FailedPreconditionError(absl::StrCat(
        damage.message(), "; it is another program's database: repair it, or name another file"));
  }
  const absl::StatusOr<SqliteFileLock> lock = SqliteFileLock::Take(path_);
  if (!lock.ok()) return lock.status();
  if (!connection_->HasMoved()) {
    // First renamed, then closed: SQLite leaves the logs of a file that has moved alone.
    MUSTER_RETURN_IF_ERROR(MoveAside(damage));
  }
  connection_.reset();
  return OpenLocked();
}

template <typename Result>
absl::StatusOr<Result> SqliteFile::Perform(const std::function<absl::StatusOr<Result>()>& work) {
  absl::StatusOr<Result> result = absl::UnknownError("");
  for (int tries = 0; tries < kTries; ++tries) {
    MUSTER_RETURN_IF_ERROR(Reach());
    result = work();
    if (absl::IsDataLoss(result.status())) {
      MUSTER_RETURN_IF_ERROR(SetAside(result.status()));
    } else if (absl::IsAborted(result.status())) {
      connection_.reset();  // the table is made anew if it has gone
    } else if (!result.ok()) {
      // A full disk passes, and until then what is open can still be read.
      if (!absl::IsResourceExhausted(result.status())) connection_.reset();
      return result;
    } else if (!connection_->HasMoved()) {
      if (log_inode_ == 0) log_inode_ = InodeOf(path_ + "-wal");
      connection_->ReleaseMemory();
      return result;
    }
  }
  if (result.ok()) {
    return absl::UnavailableError(
        absl::StrCat("cannot use ", path_, ": it is replaced again and again"));
  }
  if (absl::IsAborted(result.status())) {
    return absl::UnavailableError(result.status().message());
  }
  return result;
}

absl::StatusOr<size_t> SqliteFile::Upsert(const PresenceRecord& record, Duration ttl) {
  return Perform<size_t>([&]() -> absl::StatusOr<size_t> {
    // Counted before others may erase it: the row that was written is among the live ones.
    size_t live = 0;
    const auto count = [&]() -> absl::Status {
      const absl::StatusOr<size_t> counted = CountLive();
      if (counted.ok()) live = *counted;
      return counted.status();
    };
    MUSTER_RETURN_IF_ERROR(WriteSqliteRow(&*connection_, record, wall_us_(), ttl, count));
    return live;
  });
}

absl::StatusOr<size_t> SqliteFile::CountLive() {
  size_t live = 0;
  const TimePoint now = monotonic_();
  watch_.BeginLook(wall_us_(), now);
  MUSTER_RETURN_IF_ERROR(VisitSqliteRows(&*connection_, false, [&](const SqliteRow& row) {
    if (!row.is_sealed) return;
    const bool is_live = watch_.See(row.WatchKey(), row.stamp_us, row.ttl).live;
    if (is_live && row.cluster == cluster_) ++live;
  }));
  watch_.EndLook();
  return live;
}

absl::StatusOr<PresenceScan> SqliteFile::Scan() {
  return Perform<PresenceScan>([&] { return ReadRows(); });
}

// Rows of other clusters are looked at only to be swept: nobody else may be left to do it.
absl::StatusOr<PresenceScan> SqliteFile::ReadRows() {
  PresenceScan scan;
  std::vector<SqliteRowKey> sweep;
  const TimePoint now = monotonic_();
  watch_.BeginLook(wall_us_(), now);
  MUSTER_RETURN_IF_ERROR(VisitSqliteRows(&*connection_, true, [&](const SqliteRow& row) {
    const bool is_ours = row.cluster == cluster_;
    if (!row.is_sealed) {
      scan.damaged += is_ours;
      sweep.emplace_back(*row.columns);
      return;
    }
    const RowWatch::Verdict verdict = watch_.See(row.WatchKey(), row.stamp_us, row.ttl);
    if (verdict.sweep) sweep.emplace_back(*row.columns);
    if (!verdict.live || !is_ours) return;
    absl::StatusOr<PresenceRecord> record = RecordOf(row);
    if (record.ok()) {
      scan.rows.push_back({*std::move(record), verdict.age, row.ttl - verdict.age});
    } else {
      ++scan.damaged;
    }
  }));
  watch_.EndLook();
  scan.is_cut = SortAndUnite(&scan.rows);
  // What cannot be removed today is tomorrow's; only damage is worth an error.
  const absl::Status swept = SweepSqliteRows(&*connection_, sweep);
  if (absl::IsDataLoss(swept)) return swept;
  return scan;
}

absl::StatusOr<bool> SqliteFile::Erase(const HostId& id, Incarnation upto) {
  return Perform<bool>([&]() -> absl::StatusOr<bool> {
    const absl::StatusOr<ErasedSqliteRow> row = EraseSqliteRow(&*connection_, cluster_, id, upto);
    if (!row.ok()) return row.status();
    return row->erased && watch_
                              .Judge(SqliteWatchKey(cluster_, id), row->stamp_us, row->ttl,
                                     wall_us_(), monotonic_())
                              .live;
  });
}

}  // namespace muster::store
