#include "src/api/event_hub.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "src/base/check.h"

namespace muster::api {
namespace {

size_t BytesOf(const StreamEvent& event) {
  return sizeof(event) + event.id.size() + event.type.size() + event.data.size();
}

}  // namespace

class EventHub::Stream : public ByteSource {
 public:
  Stream(EventHub* hub, Subscriber subscriber)
      : hub_(hub), subscriber_(std::move(subscriber)), next_(hub->end()) {
    Write(subscriber_.hello);
    subscriber_.hello = StreamEvent();
  }
  ~Stream() override {
    std::erase(hub_->streams_, this);
    hub_->ForgetRead();
  }

  size_t Read(char* to, size_t max) override {
    if (read_ == pending_.size()) Refill();
    const size_t size = std::min(max, pending_.size() - read_);
    std::memcpy(to, pending_.data() + read_, size);
    read_ += size;
    if (read_ == pending_.size()) {
      pending_ = std::string();  // gives the memory of a large hello back
      read_ = 0;
    }
    idle_ = size == 0;
    return size;
  }
  bool finished() const override { return ending_ && pending_.empty(); }

  uint64_t next() const { return next_; }
  void End() {
    ending_ = true;
    WakeIfIdle();
  }
  void WakeIfIdle() {
    if (std::exchange(idle_, false)) subscriber_.wake();
  }
  void Beat() {
    if (!idle_ || ending_) return;
    pending_ += subscriber_.framing == Framing::kServerSent ? ":\n\n" : " ";
    WakeIfIdle();
  }

 private:
  void Write(const StreamEvent& event) {
    if (subscriber_.framing == Framing::kServerSent) {
      pending_.append("id: ").append(event.id).append("\nevent: ").append(event.type);
      pending_.append("\ndata: ").append(event.data).append("\n\n");
    } else {
      pending_.append(event.data).append("\n");
    }
  }
  bool Wants(const StreamEvent& event) const {
    const auto& types = subscriber_.types;
    return types.empty() || std::find(types.begin(), types.end(), event.type) != types.end();
  }
  void Refill() {
    if (ending_) return;
    if (next_ < hub_->first_) {
      Write(hub_->make_gap_(hub_->end() - next_));
      next_ = hub_->end();
      ending_ = true;
    }
    while (next_ < hub_->end() && pending_.empty()) {
      const StreamEvent& event = hub_->log_[next_ - hub_->first_];
      ++next_;
      if (Wants(event)) Write(event);
    }
    hub_->ForgetRead();
  }

  EventHub* hub_;
  Subscriber subscriber_;
  uint64_t next_;  // position of the first event not yet written to pending_
  std::string pending_;
  size_t read_ = 0;
  bool idle_ = false;  // the last read found nothing: the reader waits to be woken
  bool ending_ = false;
};

EventHub::EventHub(const Limits* limits, std::function<StreamEvent(uint64_t)> make_gap)
    : limits_(limits), make_gap_(std::move(make_gap)) {}

EventHub::~EventHub() { MUSTER_CHECK(streams_.empty()); }

std::unique_ptr<ByteSource> EventHub::Subscribe(Subscriber subscriber) {
  if (streams_.size() >= limits_->streams_max) return nullptr;
  auto stream = std::make_unique<Stream>(this, std::move(subscriber));
  streams_.push_back(stream.get());
  return stream;
}

void EventHub::DropFirst() {
  bytes_ -= BytesOf(log_.front());
  log_.pop_front();
  ++first_;
}

void EventHub::ForgetRead() {
  uint64_t slowest = end();
  for (const Stream* stream : streams_) slowest = std::min(slowest, stream->next());
  while (first_ < slowest) DropFirst();
}

void EventHub::Publish(StreamEvent event) {
  if (streams_.empty()) return;
  bytes_ += BytesOf(event);
  log_.push_back(std::move(event));
  while (log_.size() > limits_->backlog_events_max || bytes_ > limits_->backlog_bytes_max) {
    DropFirst();
  }
  for (Stream* stream : streams_) stream->WakeIfIdle();
}

void EventHub::Beat() {
  for (Stream* stream : streams_) stream->Beat();
}

void EventHub::Close() {
  for (Stream* stream : streams_) stream->End();
}

}  // namespace muster::api
