#include "src/store/postgresql_connection.h"

#include <utility>

#include "src/base/check.h"
#include "src/store/bytes_received.h"
#include "src/store/postgresql_error.h"

namespace muster::store {
namespace {

constexpr int kBinary = 1;

std::string ErrorField(const PGresult* result, int field) {
  const char* const text = PQresultErrorField(result, field);
  return text != nullptr ? text : "";
}

bool IsError(const PGresult* result) {
  const ExecStatusType status = PQresultStatus(result);
  return status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK;
}

}  // namespace

PostgresqlConnection::PostgresqlConnection(uv_loop_t* loop, DatastoreUrl url, UrlSource fresh)
    : loop_(loop), dialer_(loop, std::move(url), std::move(fresh)) {
  uv_timer_init(loop, &idle_);
  idle_.data = this;
  open_parts_ = 2;  // the timer and the dialer
}

PostgresqlConnection::~PostgresqlConnection() { MUSTER_CHECK(open_parts_ == 0); }

void PostgresqlConnection::Run(PostgresqlStatement statement, Done done) {
  MUSTER_CHECK(done_ == nullptr);
  statement_ = std::move(statement);
  done_ = std::move(done);
  uv_timer_stop(&idle_);
  if (connection_ == nullptr) {
    dialer_.Dial([this](absl::StatusOr<PGconn*> connection) { OnDialed(std::move(connection)); });
    return;
  }
  is_left_over_ = true;
  Send();
}

void PostgresqlConnection::OnDialed(absl::StatusOr<PGconn*> connection) {
  if (!connection.ok()) {
    return Finish({.status = connection.status(), .sqlstate = "", .result = nullptr});
  }
  connection_ = *connection;
  is_left_over_ = false;
  const int failed = watch_.Start(
      loop_, PQsocket(connection_), UV_READABLE,
      [this](bool is_readable, bool is_writable) { OnSocket(is_readable, is_writable); });
  if (failed != 0) return OnLost();
  Send();
}

void PostgresqlConnection::Send() {
  std::vector<const char*> values;
  std::vector<int> lengths;
  std::vector<int> formats;
  for (const PostgresqlStatement::Parameter& parameter : statement_.parameters) {
    values.push_back(parameter.value.c_str());
    lengths.push_back(static_cast<int>(parameter.value.size()));
    formats.push_back(parameter.is_binary ? kBinary : 0);
  }
  if (PQsendQueryParams(connection_, statement_.text, static_cast<int>(values.size()), nullptr,
                        values.data(), lengths.data(), formats.data(), kBinary) == 0) {
    return OnLost();
  }
  received_before_ = BytesReceived(PQsocket(connection_));
  Flush();
}

void PostgresqlConnection::Flush() {
  const int unsent = PQflush(connection_);
  if (unsent < 0) return OnLost();
  watch_.Change(unsent == 0 ? UV_READABLE : UV_READABLE | UV_WRITABLE);
}

void PostgresqlConnection::OnSocket(bool is_readable, bool is_writable) {
  if (is_readable && BytesReceived(PQsocket(connection_)) - received_before_ > kAnswerBytesMax) {
    return OnFlooded();
  }
  if (done_ == nullptr) return OnIdleInput();
  // A server that ends the session says why first: what has been read is looked at in any case.
  const bool is_read = !is_readable || PQconsumeInput(connection_) == 1;
  if (is_read && is_writable) Flush();
  if (connection_ != nullptr && done_ != nullptr && is_readable) Receive();
}

// The server has something to say to nobody: that it ends the session, or a changed parameter.
void PostgresqlConnection::OnIdleInput() {
  const bool is_read = PQconsumeInput(connection_) == 1;
  const bool is_awaiting_more = PQisBusy(connection_) != 0;  // also parses what has been read
  if (!is_read || is_awaiting_more || PQstatus(connection_) != CONNECTION_OK) Disconnect();
}

void PostgresqlConnection::OnFlooded() {
  Disconnect();
  if (done_ == nullptr) return;
  Finish({.status = absl::FailedPreconditionError(
              "the server sends more than any table of Muster's holds; is that PostgreSQL?"),
          .sqlstate = "",
          .result = nullptr});
}

void PostgresqlConnection::Receive() {
  // On a connection that is lost PQgetResult never waits, and says so in the end.
  while (PQstatus(connection_) != CONNECTION_OK || PQisBusy(connection_) == 0) {
    PostgresqlResult result(PQgetResult(connection_));
    if (result == nullptr) return Complete();
    if (result_ == nullptr || !IsError(result_.get())) result_ = std::move(result);
  }
}

void PostgresqlConnection::Complete() {
  PostgresqlResult result = std::move(result_);
  if (result == nullptr) return OnLost();
  PostgresqlAnswer answer;
  if (IsError(result.get())) {
    answer.sqlstate = ErrorField(result.get(), PG_DIAG_SQLSTATE);
    std::string text = ErrorField(result.get(), PG_DIAG_MESSAGE_PRIMARY);
    if (text.empty()) text = PQerrorMessage(connection_);
    answer.status =
        PostgresqlStatementError(answer.sqlstate, WithoutPassword(connection_, std::move(text)));
  }
  if (PQstatus(connection_) != CONNECTION_OK) {
    if (is_left_over_) return OnLost();
    Disconnect();
  } else {
    uv_timer_start(
        &idle_,
        [](uv_timer_t* timer) { static_cast<PostgresqlConnection*>(timer->data)->Disconnect(); },
        static_cast<uint64_t>(kIdleKept.millis()), 0);
  }
  if (answer.status.ok()) answer.result = std::move(result);
  Finish(std::move(answer));
}

void PostgresqlConnection::OnLost() {
  const std::string text = WithoutPassword(connection_, PQerrorMessage(connection_));
  Disconnect();
  if (is_left_over_) {
    dialer_.Dial([this](absl::StatusOr<PGconn*> connection) { OnDialed(std::move(connection)); });
    return;
  }
  Finish({.status = PostgresqlStatementError("", text), .sqlstate = "", .result = nullptr});
}

void PostgresqlConnection::Disconnect() {
  uv_timer_stop(&idle_);
  watch_.Stop();
  result_.reset();
  if (connection_ != nullptr) PQfinish(std::exchange(connection_, nullptr));
}

void PostgresqlConnection::Finish(PostgresqlAnswer answer) {
  const Done done = std::move(done_);
  done_ = nullptr;
  done(std::move(answer));
}

void PostgresqlConnection::Drop() {
  done_ = nullptr;
  dialer_.Cancel();
  Disconnect();
}

void PostgresqlConnection::Close(std::function<void()> closed) {
  Drop();
  closed_ = std::move(closed);
  const auto part_closed = [this] {
    if (--open_parts_ > 0) return;
    const std::function<void()> all_closed = std::move(closed_);
    all_closed();
  };
  dialer_.Close(part_closed);
  uv_close(reinterpret_cast<uv_handle_t*>(&idle_), [](uv_handle_t* handle) {
    auto* self = static_cast<PostgresqlConnection*>(handle->data);
    if (--self->open_parts_ > 0) return;
    const std::function<void()> all_closed = std::move(self->closed_);
    all_closed();
  });
}

}  // namespace muster::store
