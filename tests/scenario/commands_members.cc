// Scenario commands for what users do at a host, and for what attackers send to it.

#include <algorithm>
#include <array>
#include <utility>

#include "src/base/rng.h"
#include "src/wire/attributes.h"
#include "tests/scenario/runner.h"

namespace muster::scenario {
namespace {

using wire::State;

constexpr std::array<State, 5> kStates = {State::kAlive, State::kSuspect, State::kFailed,
                                          State::kLeaving, State::kLeft};

State ParseState(const std::string& text) {
  for (const State state : kStates) {
    if (text == wire::StateName(state)) return state;
  }
  throw ScriptError{"no state " + text};
}

// "5" is the value itself, "+5" that much above `base`.
uint64_t Relative(const std::string& text, uint64_t base) {
  const uint64_t number = static_cast<uint64_t>(ParseNumber(text));
  return text[0] == '+' ? base + number : number;
}

}  // namespace

void Runner::Join(const Arguments& arguments) {
  const int host = world_.HostAt(arguments.word(0, "a host"));
  std::vector<Address> addresses;
  for (const int to : world_.HostsAt(arguments.Need("to"))) {
    addresses.push_back(world_.cluster().host(to).config().address);
  }
  PrintStatus(world_.cluster().Join(host, addresses));
}

void Runner::Leave(const Arguments& arguments) {
  for (const int host : world_.HostsAt(arguments.word(0, "hosts"))) {
    PrintStatus(world_.cluster().Leave(host));
  }
}

void Runner::ForceLeave(const Arguments& arguments) {
  const std::string& label = arguments.word(0, "a member");
  HostId subject = testing::TestId(999'999);
  if (label != "nobody") subject = world_.Member(label);
  PrintStatus(world_.cluster().ForceLeave(world_.HostAt(arguments.Need("at")), subject,
                                          arguments.has_word("prune"),
                                          arguments.has_word("evict")));
}

void Runner::Tags(const Arguments& arguments) {
  wire::Tags tags(arguments.pairs().begin(), arguments.pairs().end());
  std::sort(tags.begin(), tags.end());
  PrintStatus(world_.cluster().SetTags(world_.HostAt(arguments.word(0, "a host")), tags));
}

// Sends `update` to `to=`, in the name of member `as=`, or as a stranger from `from=`.
void Runner::InjectOne(const Arguments& arguments, const wire::Update& update) {
  HostId sender = testing::TestId(666'666);
  uint64_t epoch = 1;
  Address from = Address::V4((10u << 24) + (66u << 16) + 1, kDefaultPort);
  if (const auto as = arguments.Find("as")) {
    const sim::SimNode& spoofed = world_.cluster().host(world_.HostAt(*as));
    sender = spoofed.disk().id;
    epoch = spoofed.disk().epoch;
    from = spoofed.advertised();
  }
  const std::string bytes = world_.forge().Gossip(sender, epoch, update);
  for (const int to : world_.HostsAt(arguments.Need("to"))) {
    world_.cluster().Inject(from, to, bytes);
  }
}

void Runner::Inject(const Arguments& arguments) {
  wire::Update update;
  const std::string about = arguments.Need("about");
  update.state = ParseState(arguments.Need("state"));
  if (arguments.has_word("ghost")) {
    const wire::Attributes attributes = world_.Ghost(about, &update.id);
    update.incarnation = Incarnation::Of(static_cast<uint64_t>(arguments.Number("epoch", 1)),
                                         static_cast<uint64_t>(arguments.Number("counter", 0)));
    if (arguments.has_word("full")) {
      update.attributes = attributes;
      update.attributes_hash = wire::AttributesHash(attributes);
    }
  } else {
    update.id = world_.Member(about);
    const int to = world_.HostsAt(arguments.Need("to")).front();
    const core::MemberView* view = world_.cluster().View(to, update.id);
    if (view == nullptr) throw ScriptError{"host " + arguments.Need("to") + " knows no " + about};
    update.incarnation =
        Incarnation::Of(Relative(arguments.Get("epoch", "+0"), view->incarnation.epoch()),
                        Relative(arguments.Get("counter", "+0"), view->incarnation.counter()));
    update.attributes_hash = view->record->hash;
    if (arguments.has_word("full")) update.attributes = view->attributes();
  }
  if (update.state != State::kAlive) update.reason = wire::Reason::kNoAnswer;
  InjectOne(arguments, update);
  world_.cluster().RunFor(Duration::Millis(1));
}

void Runner::Garbage(const Arguments& arguments) {
  const int64_t count = arguments.Number("count", 100);
  const Address from = Address::V4((10u << 24) + (66u << 16) + 1, kDefaultPort);
  Rng rng(static_cast<uint64_t>(arguments.Number("seed", 1)));
  for (const int to : world_.HostsAt(arguments.Need("to"))) {
    for (int64_t i = 0; i < count; ++i) {
      std::string bytes(1 + rng.Below(1400), '\0');
      for (char& byte : bytes) byte = static_cast<char>(rng.Below(256));
      world_.cluster().Inject(from, to, bytes);
    }
  }
  world_.cluster().RunFor(Duration::Millis(1));
}

void Runner::Permute(const Arguments& arguments) {
  std::vector<State> order;
  for (const std::string& state : Split(arguments.Need("states"), ',')) {
    order.push_back(ParseState(state));
  }
  std::sort(order.begin(), order.end());
  const int to = world_.HostAt(arguments.Need("to"));
  std::vector<HostId> subjects;
  do {
    const std::string label = world_.FreshGhost();
    wire::Update update;
    const wire::Attributes attributes = world_.Ghost(label, &update.id);
    subjects.push_back(update.id);
    for (const State state : order) {
      update.incarnation = Incarnation::Of(1, 0);
      update.state = state;
      update.attributes = attributes;
      update.attributes_hash = wire::AttributesHash(attributes);
      update.reason = state == State::kLeft     ? wire::Reason::kLeft
                      : state == State::kFailed ? wire::Reason::kNoAnswer
                                                : wire::Reason::kNone;
      InjectOne(arguments, update);
      world_.cluster().RunFor(Duration::Millis(1));
    }
  } while (std::next_permutation(order.begin(), order.end()));
  Print(std::to_string(subjects.size()) + " orders");
  for (const State state : kStates) {
    const auto count = std::count_if(subjects.begin(), subjects.end(), [&](const HostId& id) {
      const core::MemberView* view = world_.cluster().View(to, id);
      return view != nullptr && view->state == state;
    });
    if (count > 0) Print(std::string(wire::StateName(state)) + ": " + std::to_string(count));
  }
}

}  // namespace muster::scenario
