#include "bench/baselines/forked.h"

#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>

namespace muster::baselines {
namespace {

struct Worker {
  pid_t pid = -1;
  int fd = -1;
  std::string bytes;
};

void WriteAll(int fd, const std::vector<double>& values) {
  const char* data = reinterpret_cast<const char*>(values.data());
  size_t left = values.size() * sizeof(double);
  while (left > 0) {
    const ssize_t wrote = write(fd, data, left);
    if (wrote <= 0) _exit(1);
    data += wrote;
    left -= static_cast<size_t>(wrote);
  }
}

Worker StartWorker(size_t first, size_t stride, size_t count,
                   const std::function<std::vector<double>(size_t)>& task) {
  int fds[2];
  if (pipe(fds) != 0) {
    std::perror("pipe");
    std::exit(1);
  }
  std::fflush(nullptr);
  Worker worker;
  worker.pid = fork();
  if (worker.pid == 0) {
    close(fds[0]);
    for (size_t i = first; i < count; i += stride) {
      const std::vector<double> result = task(i);
      std::vector<double> message = {static_cast<double>(i), static_cast<double>(result.size())};
      message.insert(message.end(), result.begin(), result.end());
      WriteAll(fds[1], message);
    }
    _exit(0);
  }
  close(fds[1]);
  worker.fd = fds[0];
  return worker;
}

// Takes whole results out of what was read; returns how many.
size_t TakeResults(Worker* worker, std::vector<std::vector<double>>* results) {
  size_t taken = 0;
  while (true) {
    const double* values = reinterpret_cast<const double*>(worker->bytes.data());
    const size_t have = worker->bytes.size() / sizeof(double);
    if (have < 2 || have < 2 + static_cast<size_t>(values[1])) return taken;
    const size_t size = static_cast<size_t>(values[1]);
    (*results)[static_cast<size_t>(values[0])].assign(values + 2, values + 2 + size);
    worker->bytes.erase(0, (2 + size) * sizeof(double));
    ++taken;
  }
}

}  // namespace

std::vector<std::vector<double>> RunForked(const std::string& what, size_t count, int processes,
                                           const std::function<std::vector<double>(size_t)>& task) {
  std::vector<std::vector<double>> results(count);
  std::vector<Worker> workers;
  const size_t stride = std::min(count, static_cast<size_t>(std::max(1, processes)));
  for (size_t first = 0; first < stride; ++first) {
    workers.push_back(StartWorker(first, stride, count, task));
  }
  const bool shows = isatty(STDERR_FILENO) != 0;
  size_t done = 0;
  size_t open = workers.size();
  while (open > 0) {
    std::vector<pollfd> polls;
    for (const Worker& worker : workers) polls.push_back({worker.fd, POLLIN, 0});
    poll(polls.data(), polls.size(), -1);
    for (size_t i = 0; i < workers.size(); ++i) {
      if (polls[i].revents == 0) continue;
      char chunk[65536];
      const ssize_t got = read(workers[i].fd, chunk, sizeof chunk);
      if (got <= 0) {
        close(workers[i].fd);
        workers[i].fd = -1;
        --open;
        continue;
      }
      workers[i].bytes.append(chunk, static_cast<size_t>(got));
      done += TakeResults(&workers[i], &results);
      if (shows) std::fprintf(stderr, "\r\033[K%s %zu/%zu", what.c_str(), done, count);
    }
  }
  if (shows) std::fprintf(stderr, "\r\033[K");
  for (const Worker& worker : workers) {
    int status = 0;
    waitpid(worker.pid, &status, 0);
    if (status != 0) {
      std::fprintf(stderr, "a run of %s died\n", what.c_str());
      std::exit(1);
    }
  }
  return results;
}

}  // namespace muster::baselines
