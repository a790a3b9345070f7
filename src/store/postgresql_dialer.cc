#include "src/store/postgresql_dialer.h"

#include <netdb.h>
#include <sys/socket.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "src/base/check.h"
#include "src/store/bytes_received.h"
#include "src/store/postgresql_error.h"
#include "src/store/presence_store.h"

namespace muster::store {
namespace {

constexpr uint64_t kBudgetMs = static_cast<uint64_t>(PresenceStore::kConnectBudget.millis());
constexpr int kAddressesMax = 8;  // of one name

// Servers send notices; libpq would print them.
void IgnoreNotice(void* /*argument*/, const char* /*text*/) {}

}  // namespace

std::string WithoutPassword(const PGconn* connection, std::string text) {
  const char* const password = connection != nullptr ? PQpass(connection) : nullptr;
  if (password == nullptr || *password == '\0') return text;
  return absl::StrReplaceAll(text, {{password, "***"}});
}

// One connection in the making. Belongs to the dialer and to the pool's job that works on it;
// whoever lets go last closes it.
struct PostgresqlDialer::Handshake {
  std::vector<std::pair<std::string, std::string>> parameters;
  PGconn* connection = nullptr;
  PostgresPollingStatusType state = PGRES_POLLING_FAILED;

  ~Handshake() {
    if (connection != nullptr) PQfinish(connection);
  }

  void Start() {
    std::vector<const char*> keywords;
    std::vector<const char*> values;
    for (const auto& [keyword, value] : parameters) {
      keywords.push_back(keyword.c_str());
      values.push_back(value.c_str());
    }
    keywords.push_back(nullptr);
    values.push_back(nullptr);
    connection = PQconnectStartParams(keywords.data(), values.data(), 0);
    if (connection == nullptr || PQstatus(connection) == CONNECTION_BAD) return;
    PQsetNoticeProcessor(connection, IgnoreNotice, nullptr);
    PQsetErrorVerbosity(connection, PQERRORS_VERBOSE);  // the only way to learn the SQLSTATE
    state = PGRES_POLLING_WRITING;
  }
  void Continue() { state = PQconnectPoll(connection); }
};

struct PostgresqlDialer::PoolJob {
  uv_work_t request;
  PostgresqlDialer* dialer;
  uint64_t work_number;
  std::function<void()> work;
  std::function<void()> after;
};

struct PostgresqlDialer::Lookup {
  uv_getaddrinfo_t request;
  PostgresqlDialer* dialer;
  uint64_t work_number;
  PostgresqlHost host;
};

PostgresqlDialer::PostgresqlDialer(uv_loop_t* loop, DatastoreUrl url, UrlSource fresh)
    : loop_(loop), url_(std::move(url)), fresh_(std::move(fresh)), shown_(url_.shown) {
  uv_timer_init(loop, &budget_);
  uv_timer_init(loop, &share_);
  budget_.data = share_.data = this;
  handles_ = 2;
}

PostgresqlDialer::~PostgresqlDialer() { MUSTER_CHECK(handles_ == 0 && jobs_ == 0); }

void PostgresqlDialer::OnPool(std::function<void()> work, std::function<void()> after) {
  auto* job = new PoolJob{.request = {},
                          .dialer = this,
                          .work_number = work_,
                          .work = std::move(work),
                          .after = std::move(after)};
  job->request.data = job;
  ++jobs_;
  uv_queue_work(
      loop_, &job->request,
      [](uv_work_t* request) { static_cast<PoolJob*>(request->data)->work(); },
      [](uv_work_t* request, int /*status*/) {
        const std::unique_ptr<PoolJob> ended(static_cast<PoolJob*>(request->data));
        PostgresqlDialer* const dialer = ended->dialer;
        --dialer->jobs_;
        if (ended->work_number == dialer->work_) ended->after();
        dialer->JobEnded();
      });
}

void PostgresqlDialer::JobEnded() {
  if (jobs_ != 0) return;
  if (is_waiting_for_jobs_) Prepare();
  ReportClosed();
}

void PostgresqlDialer::Dial(Done done) {
  MUSTER_CHECK(done_ == nullptr && !closing_);
  done_ = std::move(done);
  uv_update_time(loop_);
  deadline_ms_ = uv_now(loop_) + kBudgetMs;
  last_error_ = absl::OkStatus();
  trying_ = "an earlier attempt, which has not ended";
  uv_timer_start(
      &budget_,
      [](uv_timer_t* timer) {
        auto* self = static_cast<PostgresqlDialer*>(timer->data);
        self->Finish(absl::DeadlineExceededError(
            absl::StrCat("cannot connect within ", FormatDuration(PresenceStore::kConnectBudget),
                         ": no answer from ", self->trying_)));
      },
      kBudgetMs, 0);
  if (jobs_ == 0) {
    Prepare();
  } else {
    is_waiting_for_jobs_ = true;
  }
}

void PostgresqlDialer::Prepare() {
  is_waiting_for_jobs_ = false;
  trying_ = "the disk that holds the URL or libpq";
  struct Prepared {
    absl::StatusOr<DatastoreUrl> url;
    absl::StatusOr<PostgresqlTarget> target = absl::UnknownError("");
  };
  auto prepared = std::make_shared<Prepared>();
  prepared->url = url_;
  OnPool(
      [prepared, fresh = fresh_] {
        if (fresh) prepared->url = fresh();
        if (!prepared->url.ok()) {
          prepared->target = prepared->url.status();
        } else {
          prepared->target = PostgresqlTarget::Parse(prepared->url->text);
        }
      },
      [this, prepared] {
        if (!prepared->target.ok()) return Finish(prepared->target.status());
        shown_ = prepared->url->shown;
        target_ = *std::move(prepared->target);
        hosts_.assign(target_.hosts.begin(), target_.hosts.end());
        addresses_.clear();
        NextHost();
      });
}

void PostgresqlDialer::NextHost() {
  if (hosts_.empty()) return Finish(last_error_);
  const PostgresqlHost host = std::move(hosts_.front());
  hosts_.pop_front();
  if (host.NeedsLookup()) return LookUp(host);
  addresses_.push_back(host);
  NextAddress();
}

void PostgresqlDialer::LookUp(const PostgresqlHost& host) {
  ArmShare();
  trying_ = absl::StrCat("the name server about ", host.host);
  auto* lookup = new Lookup{.request = {}, .dialer = this, .work_number = work_, .host = host};
  lookup->request.data = lookup;
  addrinfo hints = {};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  ++jobs_;
  const auto on_addresses = [](uv_getaddrinfo_t* request, int status, addrinfo* list) {
    const std::unique_ptr<Lookup> ended(static_cast<Lookup*>(request->data));
    const std::unique_ptr<addrinfo, void (*)(addrinfo*)> addresses(list, uv_freeaddrinfo);
    PostgresqlDialer* const self = ended->dialer;
    --self->jobs_;
    if (ended->work_number == self->work_) {
      int count = 0;
      for (const addrinfo* at = list; at != nullptr && count < kAddressesMax; at = at->ai_next) {
        char ip[NI_MAXHOST];
        if (getnameinfo(at->ai_addr, at->ai_addrlen, ip, sizeof(ip), nullptr, 0, NI_NUMERICHOST) ==
            0) {
          PostgresqlHost found = ended->host;
          found.hostaddr = ip;
          self->addresses_.push_back(std::move(found));
          ++count;
        }
      }
      if (count == 0) {
        self->FailAddress(
            absl::UnavailableError(absl::StrCat("cannot look up host ", ended->host.host, ": ",
                                                status != 0 ? uv_strerror(status) : "no address")));
      } else {
        self->NextAddress();
      }
    }
    self->JobEnded();
  };
  const int failed =
      uv_getaddrinfo(loop_, &lookup->request, on_addresses, host.host.c_str(), nullptr, &hints);
  if (failed == 0) return;
  delete lookup;
  --jobs_;
  FailAddress(absl::UnavailableError(
      absl::StrCat("cannot look up host ", host.host, ": ", uv_strerror(failed))));
}

void PostgresqlDialer::NextAddress() {
  if (addresses_.empty()) return NextHost();
  const PostgresqlHost host = std::move(addresses_.front());
  addresses_.pop_front();
  ArmShare();
  trying_ = host.Shown();
  handshake_ = std::make_shared<Handshake>();
  handshake_->parameters = target_.Parameters(host);
  OnPool([handshake = handshake_] { handshake->Start(); }, [this] { OnStep(); });
}

void PostgresqlDialer::OnStep() {
  PGconn* const connection = handshake_->connection;
  switch (handshake_->state) {
    case PGRES_POLLING_READING:
      return AwaitSocket(UV_READABLE);
    case PGRES_POLLING_WRITING:
      return AwaitSocket(UV_WRITABLE);
    case PGRES_POLLING_OK:
      PQsetErrorVerbosity(connection, PQERRORS_DEFAULT);
      if (PQsetnonblocking(connection, 1) != 0) break;
      handshake_->connection = nullptr;
      return Finish(connection);
    default:
      break;
  }
  FailAddress(PostgresqlConnectError(connection != nullptr
                                         ? WithoutPassword(connection, PQerrorMessage(connection))
                                         : "out of memory"));
}

void PostgresqlDialer::AwaitSocket(int events) {
  const int failed = watch_.Start(
      loop_, PQsocket(handshake_->connection), events,
      [this](bool /*is_readable*/, bool /*is_writable*/) {
        watch_.Stop();
        if (BytesReceived(PQsocket(handshake_->connection)) > kGreetingBytesMax) {
          return FailFlooded();
        }
        OnPool([handshake = handshake_] { handshake->Continue(); }, [this] { OnStep(); });
      });
  if (failed != 0) FailAddress(absl::UnavailableError(uv_strerror(failed)));
}

void PostgresqlDialer::FailFlooded() {
  FailAddress(absl::FailedPreconditionError(
      absl::StrCat(trying_, " sends too much before it lets us in; is that PostgreSQL?")));
}

// A server that refuses us has been found: the others are for when it cannot be found, or is not
// the kind that the URL asks for.
void PostgresqlDialer::FailAddress(absl::Status error) {
  StopWork();
  const bool may_others_do = absl::IsUnavailable(error) || absl::IsDeadlineExceeded(error) ||
                             absl::IsFailedPrecondition(error);
  last_error_ = std::move(error);
  if (!may_others_do) return Finish(last_error_);
  NextAddress();
}

void PostgresqlDialer::ArmShare() {
  uv_update_time(loop_);
  const uint64_t now_ms = uv_now(loop_);
  const uint64_t left_ms = deadline_ms_ > now_ms ? deadline_ms_ - now_ms : 0;
  const uint64_t share_ms = left_ms / (1 + hosts_.size() + addresses_.size());
  uv_timer_start(
      &share_,
      [](uv_timer_t* timer) {
        auto* self = static_cast<PostgresqlDialer*>(timer->data);
        self->FailAddress(
            absl::DeadlineExceededError(absl::StrCat("no answer from ", self->trying_)));
      },
      std::max<uint64_t>(share_ms, 1), 0);
}

// Throws away what is under way for the address that is being tried.
void PostgresqlDialer::StopWork() {
  ++work_;
  uv_timer_stop(&share_);
  watch_.Stop();
  handshake_.reset();
}

void PostgresqlDialer::Finish(absl::StatusOr<PGconn*> result) {
  const Done done = std::move(done_);
  Cancel();
  done(result);
}

void PostgresqlDialer::Cancel() {
  StopWork();
  uv_timer_stop(&budget_);
  is_waiting_for_jobs_ = false;
  done_ = nullptr;
}

void PostgresqlDialer::Close(std::function<void()> closed) {
  Cancel();
  closing_ = true;
  closed_ = std::move(closed);
  for (uv_timer_t* timer : {&budget_, &share_}) {
    uv_close(reinterpret_cast<uv_handle_t*>(timer), [](uv_handle_t* handle) {
      auto* self = static_cast<PostgresqlDialer*>(handle->data);
      --self->handles_;
      self->ReportClosed();
    });
  }
}

void PostgresqlDialer::ReportClosed() {
  if (!closing_ || handles_ != 0 || jobs_ != 0 || closed_ == nullptr) return;
  const std::function<void()> closed = std::move(closed_);
  closed_ = nullptr;
  closed();
}

}  // namespace muster::store
