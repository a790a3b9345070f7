#include "src/agent/logging.h"

#include <fcntl.h>
#include <glog/logging.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"

namespace muster::agent {
namespace {

// Above glog's highest severity: nothing goes to standard error beside the file.
constexpr int kNoSeverity = google::NUM_SEVERITIES;

// One file under exactly the name that the user gave; glog's own files have names of its choosing.
class FileSink : public google::LogSink {
 public:
  explicit FileSink(std::string path) : path_(std::move(path)) {}
  FileSink(const FileSink&) = delete;
  FileSink& operator=(const FileSink&) = delete;
  ~FileSink() override {
    if (fd_ >= 0) close(fd_);
  }

  absl::Status Open() {
    const int fd = open(path_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
    if (fd < 0) {
      return absl::UnavailableError(absl::StrCat("cannot write the log file ", path_, "\n",
                                                 std::strerror(errno),
                                                 "\nchoose another with --log-file FILE"));
    }
    if (fd_ >= 0) close(fd_);
    fd_ = fd;
    return absl::OkStatus();
  }

  void send(google::LogSeverity severity, const char*, const char* base_filename, int line,
            const google::LogMessageTime& time, const char* message, size_t length) override {
    std::string text = ToString(severity, base_filename, line, time, message, length);
    text += '\n';
    // A full disk loses log lines; it must not stop the agent.
    const ssize_t written = write(fd_, text.data(), text.size());
    static_cast<void>(written);
  }

 private:
  std::string path_;
  int fd_ = -1;
};

std::unique_ptr<FileSink>& Sink() {
  static auto* sink = new std::unique_ptr<FileSink>;
  return *sink;
}

}  // namespace

absl::Status StartLogging(LogLevel level, const std::string& log_file) {
  google::InitGoogleLogging("muster");
  SetLogLevel(level);
  if (log_file.empty()) {
    FLAGS_logtostderr = true;
    return absl::OkStatus();
  }
  auto sink = std::make_unique<FileSink>(log_file);
  if (absl::Status opened = sink->Open(); !opened.ok()) return opened;
  FLAGS_logtostderr = false;
  FLAGS_alsologtostderr = false;
  FLAGS_stderrthreshold = kNoSeverity;
  for (int severity = 0; severity < google::NUM_SEVERITIES; ++severity) {
    google::SetLogDestination(severity, "");
  }
  google::AddLogSink(sink.get());
  Sink() = std::move(sink);
  return absl::OkStatus();
}

void SetLogLevel(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
    case LogLevel::kInfo:
      FLAGS_minloglevel = google::GLOG_INFO;
      break;
    case LogLevel::kWarning:
      FLAGS_minloglevel = google::GLOG_WARNING;
      break;
    case LogLevel::kError:
      FLAGS_minloglevel = google::GLOG_ERROR;
      break;
  }
  FLAGS_v = level == LogLevel::kDebug ? 1 : 0;
}

absl::Status ReopenLog() { return Sink() == nullptr ? absl::OkStatus() : Sink()->Open(); }

void StopLogging() {
  if (Sink() != nullptr) google::RemoveLogSink(Sink().get());
  Sink().reset();
  google::ShutdownGoogleLogging();
}

}  // namespace muster::agent
