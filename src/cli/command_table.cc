#include "src/cli/command_table.h"

namespace muster::cli {

const CommandText kProgramText = {
    "muster", "", "a cluster's members: who is alive, who failed, who left",
    R"(  muster agent --join 10.0.0.7          run an agent and join through any one peer
  muster members                        list the members
  muster members --status failed        only those that failed
  muster wait --for 'count>=3'          until three members are alive
  muster events -o jsonl                stream changes to a program
  muster sim --members 500 --loss 5%    what it would do in a cluster of your size
)",
    R"(Exit codes:
  0 ok; 1 error; 2 usage; 3 nothing matched or an expectation not met; 4 timed out;
  5 cannot reach the agent; 6 not permitted; 130 interrupted
)"};

const CommandText kAgentText = {
    "agent", "", "run an agent: one on each host",
    R"(  muster agent                                      the first one of a cluster
  muster agent --join 10.0.0.7                      joins through any one peer
  muster agent --advertise 127.0.0.2 --join 127.0.0.1    a second one on this host
  muster agent --tag role=web --tag zone=a --config /etc/muster.toml
)",
    R"(Each flag can also come from the environment ([MUSTER_...]; lists with commas) and from the
file of --config, in TOML with the names of the flags, as in
  advertise = "10.0.0.7"
  join = ["10.0.0.8", "db-1"]
The flag goes before the environment, which goes before the file.
SIGTERM and SIGINT: leave the cluster, then stop. A second signal stops at once. SIGHUP: read the
file again.
)"};

const CommandText kMembersText = {
    "members", "[NAME-GLOB]", "list the members as the agent sees them",
    R"(  muster members                          all of them
  muster members 'web-*' --status alive    by name and status (alive includes suspect)
  muster members --tag 'role=web|db' -o name
  muster members --status alive --expect 5 exit code 3 unless there are five
  muster members --watch                   again at every change
)",
    R"(A member is listed until it is reaped, also when it failed or left. No match: exit code 3.
--watch redraws on a terminal and prints a new table at every change elsewhere. With -o jsonl it
prints every member once, then each member that changes, one object a line, as 'kubectl get -w'; one
that is listed no longer comes a last time with "gone": true. -o name does the same with names, and
-o json prints the whole list at every change. It runs until interrupted, or until --timeout (exit
code 4).
)"};

const CommandText kMemberText = {
    "member", "NAME", "everything about one member",
    R"(  muster member web-1
  muster member 0f3a5c77e1d24b6f8a90b1c2d3e4f506    by its host id
  muster member web-1 -o json
)",
    R"(An unknown name: exit code 3. Two live members of one name: exit code 1 and both ids.
)"};

const CommandText kStatusText = {
    "status", "", "the agent and its view: agreement, health, traffic, datastore",
    R"(  muster status
  muster status --check && echo fine        for scripts: exit code 3 unless all is in order
  muster status -o json
)",
    R"(--check demands: ready, not isolated, joined, and every peer heard from agrees. A datastore
that fails is mentioned, but is no reason to fail: members find each other without it.
)"};

const CommandText kJoinText = {
    "join", "ADDR...", "make the running agent join through these peers",
    R"(  muster join 10.0.0.7
  muster join 10.0.0.7:7946 db-1.example.net
)",
    R"(Prints a line for each address. One that answers is enough; none: exit code 1.
)"};

const CommandText kLeaveText = {
    "leave", "", "make the agent leave the cluster and stop",
    R"(  muster leave
  muster leave --agent unix:/var/lib/muster/127.0.0.2_7946/agent.sock
)",
    R"(Prints how many of the peers that were asked confirmed that they know.
)"};

const CommandText kForceLeaveText = {
    "force-leave", "NAME", "turn a failed member into one that left",
    R"(  muster force-leave web-9              shown as left from now on
  muster force-leave web-9 --prune      and listed no more
)",
    R"(A live member is refused (exit code 1) without --evict. An unknown name: exit code 3.
)"};

const CommandText kWaitText = {"wait", "--for CONDITION", "wait until a condition holds",
                               R"(  muster wait --for 'count>=3' --timeout 30s
  muster wait --for alive=web-1
  muster wait --for failed=web-1 --timeout 1m
  muster wait --for agree
)",
                               R"(Conditions:
  count>=N     members alive or suspect; also count==N, count<=N, count>N, count<N
  alive=NAME   the member is alive, not merely suspect; it may be unknown yet
  failed=NAME  it failed;  left=NAME  it left; an unknown name: exit code 3
  agree        the agent and all peers that it hears from have the same view
NAME may be a host id. Time-out (--timeout, 10s): exit code 4. The fact goes to standard error; with
-o json the answer of the agent that met the condition goes to standard output.
)"};

const CommandText kReachabilityText = {"reachability", "",
                                       "ask every live member for a sign of life",
                                       R"(  muster reachability
  muster reachability -o name && echo all answer     names of those that do not
)",
                                       R"(Exit code 3 when a member does not answer.
)"};

const CommandText kEventsText = {
    "events", "", "stream changes as they happen",
    R"(  muster events
  muster events --type member.failed --type member.joined
  muster events -o jsonl | while read -r event; do ...; done
  muster events --timeout 60s               for a minute; ends with exit code 4
)",
    R"(Starts with 'hello', which carries the current members. Types: hello, member.joined,
member.suspected, member.refuted, member.failed, member.leaving, member.left, member.returned,
member.updated, member.reaped, conflict, self.health, self.isolated, self.probation, agreement,
store.failed, store.recovered, store.replaced, user, gap, reset.
Runs until interrupted, or until --timeout. When the agent stops: exit code 5.
)"};

const CommandText kPresenceListText = {
    "presence list", "", "what the datastore holds: one row for each host",
    R"(  muster presence list
  muster presence list -o wide
  muster presence list -o name
)",
    R"(A row says where a host was: a hint by which agents find their cluster, and nothing that
decides who is a member. AGE is the time since the host refreshed its row, EXPIRES when the row
goes unless that happens again, STATUS what this agent's view says of the host (unknown: no member
here). The datastore fails: exit code 1 and its error.
)"};

const CommandText kPresencePurgeText = {
    "presence purge", "NAME", "remove a host's rows from the datastore",
    R"(  muster presence purge web-9
  muster presence purge 0f3a5c77e1d24b6f8a90b1c2d3e4f506    by its host id
)",
    R"(For a host that will not come back and whose row should not last until it expires. It changes
no membership ('muster force-leave' does), and an agent that lives writes its row again within
30 s. No such row: exit code 3.
)"};

const CommandText kSimText = {
    "sim", "", "simulate a cluster of your size, loss and faults on this host",
    R"(  muster sim --members 500 --loss 5% --slow 3 --crash 2 --tolerance 4s --duration 5m
  muster sim --members 200 --crash 20 --report crashes.html     draws the curves
  muster sim --scenario rack-fails.toml -o json
)",
    R"(Runs the agent's own protocol in virtual time: how fast crashes are detected, who is called
failed without being so, what it costs. The same flags print the same bytes. Members
are n0, n1 ...; all join through the first three, and the clock starts 5 s after all have met.
--slow members stand still with their input and output for 1/4 to 1 1/2 tolerances at a time while
their timers run on, as on a blocked disk; verdicts about them are counted apart. Crashes come at
random moments of the run.
A scenario is TOML: members, duration, loss, seed, latency, profile, tolerance, period, and
  [[event]]
  at = "10s"                    from the start of the clock
  do = "crash"                  also power-off, restart (lost-disk = true), pause, resume, block,
  members = ["n3", "n5-n7"]     unblock, leave; cpu (share = "2%"); loss (loss = "5%", members,
                                direction = "in"); cut (from, to, transport = "udp"); partition
                                (groups = [["n0-n9"], ["n10"]]); heal; join (count = 5)
Flags go before the file. 100 members for 10 minutes take about a second, 10,000 some minutes and
GiB of memory; a run has at most 60,000,000 member-seconds.
)"};

const CommandText kExplainText = {
    "explain", "", "what follows from the settings: detection times, traffic, memory",
    R"(  muster explain --members 500
  muster explain --config /etc/muster.toml --members 2000
  muster explain --profile wan --tolerance 2s --loss 3%         warns of what contradicts itself
)",
    R"(Takes the flags of 'muster agent', from the command line, the environment and --config, and
prints each figure with its formula. No agent is asked and none is started. 'muster sim' tries out
what this only derives.
)"};

}  // namespace muster::cli
