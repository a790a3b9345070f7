#include "src/store/sqlite_store.h"

#include <uv.h>

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "src/base/check.h"
#include "src/base/strings.h"
#include "src/store/operation_queue.h"
#include "src/store/sqlite_file.h"
#include "src/store/url_text.h"

namespace muster::store {
namespace {

constexpr std::string_view kScheme = "sqlite:";

class SqliteStore final : public PresenceStore {
 public:
  SqliteStore(const std::string& path, PresenceOptions options)
      : path_(path),
        shown_(absl::StrCat(ToAbsl(kScheme), path)),
        options_(std::move(options)),
        file_(path, options_),
        queue_(options_.loop, shown_, [this](uint64_t) { return Frozen(); }) {
    request_.data = this;
  }

  void Upsert(const PresenceRecord& record, Duration ttl, UpsertDone done) override {
    MUSTER_CHECK(record.cluster == options_.cluster);
    Push<size_t>([record, ttl](SqliteFile* file) { return file->Upsert(record, ttl); },
                 std::move(done));
  }
  void Scan(ScanDone done) override {
    Push<PresenceScan>([](SqliteFile* file) { return file->Scan(); }, std::move(done));
  }
  void Erase(const HostId& id, Incarnation upto, EraseDone done) override {
    Push<bool>([id, upto](SqliteFile* file) { return file->Erase(id, upto); }, std::move(done));
  }
  std::string shown() const override { return shown_; }
  void Close(std::function<void()> closed) override {
    closed_ = std::move(closed);
    queue_.Close([this] {
      queue_closed_ = true;
      FinishClose();
    });
    if (!working_) BeginClose();
  }

 private:
  using Deliver = std::function<void()>;
  // Runs on the pool; gives what hands the result to the caller.
  using Work = std::function<Deliver(SqliteFile*)>;

  template <typename Result, typename Call, typename Done>
  void Push(Call call, Done done) {
    Work work = [call, done](SqliteFile* file) -> Deliver {
      return [done, result = call(file)] { done(result); };
    };
    queue_.Push([this, work = std::move(work)](uint64_t ticket) { Begin(ticket, work); },
                [done](const absl::Status& error) { done(error); });
  }

  void Begin(uint64_t ticket, const Work& work) {
    if (working_) {
      queue_.Fail(ticket,
                  absl::UnavailableError(absl::StrCat(
                      "cannot use ", path_, ": the disk still holds up an earlier operation")));
      return;
    }
    ticket_ = ticket;
    Submit(work);
  }
  absl::Status Frozen() const {
    return absl::DeadlineExceededError(absl::StrCat("cannot use ", path_,
                                                    ": no answer from the disk within ",
                                                    FormatDuration(kOperationBudget)));
  }

  void Submit(const Work& work) {
    working_ = true;
    work_ = work;
    uv_queue_work(options_.loop, &request_, OnPool, OnWorked);
  }
  static void OnPool(uv_work_t* request) {
    auto* self = static_cast<SqliteStore*>(request->data);
    self->deliver_ = self->work_(&self->file_);
  }
  static void OnWorked(uv_work_t* request, int) {
    static_cast<SqliteStore*>(request->data)->Worked();
  }

  void Worked() {
    working_ = false;
    work_ = nullptr;
    Deliver deliver = std::exchange(deliver_, nullptr);
    for (const std::string& notice : file_.TakeNotices()) {
      if (options_.on_notice) options_.on_notice(notice);
    }
    if (file_closed_) {
      FinishClose();
      return;
    }
    queue_.End(ticket_, std::move(deliver));
    // The last close of a file writes its log back: on the pool too.
    if (queue_.closing()) BeginClose();
  }
  void BeginClose() {
    file_closed_ = true;
    Submit([](SqliteFile* file) -> Deliver {
      file->Close();
      return nullptr;
    });
  }
  void FinishClose() {
    if (!queue_closed_ || working_) return;
    const std::function<void()> closed = std::move(closed_);
    if (closed) closed();
  }

  std::string path_;
  std::string shown_;
  PresenceOptions options_;
  SqliteFile file_;  // the pool's while `working_`
  OperationQueue queue_;
  uv_work_t request_{};
  Work work_;
  Deliver deliver_;  // written on the pool
  uint64_t ticket_ = 0;
  bool working_ = false;
  bool file_closed_ = false;
  bool queue_closed_ = false;
  std::function<void()> closed_;
};

absl::StatusOr<DatastoreUrl> ParseUrl(std::string_view text, const PathResolver& resolve) {
  std::string_view path = text.substr(kScheme.size());
  // "sqlite:///var/..." of other programs: an empty host, then the path.
  if (path.starts_with("///")) path.remove_prefix(2);
  if (path.starts_with("//")) {
    return InvalidUrl("names a host, and a SQLite file is on this one", "write sqlite:/PATH");
  }
  if (path.empty()) return InvalidUrl("names no file", "write sqlite:PATH");
  if (path.back() == '/') {
    return InvalidUrl("names a folder",
                      "name a file in it, such as sqlite:/var/lib/muster/presence.db");
  }
  if (path.front() == ':') {
    return InvalidUrl("names a database in memory, which ends with the agent",
                      "name a file, or write none");
  }
  const std::string resolved = resolve ? resolve(std::string(path)) : std::string(path);
  const std::string url = absl::StrCat(ToAbsl(kScheme), resolved);
  return DatastoreUrl{.kind = "sqlite", .text = url, .shown = url};
}

}  // namespace

constinit const BackEnd kSqliteBackEnd = {
    .kind = "sqlite",
    .form = "sqlite:PATH",
    .may_hold_blanks = true,  // a file's name may
    .claims = [](std::string_view text) { return text.starts_with(kScheme); },
    .parse = ParseUrl,
    .open =
        [](const DatastoreUrl& url, UrlSource /*fresh*/, PresenceOptions options) {
          return OpenSqliteStore(url.text.substr(kScheme.size()), std::move(options));
        },
};

std::unique_ptr<PresenceStore> OpenSqliteStore(const std::string& path, PresenceOptions options) {
  return std::make_unique<SqliteStore>(path, std::move(options));
}

}  // namespace muster::store
