// libpq, loaded at its first use.
//
// Why: only an agent whose records are kept in PostgreSQL needs libpq, which brings along OpenSSL,
// Kerberos and LDAP: twenty libraries that would cost every other agent start-up time and private
// memory. So this file defines the functions of libpq that we call and forwards them to libpq.so.5,
// which is opened by the first call.
//
// Without that library (package libpq5) PQlibVersion is 0, which is how callers tell: everything
// else then fails as libpq does when it is out of memory. A libpq function that is missing here is
// a link error: add it to the list.
//
// Threads: as libpq; the first call may come from any thread. It reads files: not for a loop.

#include <dlfcn.h>
#include <postgresql/libpq-fe.h>

namespace {

// The function of that name in libpq, or null when there is none.
template <typename Function>
Function* Find(const char* name) {
  static void* const library = dlopen("libpq.so.5", RTLD_NOW | RTLD_LOCAL);
  return library == nullptr ? nullptr : reinterpret_cast<Function*>(dlsym(library, name));
}

}  // namespace

// Forwards one function of libpq; `absent` is what it returns when there is no libpq.
#define MUSTER_FORWARD(type, name, parameters, arguments, absent) \
  extern "C" type name parameters {                               \
    static auto* const function = Find<type parameters>(#name);   \
    return function != nullptr ? function arguments : absent;     \
  }

MUSTER_FORWARD(int, PQlibVersion, (), (), 0)
MUSTER_FORWARD(PQconninfoOption*, PQconninfoParse, (const char* text, char** error), (text, error),
               nullptr)
MUSTER_FORWARD(void, PQconninfoFree, (PQconninfoOption * options), (options), void())
MUSTER_FORWARD(void, PQfreemem, (void* memory), (memory), void())

MUSTER_FORWARD(PGconn*, PQconnectStartParams,
               (const char* const* keywords, const char* const* values, int expand),
               (keywords, values, expand), nullptr)
MUSTER_FORWARD(PostgresPollingStatusType, PQconnectPoll, (PGconn * connection), (connection),
               PGRES_POLLING_FAILED)
MUSTER_FORWARD(void, PQfinish, (PGconn * connection), (connection), void())
MUSTER_FORWARD(ConnStatusType, PQstatus, (const PGconn* connection), (connection), CONNECTION_BAD)
MUSTER_FORWARD(int, PQsocket, (const PGconn* connection), (connection), -1)
MUSTER_FORWARD(char*, PQpass, (const PGconn* connection), (connection), nullptr)
MUSTER_FORWARD(char*, PQerrorMessage, (const PGconn* connection), (connection), nullptr)
MUSTER_FORWARD(int, PQsetnonblocking, (PGconn * connection, int on), (connection, on), -1)
MUSTER_FORWARD(PGVerbosity, PQsetErrorVerbosity, (PGconn * connection, PGVerbosity verbosity),
               (connection, verbosity), PQERRORS_DEFAULT)
MUSTER_FORWARD(PQnoticeProcessor, PQsetNoticeProcessor,
               (PGconn * connection, PQnoticeProcessor processor, void* argument),
               (connection, processor, argument), nullptr)

MUSTER_FORWARD(int, PQsendQueryParams,
               (PGconn * connection, const char* command, int count, const Oid* types,
                const char* const* values, const int* lengths, const int* formats, int format),
               (connection, command, count, types, values, lengths, formats, format), 0)
MUSTER_FORWARD(int, PQflush, (PGconn * connection), (connection), -1)
MUSTER_FORWARD(int, PQconsumeInput, (PGconn * connection), (connection), 0)
MUSTER_FORWARD(int, PQisBusy, (PGconn * connection), (connection), 0)
MUSTER_FORWARD(PGresult*, PQgetResult, (PGconn * connection), (connection), nullptr)

MUSTER_FORWARD(ExecStatusType, PQresultStatus, (const PGresult* result), (result),
               PGRES_FATAL_ERROR)
MUSTER_FORWARD(char*, PQresultErrorField, (const PGresult* result, int field), (result, field),
               nullptr)
MUSTER_FORWARD(int, PQntuples, (const PGresult* result), (result), 0)
MUSTER_FORWARD(int, PQnfields, (const PGresult* result), (result), 0)
MUSTER_FORWARD(char*, PQgetvalue, (const PGresult* result, int row, int column),
               (result, row, column), nullptr)
MUSTER_FORWARD(int, PQgetlength, (const PGresult* result, int row, int column),
               (result, row, column), 0)
MUSTER_FORWARD(int, PQgetisnull, (const PGresult* result, int row, int column),
               (result, row, column), 1)
MUSTER_FORWARD(void, PQclear, (PGresult * result), (result), void())
