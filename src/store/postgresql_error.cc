#include "src/store/postgresql_error.h"

#include <cctype>
#include <cstddef>

#include "absl/strings/str_cat.h"
#include "src/base/strings.h"

namespace muster::store {
namespace {

constexpr size_t kTextMax = 300;
constexpr size_t kSqlStateLength = 5;

bool Contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

// One line of printable ASCII: messages of a server may be in any language and encoding, and go to
// logs and to JSON.
std::string OneLine(std::string_view text) {
  std::string line;
  for (const char c : text) {
    const bool is_blank = c == '\n' || c == '\t' || c == ' ' || c == '\r';
    if (is_blank && (line.empty() || line.back() == ' ')) continue;
    line.push_back(is_blank ? ' ' : c > ' ' && c < 0x7f ? c : '?');
    if (line.size() >= kTextMax) break;
  }
  while (!line.empty() && (line.back() == ' ' || line.back() == '.')) line.pop_back();
  return line;
}

bool IsSqlState(std::string_view text) {
  if (text.size() != kSqlStateLength) return false;
  for (const char c : text) {
    if (!((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z'))) return false;
  }
  return true;
}

// "FATAL:  28P01: password ..." -> the place of "28P01: ", or npos.
size_t FindSqlState(std::string_view text) {
  for (size_t at = text.find(":  "); at != std::string_view::npos; at = text.find(":  ", at + 1)) {
    const std::string_view rest = text.substr(at + 3);
    if (rest.size() > kSqlStateLength + 1 && IsSqlState(rest.substr(0, kSqlStateLength)) &&
        rest.substr(kSqlStateLength, 2) == ": ") {
      return at + 3;
    }
  }
  return std::string_view::npos;
}

// For what fails before the server says anything of its own.
absl::StatusCode CodeOfWords(std::string_view text) {
  if (Contains(text, "no password supplied")) return absl::StatusCode::kUnauthenticated;
  for (const std::string_view word : {"read-only", "hot standby", "not in recovery", "certificate",
                                      "does not support SSL", "invalid "}) {
    if (Contains(text, word) && !Contains(text, "invalid response")) {
      return absl::StatusCode::kFailedPrecondition;
    }
  }
  return absl::StatusCode::kUnavailable;
}

const char* RemedyOf(std::string_view sqlstate) {
  const std::string_view kind = sqlstate.substr(0, 2);
  if (kind == "28") return "; check user and password in the URL, and the server's pg_hba.conf";
  if (sqlstate == "3D000") return "; create it with CREATE DATABASE, or correct the URL";
  if (sqlstate == "3F000") return "; create a schema for the table, or set the role's search_path";
  if (sqlstate == "25006") return "; connect to the primary (target_session_attrs=read-write)";
  if (sqlstate == "42501") {
    return "; GRANT the role SELECT, INSERT, UPDATE and DELETE on muster_presence, and CREATE on "
           "its schema unless the table is there already";
  }
  if (sqlstate == "53300") return "; raise max_connections or put a pooler before the server";
  if (kind == "42" || kind == "22" || kind == "23") {
    return "; the table muster_presence is not as Muster makes it: rename it, or give the role "
           "another schema with ALTER ROLE ... SET search_path";
  }
  return "";
}

}  // namespace

absl::StatusCode PostgresqlCode(std::string_view sqlstate) {
  using Code = absl::StatusCode;
  if (sqlstate.size() != kSqlStateLength) return Code::kUnavailable;
  const std::string_view kind = sqlstate.substr(0, 2);
  if (sqlstate == "42501") return Code::kPermissionDenied;
  if (sqlstate == "57014" || sqlstate == "55P03") return Code::kDeadlineExceeded;
  if (sqlstate == "57P04") return Code::kFailedPrecondition;               // dropped
  if (sqlstate == "XX001" || sqlstate == "XX002") return Code::kDataLoss;  // corrupted
  if (kind == "28") return Code::kUnauthenticated;
  if (kind == "53" || kind == "54") return Code::kResourceExhausted;
  // Read-only; no such database or schema; data, constraints, syntax and names that our own table
  // never answers with; states of objects.
  for (const std::string_view precondition :
       {"0A", "22", "23", "25", "3D", "3F", "42", "44", "55"}) {
    if (kind == precondition) return Code::kFailedPrecondition;
  }
  return Code::kUnavailable;
}

absl::Status PostgresqlConnectError(std::string_view text) {
  // One paragraph for each try (with TLS, then without): the last one counts.
  const size_t last = text.rfind("connection to server ");
  if (last != std::string_view::npos) text.remove_prefix(last);
  const size_t location = text.find("\nLOCATION:");
  if (location != std::string_view::npos) text = text.substr(0, location);
  const size_t state = FindSqlState(text);
  if (state == std::string_view::npos) {
    const char* const remedy = Contains(text, "server does not support SSL")
                                   ? "; set ssl = on at the server, or take sslmode from the URL"
                                   : "";
    return absl::Status(CodeOfWords(text), absl::StrCat(OneLine(text), remedy));
  }
  const std::string_view sqlstate = text.substr(state, kSqlStateLength);
  const std::string before = OneLine(text.substr(0, state));
  const std::string after = OneLine(text.substr(state + kSqlStateLength + 2));
  return absl::Status(
      PostgresqlCode(sqlstate),
      absl::StrCat(before, " ", after, " (", ToAbsl(sqlstate), ")", RemedyOf(sqlstate)));
}

absl::Status PostgresqlStatementError(std::string_view sqlstate, std::string_view text) {
  std::string message = OneLine(text);
  if (message.empty()) message = "connection lost";
  if (sqlstate.empty()) return absl::Status(PostgresqlCode(sqlstate), message);
  return absl::Status(
      PostgresqlCode(sqlstate),
      absl::StrCat(message, " (", ToAbsl(OneLine(sqlstate)), ")", RemedyOf(sqlstate)));
}

}  // namespace muster::store
