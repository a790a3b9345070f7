#include "src/store/memory_store.h"

#include <algorithm>
#include <functional>
#include <iterator>
#include <string_view>

#include "src/base/check.h"
#include "src/store/operation_queue.h"

namespace muster::store {

class MemoryStore final : public PresenceStore {
 public:
  MemoryStore(PresenceOptions options, std::shared_ptr<MemoryTable> table)
      : options_(std::move(options)),
        table_(std::move(table)),
        queue_(options_.loop, "memory store", nullptr) {
    table_->stores_.push_back(this);
  }
  ~MemoryStore() override {
    std::vector<MemoryStore*>& stores = table_->stores_;
    stores.erase(std::find(stores.begin(), stores.end(), this));
  }

  void Upsert(const PresenceRecord& record, Duration ttl, UpsertDone done) override;
  void Scan(ScanDone done) override;
  void Erase(const HostId& id, Incarnation upto, EraseDone done) override;
  std::string shown() const override { return "none"; }
  void Close(std::function<void()> closed) override { queue_.Close(std::move(closed)); }

  // The table answers again.
  void Resume() {
    if (queue_.running() != 0) Run(queue_.running());
  }

 private:
  using Rows = std::map<std::pair<std::string, HostId>, MemoryTable::Row>;

  // Queues `work`, which gives what hands the result to the caller.
  void Push(bool writes, std::function<std::function<void()>()> work,
            OperationQueue::OnError on_error) {
    queue_.Push(
        [this, writes, work = std::move(work)](uint64_t ticket) {
          work_ = work;
          writes_ = writes;
          if (!table_->hangs_) Run(ticket);
        },
        std::move(on_error));
  }
  void Run(uint64_t ticket) {
    const absl::Status& failure = writes_ ? table_->write_failure_ : table_->failure_;
    if (failure.ok()) {
      queue_.End(ticket, work_());
    } else {
      queue_.Fail(ticket, failure);
    }
  }
  bool IsLive(const MemoryTable::Row& row) const {
    return options_.monotonic() - row.refreshed < row.ttl;
  }
  // The cluster's rows as a range; those that have expired are gone first.
  std::pair<Rows::iterator, Rows::iterator> Sweep();
  PresenceScan Read();

  PresenceOptions options_;
  std::shared_ptr<MemoryTable> table_;
  OperationQueue queue_;
  std::function<std::function<void()>()> work_;  // of the running operation
  bool writes_ = false;                          // the same
};

std::pair<MemoryStore::Rows::iterator, MemoryStore::Rows::iterator> MemoryStore::Sweep() {
  Rows& rows = table_->rows_;
  const auto is_ours = [this](const Rows::value_type& row) {
    return row.first.first == options_.cluster;
  };
  for (auto row = rows.lower_bound({options_.cluster, HostId()});
       row != rows.end() && is_ours(*row);) {
    row = IsLive(row->second) ? std::next(row) : rows.erase(row);
  }
  const auto begin = rows.lower_bound({options_.cluster, HostId()});
  return {begin, std::find_if_not(begin, rows.end(), is_ours)};
}

PresenceScan MemoryStore::Read() {
  PresenceScan scan;
  const auto [begin, end] = Sweep();
  for (auto row = begin; row != end; ++row) {
    absl::StatusOr<PresenceRecord> record = DecodePresence(row->second.bytes);
    if (!record.ok()) {
      ++scan.damaged;
      continue;
    }
    const Duration age = std::max(options_.monotonic() - row->second.refreshed, Duration::Zero());
    scan.rows.push_back({*std::move(record), age, row->second.ttl - age});
  }
  std::stable_sort(scan.rows.begin(), scan.rows.end(),
                   [](const PresenceRow& a, const PresenceRow& b) { return a.age < b.age; });
  return scan;
}

void MemoryStore::Upsert(const PresenceRecord& record, Duration ttl, UpsertDone done) {
  MUSTER_CHECK(record.cluster == options_.cluster);
  Push(
      /*writes=*/true,
      [this, record, ttl, done]() -> std::function<void()> {
        table_->rows_[{record.cluster, record.id}] = {EncodePresence(record), record.incarnation,
                                                      options_.monotonic(), ttl};
        const auto [begin, end] = Sweep();
        return [done, live = static_cast<size_t>(std::distance(begin, end))] { done(live); };
      },
      [done](const absl::Status& error) { done(error); });
}

void MemoryStore::Scan(ScanDone done) {
  Push(
      /*writes=*/false,
      [this, done]() -> std::function<void()> { return [done, scan = Read()] { done(scan); }; },
      [done](const absl::Status& error) { done(error); });
}

void MemoryStore::Erase(const HostId& id, Incarnation upto, EraseDone done) {
  Push(
      /*writes=*/true,
      [this, id, upto, done]() -> std::function<void()> {
        Sweep();
        const auto row = table_->rows_.find({options_.cluster, id});
        const bool removed = row != table_->rows_.end() && row->second.incarnation <= upto;
        if (removed) table_->rows_.erase(row);
        return [done, removed] { done(removed); };
      },
      [done](const absl::Status& error) { done(error); });
}

void MemoryTable::Hang(bool hangs) {
  hangs_ = hangs;
  if (hangs) return;
  for (MemoryStore* store : stores_) store->Resume();
}

bool MemoryTable::DamageRow(const std::string& cluster, const HostId& id) {
  const auto row = rows_.find({cluster, id});
  if (row == rows_.end()) return false;
  std::string& bytes = row->second.bytes;
  bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 0x40);
  return true;
}

size_t MemoryTable::CountRows(const std::string& cluster) const {
  return static_cast<size_t>(std::count_if(
      rows_.begin(), rows_.end(), [&](const auto& row) { return row.first.first == cluster; }));
}

constinit const BackEnd kNoBackEnd = {
    .kind = "none",
    .form = "none",
    .may_hold_blanks = false,
    .claims = [](std::string_view text) { return text == "none"; },
    .parse = [](std::string_view /*text*/, const PathResolver& /*resolve*/)
        -> absl::StatusOr<DatastoreUrl> { return DatastoreUrl(); },
    .open = [](const DatastoreUrl& /*url*/, UrlSource /*fresh*/,
               PresenceOptions options) { return OpenMemoryStore(std::move(options)); },
};

std::unique_ptr<PresenceStore> OpenMemoryStore(PresenceOptions options) {
  return OpenMemoryStore(std::move(options), std::make_shared<MemoryTable>());
}

std::unique_ptr<PresenceStore> OpenMemoryStore(PresenceOptions options,
                                               std::shared_ptr<MemoryTable> table) {
  return std::make_unique<MemoryStore>(std::move(options), std::move(table));
}

}  // namespace muster::store
