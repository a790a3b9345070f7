#pragma once

#include <string>
#include <vector>

#include "src/base/deadline_heap.h"
#include "src/base/lookup_map.h"
#include "src/base/rng.h"
#include "src/core/awareness.h"
#include "src/core/batcher.h"
#include "src/core/challenge.h"
#include "src/core/door.h"
#include "src/core/flights.h"
#include "src/core/hints.h"
#include "src/core/joiner.h"
#include "src/core/last_answers.h"
#include "src/core/leave_progress.h"
#include "src/core/loss_history.h"
#include "src/core/member_table.h"
#include "src/core/name_watch.h"
#include "src/core/node.h"
#include "src/core/outbox.h"
#include "src/core/pacer.h"
#include "src/core/peer_cells.h"
#include "src/core/probation.h"
#include "src/core/probe_schedule.h"
#include "src/core/pull.h"
#include "src/core/relays.h"
#include "src/core/rings.h"
#include "src/core/rumour_queue.h"
#include "src/core/suspicions.h"
#include "src/core/sync.h"
#include "src/core/token_bucket.h"
#include "src/core/votes.h"

namespace muster::core {

// The wiring of a node: dispatches each input to the small classes above, which do not know each
// other, and carries out what they return. One file a concern:
//   node.cc          entry, stalls, deadlines      node_merging.cc    what a claim changes
//   node_packets.cc  datagrams in                  node_gossip.cc     rumours, pulls, agreement
//   node_probing.cc  probes out, evidence          node_streams.cc    streams in and out
//   node_paths.cc    their paths beside the ping   node_joining.cc    joiner, door, healing
//   node_suspicion.cc  accusing, last look         node_syncing.cc    streamed reconciliation
//   node_voting.cc   votes of observers            node_comparing.cc  its ranges of hash space
//   node_commands.cc what users ask                node_sickness.cc   lossy and flapping members
//   node_batching.cc what users are shown
class Node::Impl {
 public:
  Impl(const Options& options, Identity identity, uint64_t seed, TimePoint now, RecordPool* pool);

  // ---- node.cc ----
  void Enter(TimePoint now, Effects* effects);
  void Exit();
  void DropLargeScratch();
  void RunDeadlines(Backlog backlog);
  TimePoint NextDeadline() const;

  // ---- node_packets.cc ----
  void HandlePacket(const Address& from, std::string_view bytes);
  void Reject(wire::Reject reason);

  // ---- node_streams.cc ----
  void HandleStreamOpened(StreamId stream, const Address& peer);
  void HandleStreamMessage(StreamId stream, std::string_view body);
  void HandleStreamClosed(StreamId stream, StreamEnd end);

  // ---- node_commands.cc ----
  void AdoptTable(const MemberTable& table);
  void SetSeeds(std::vector<Address> configured, std::vector<Address> remembered);
  void SetHints(std::vector<Address> addresses);
  absl::StatusOr<uint64_t> Join(absl::Span<const Address> addresses);
  absl::Status StartLeave();
  absl::Status ForceLeave(const HostId& id, bool prune, bool evict);
  absl::Status SetTags(wire::Tags tags);
  absl::StatusOr<uint64_t> Ping(const HostId& id);
  Agreement agreement(TimePoint now) const;
  JoinState join_state() const;

  // ---- node_batching.cc ----
  const MemberView* shown(size_t index) const;
  size_t shown_count(wire::State state) const;
  uint64_t shown_version() const { return table_.version() - batcher_.versions_behind(); }
  Options options_;
  Identity identity_;
  Stats stats_;
  Rng rng_;
  Outbox out_;
  MemberTable table_;
  Rings rings_;
  ProbeSchedule schedule_;
  Pacer pacer_;
  Awareness awareness_;
  Flights flights_;
  Suspicions suspicions_;
  AccusationBackoff backoff_;
  Relays relays_;
  VoteDuties vote_duties_;
  LossyVotes lossy_votes_;
  LossHistory losses_;
  LastAnswers last_answers_;
  Probation probation_;
  RumourQueue rumours_;
  TokenBucket gossip_bucket_;
  TokenBucket bulk_bucket_;
  PeerCells peer_cells_;
  Joiner joiner_;
  Hints hints_;
  Door door_;
  Syncs syncs_;
  Batcher batcher_;
  bool is_arriving_ = false;  // what the first join brought is held
  bool isolated_ = false;
  bool leaving_ = false;

 private:
  // Lonely observers: hearing nobody for this long lets silence count.
  static constexpr Duration kLonelyAfter = Duration::Seconds(60);
  // Where a claim comes from.
  struct Source {
    HostId sender;
    Address from;
    bool known = false;     // host id and source both match the table
    bool answered = false;  // and it answers what we sent there: its source is not forged
  };
  enum class StreamRole : uint8_t { kInbound, kProbe, kJoin, kSync, kLeave, kConflict };
  struct Verdict {
    uint32_t by = 0;
    wire::Reason reason = wire::Reason::kNone;
  };

  // ---- node.cc ----
  void HealthChanged(bool changed);
  void RunTimers();
  bool HasCompanyToMiss() const;
  void CheckIsolation();
  uint32_t self_tag() const { return static_cast<uint32_t>(identity_.id.hi >> 32); }
  size_t others_up() const { return table_.up_count() - (table_.self().is_up() ? 1 : 0); }
  Duration indirect_timeout() const;

  // ---- node_packets.cc ----
  void HandlePing(const Source& source, size_t request_bytes);
  void HandlePingRequest(const Source& source);
  void HandleAck(Source source);
  Duration PaceOf(const wire::Packet& ack) const;
  void HandleNack(const Source& source);
  void HandlePull(const Source& source);
  void LearnAll(std::vector<wire::Update>& updates, const Source& source);
  void AnswerHeldRecord(const Source& source, size_t request_bytes);
  Source MakeSource(const HostId& sender, const Address& from) const;
  void Heard(const Source& source);

  // ---- node_probing.cc ----
  void UpdateTargets(const HostId& changed, bool up);
  void ResetSchedule();
  void ProbeDueTargets();
  void SweepTargets();
  void StartExtraProbe();
  Flight* StartFlight(const MemberView& member, ProbeKind kind, TimePoint due);
  void SendPing(Flight& flight);
  // Tells a member what is held of it.
  void AskWhichEpoch(const MemberView& member);
  void RunFlights();
  void Conclude(Flight& flight);
  void JudgeFailedProbe(const Flight& flight);
  void DirectAnswer(Flight& flight);
  void Answered(Flight& flight, const Door::Answer& answer);
  void FinishFlight(Flight& flight);
  bool IsLate(const Flight& flight) const;
  bool IsVoid(const Flight& flight) const;  // nothing can be concluded from its failure
  bool IsLonely() const;
  bool IsDeaf() const;  // nothing has come in since a probe that proved nothing
  Duration AckTimeoutOf(const MemberView& member) const;
  const MemberView* RandomUpMember(const HostId& avoid);
  // Up to `count` distinct members that are up, at random; never ourselves nor `avoid`. Valid until
  // the table changes.
  std::vector<const MemberView*> DrawUpMembers(size_t count, const HostId& avoid);

  // ---- node_paths.cc ----
  void GoIndirect(Flight& flight);
  void AskRelays(Flight& flight, int count);
  bool AsksAgain(const Flight& flight) const;
  void AskAgain(Flight& flight);
  void SendNacks();

  // ---- node_suspicion.cc ----
  Duration WindowFor(const Flight& flight) const;
  TimePoint SilenceBegan(const Flight& flight) const;
  void Accuse(const Flight& flight);
  void Witness(const Flight& flight);
  void AnnounceSuspicion(const HostId& subject);
  bool VotesAllowVerdict(const Suspicion& suspicion);
  void SuspectGossiped(const HostId& id, const wire::Update& claim);
  void RunSuspicions();
  void RepeatProbe(Suspicion& suspicion);
  void StartLastLook(const HostId& subject);
  void LookEnded(const Flight& flight);
  void GiveVerdict(const HostId& subject, wire::Reason reason);
  void PingForGate();
  bool AreManySuspected() const;
  void SuspectAnswered(const HostId& subject);
  // It was not silent all the time: the silence that counts began then.
  void BeginSilenceAnew(Suspicion& suspicion, TimePoint began);
  Duration ToleranceOf(const HostId& id) const;
  void RunChallenges();
  void StartChallenge(const wire::Update& claim, const Source& source);
  void SendChallenge(const Challenge& challenge);

  // ---- node_voting.cc ----
  bool HasEnoughAnswers(const Suspicion& suspicion) const;
  void ConsiderAnnouncing(const Suspicion& suspicion);
  void AskForVote(Suspicion& suspicion, const MemberView& voter);
  void PollObservers(const HostId& subject);
  void HandleVoteRequest(const Source& source);
  void SendVotes(const HostId& subject, wire::Vote vote);
  // Since it last answered us; 0: not known.
  uint32_t MillisSinceAnswer(const HostId& id) const;
  void ConcludeVote(const Flight& flight);
  void HandleVote(const Source& source);

  // ---- node_sickness.cc ----
  void AnsweredOtherwise(Flight& flight);
  void Watch(const HostId& id);
  void ProbeDoubtful();
  void ConsiderBar(const HostId& id);
  // Pronounces a member failed above all refutations of its present run.
  void Bar(const HostId& id, wire::Reason reason);
  bool IsFlapping(const HostId& id) const;
  void NoteReturn(const HostId& id);
  void BeginProbation();
  void EndProbationIfWell();

  // ---- node_merging.cc ----
  bool MayAddTombstone();
  void Learn(const wire::Update& update, const Source& source);
  // `wants_attributes`, if not null: the claim's attributes are not ours and must be pulled.
  void Merge(const wire::Update& update, const HostId& source, bool* wants_attributes = nullptr);
  void ClaimAboutSelf(const wire::Update& update, const Source& source);
  void RaiseOwn(Incarnation incarnation, bool full);
  void React(const Change& change, const wire::Update& update, const HostId& source);
  void QueueRumour(const Change& change, const wire::Update& update, const HostId& source);
  void PutRumour(uint32_t index, RumourClass rumour_class, bool full, const HostId& source);
  void RunMemberTimers();
  void Reap(const HostId& id);
  void Forget(const HostId& id);
  wire::Update UpdateFor(uint32_t index, bool full) const;
  wire::Update ToldUpdate(uint32_t index, bool full);  // and how long it has been suspected
  void AppendUpdateFor(uint32_t index, bool full, std::string* pieces,
                       const wire::CommonAttributes* common = nullptr);
  void AppendShortUpdate(uint32_t index, std::string* pieces);  // for packets alone
  // What is said of `id` behind its back goes into everything sent to it, so that it can refute.
  void AppendClaimAbout(const HostId& id, std::string* pieces, bool on_stream = false);
  wire::Update OwnUpdate(Incarnation incarnation, wire::State state) const;

  // ---- node_batching.cc ----
  void ShowChange(const Change& change, const wire::Update& update);
  void ShowHeldChange(Batcher::Held* held, const Batcher::Held& now, bool has_moved);
  void Show(const Batcher::Held& change);
  void TellOfVerdict(const Batcher::Held& change);
  void ShowReaped(Event reaped);
  bool IsVerdictExpected() const;
  void ShowDue();

  // ---- node_gossip.cc ----
  void Push();
  void NewsArrived();
  void RequestRecord(const HostId& id, const Source& source);
  void FlushPulls();
  void NoteCell(const Source& source, const wire::ViewCell& theirs, bool may_sync);
  void ReportAgreement();
  void Settle();
  void StartSettling();
  void SettleForUsers();
  bool PushReachesAll() const;
  bool SettlesSoon() const;
  void NoteMass();
  void SendPieces(const Address& to);

  // ---- node_streams.cc ----
  void HandleStreamPing(StreamId stream);
  void HandleStreamAck(StreamId stream);
  void SendStreamPing(StreamId stream, const HostId& target);
  void ProbeStreamEnded(StreamId stream, StreamEnd end);
  void HandleLeaveNotice(StreamId stream);
  StreamId OpenStream(const Address& to, StreamRole role, Duration budget);
  bool MakeRoomForStream();
  void CloseStream(StreamId stream);
  void TellNextPeerOfLeave();
  void FinishLeave();
  void ProbeConflict(const wire::Attributes& claimed);

  // ---- node_joining.cc ----
  void StartJoinRound();
  void StartHintWave();
  void StartJoinAttempt(const Address& address, uint64_t request);
  void StartJoinAttempt(const Joiner::Attempt& attempt, Duration budget);
  void SendJoin(StreamId stream);
  void HandleJoin(StreamId stream);
  void HandleJoinAnswer(StreamId stream);
  void HandleWrongCluster(StreamId stream);
  void EndJoinAttempt(StreamId stream, const std::string& error, wire::JoinVerdict verdict);
  // Who has the joiner's id, name or address; not its id if that was cleared.
  bool FindHolder(const wire::Update& joiner, bool is_cleared, Door::Visitor* visitor) const;
  void ProbeHolder(const Door::Visitor& visitor);
  void DecideVisitor(StreamId stream, const Door::Answer& answer);
  void Admit(StreamId stream, const wire::Update& joiner);
  void Refuse(StreamId stream, wire::JoinVerdict verdict, const HostId& other);
  void Heal();
  bool HealNeeded() const;
  std::vector<Address> LostSeeds() const;
  // ---- node_syncing.cc ----
  void ConsiderSync(const HostId& peer, const Address& address, bool tombstones);
  void BeginSync(const HostId& peer, const Address& address, bool tombstones, size_t their_count);
  SyncSession* AcceptSync(StreamId stream);
  bool IsInSyncDebt() const;
  void SendSyncFrame(const SyncSession& session, wire::StreamType type, bool last);
  void SendSummary(SyncSession& session);
  size_t SyncedMax() const;
  void HandleSyncRequest(StreamId stream);
  void HandleSyncSummary(StreamId stream);
  void HandleSyncRecords(StreamId stream);
  void RecordsRead(SyncSession* session);
  void SendRecords(SyncSession& session);
  void TellOn(const SyncSession& session);
  void CloseSync(StreamId stream, bool is_complete);
  void SyncStreamEnded(StreamId stream, StreamEnd end);
  void CollectDifference(const wire::Update& theirs, SyncSession* session);

  // ---- node_comparing.cc ----
  void EndStreamOutOfOrder(StreamId stream);
  bool IsFromSyncPeer(const SyncSession& session);
  void SendCells(SyncSession& session);
  void PutOffComparison(StreamId stream);
  void HandleSyncCells(StreamId stream);
  void HandleSyncSplit(StreamId stream);
  void SendPrints(SyncSession& session);
  void HandleSyncPrints(StreamId stream);

  TimePoint now_;
  bool drained_ = true;
  wire::Packet in_;
  wire::Packet packet_;  // outgoing scratch
  wire::StreamMessage message_in_;
  wire::StreamMessage message_;  // outgoing scratch
  std::string pieces_;
  std::string rumour_;
  bool answer_about_self_ = false;  // somebody holds a wrong claim about us: tell them
  DeadlineHeap<HostId> focus_;      // when to probe those that have just lost packets, besides
  DeadlineHeap<HostId> leaving_members_;
  DeadlineHeap<HostId> tombstones_;
  NameWatch name_watch_;
  LookupMap<HostId, Verdict> verdicts_;
  LookupMap<HostId, TimePoint> returned_at_;  // failed members that came back in the same run
  LookupMap<HostId, TimePoint> lossy_told_;   // when we last voted them lossy
  LookupMap<HostId, HostId> last_relay_;      // subject -> the relay that reached it last
  std::vector<Challenge> challenges_;
  LookupMap<StreamId, StreamRole> roles_;
  LookupMap<StreamId, Address> stream_peers_;
  std::vector<std::pair<StreamId, TimePoint>> inbound_;  // and since when; oldest first
  TimePoint extra_at_;
  TimePoint push_at_ = TimePoint::Never();
  TimePoint last_push_;
  TimePoint heal_at_ = TimePoint::Never();
  TimePoint settle_at_ = TimePoint::Never();
  int settle_left_ = 0;
  int settle_agreed_ = 0;
  TimePoint mass_until_;                     // more news than gossip can tell may go on till then
  std::vector<Owed>* told_later_ = nullptr;  // while an exchange's records are read: its `learnt`
  TimePoint last_change_;                    // of the table
  TimePoint last_sync_;                      // that we began
  TimePoint last_sweep_;                     // when all targets were last probed out of turn
  TimePoint no_accusing_until_;
  uint64_t batch_ = 0;               // of the changes that users were shown last
  bool is_showing_ = false;          // this call has shown some
  bool has_news_for_users_ = false;  // something that what is held may have waited for
  bool had_company_ = false;
  TimePoint last_heard_;                   // a verified message of any other member
  uint64_t answers_heard_ = 0;             // acks, nacks, stream answers and refusals
  uint64_t void_at_answers_ = UINT64_MAX;  // answers_heard_ when a probe had heard nothing
  MemberView typical_;                     // whose round trip is everybody's
  uint64_t pings_sent_ = 0;
  uint64_t next_request_ = 1;
  bool agreed_ = true;
  LeaveProgress leave_;
  StreamId conflict_stream_ = 0;
  TimePoint last_conflict_probe_;
  TimePoint last_epoch_forced_;
  TimePoint next_eviction_;
  TimePoint next_confirm_;
  bool refuted_in_call_ = false;  // one refutation a call, however many claims it brings
  std::vector<Pull> pulls_;
  wire::ViewCell futile_tombstones_ours_;
  wire::ViewCell futile_tombstones_theirs_;
  wire::ViewCell tombstones_theirs_;
};

}  // namespace muster::core
