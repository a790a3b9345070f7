#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace muster::e2e {

// A datastore for the agents of a test: a file, or a real server that was started for this test
// program in its own network. Begins empty and sound; a server is shared by the tests of a program,
// one after the other. For the main thread.
class Datastore {
 public:
  virtual ~Datastore() = default;

  virtual std::string kind() const = 0;  // "sqlite", "redis", "postgresql"
  virtual std::string url() const = 0;   // for --datastore; holds the password, if there is one
  virtual std::string secret() const { return ""; }  // the present password

  // All that is stored is gone, behind the agents' backs: a deleted file, a flushed server, a
  // dropped table.
  virtual absl::Status Wipe() = 0;
  // It takes no more writes and loses no connection: stopped processes; for a file, a lock that
  // somebody does not let go of.
  virtual absl::Status Freeze() = 0;
  virtual absl::Status Thaw() = 0;
};

// A datastore that is a process.
class ServerDatastore : public Datastore {
 public:
  // As if its machine lost power, and came back.
  virtual void Kill() = 0;
  virtual absl::Status StartAgain() = 0;
  // And ends the sessions that are open.
  virtual absl::Status ChangePassword(const std::string& password) = 0;
};

class PostgresqlDatastore : public ServerDatastore {
 public:
  // The command line of a client that runs `sql` as the superuser and prints what comes of it.
  virtual std::vector<std::string> ClientCommand(const std::string& sql) const = 0;
};

// A new file "shared.db" in `folder`.
std::unique_ptr<Datastore> MakeSqlite(const std::string& folder);
absl::StatusOr<std::unique_ptr<ServerDatastore>> MakeRedis();
absl::StatusOr<std::unique_ptr<ServerDatastore>> MakePostgresql();
// By the kind's name; `folder` is for what is a file.
absl::StatusOr<std::unique_ptr<Datastore>> MakeDatastore(const std::string& kind,
                                                         const std::string& folder);
// One that keeps what it holds in `folder`: a file, a PostgreSQL of the caller's own, or a Redis
// that saves what has changed there each second, and refuses to write when it cannot.
absl::StatusOr<std::unique_ptr<Datastore>> MakeDatastoreIn(const std::string& kind,
                                                           const std::string& folder);

// The kinds that outlive an agent.
inline const std::vector<std::string> kDatastoreKinds = {"sqlite", "redis", "postgresql"};

}  // namespace muster::e2e
