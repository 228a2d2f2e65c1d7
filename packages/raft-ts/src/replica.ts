import type { Recovered } from "./recovered.ts";
import { DurableState } from "./durable-state.ts";
import { ElectionClock } from "./election.ts";
import { type Entry, type EntryKind, type LogPosition, NO_NODE } from "./entry.ts";
import { invariant } from "./invariant.ts";
import type { Addressed } from "./leadership.ts";
import type { RaftMessage } from "./message.ts";
import { type RaftOptions, type ResolvedOptions, resolveOptions } from "./options.ts";
import type { RaftOutput } from "./output.ts";
import type { RaftLog } from "./raft-log.ts";
import { isSameReplica, type ReplicaKey } from "./replica-key.ts";
import { PendingReplies, type Reply } from "./replies.ts";
import { isTransition } from "./role.ts";
import type { Follower, Observer, RoleState } from "./role-state.ts";
import { Snapshots } from "./snapshots.ts";
import { VoterSet } from "./voter-set.ts";

/**
 * What all parts of a node share: its role, its log and how far it is committed, and what there is to do. The parts (elections, following,
 * observing, leadership) decide; here are the few ways in which anything changes.
 */
export class Replica {
  readonly options: ResolvedOptions;
  readonly durable: DurableState;
  readonly snapshots: Snapshots;
  readonly clock: ElectionClock;
  /** Peers whose last dial was refused and of whom nothing came since: no ballot waits for them. */
  readonly unreachable = new Set<number>();
  /** As of the input that is being stepped. */
  nowUs: number;
  private readonly replies = new PendingReplies();
  private current: RoleState;
  private commitIndex: number;
  /** The term that was last told in a role output. */
  private toldTerm = -1;
  private outputs: RaftOutput[] = [];

  constructor(options: RaftOptions, recovered: Recovered, nowUs: number) {
    this.options = resolveOptions(options);
    this.durable = new DurableState(recovered, new VoterSet(options.voters));
    this.snapshots = new Snapshots(this.options, recovered.snapshot);
    this.clock = new ElectionClock(this.options);
    this.commitIndex = recovered.snapshot?.index ?? 0;
    this.nowUs = nowUs;
    this.current = this.startState(recovered);
    if (recovered.snapshot !== undefined) this.output({ type: "restore", snapshot: recovered.snapshot });
    // The start is never leadership: a term that was led before the restart must not be led again, for its tail may be lost.
    this.tellRole();
  }

  get self(): ReplicaKey {
    return this.options.self;
  }

  get state(): RoleState {
    return this.current;
  }

  get term(): number {
    return this.durable.term;
  }

  /** The known leader of `term`; −1 if there is none. */
  get leader(): number {
    const { current } = this;
    if (current.type === "leader") return this.self.id;
    return current.type === "follower" || current.type === "observer" ? current.leader : NO_NODE;
  }

  get log(): RaftLog {
    return this.durable.log;
  }

  get committed(): number {
    return this.commitIndex;
  }

  /**
   * It may vote and lead: it is a voter by its latest set or, while that may not be committed, by the one before. Both, for a leader that dies
   * while it removes itself may be the only one that can be elected (thesis §4.2.2).
   */
  get isMember(): boolean {
    return this.log.voters.inForce(this.commitIndex).some((voters) => voters.has(this.self));
  }

  // The log

  appendAsLeader(kind: EntryKind, payload: Uint8Array): LogPosition {
    const entry = { index: this.log.lastIndex + 1, term: this.term, kind, payload };
    this.durable.append([entry]);
    return { index: entry.index, term: entry.term };
  }

  /** What a leader sent and the log has not: what contradicts it goes. */
  takeEntries(from: { readonly truncateFrom: number; readonly entries: readonly Entry[] }): void {
    if (from.truncateFrom !== 0) this.durable.truncateFrom(from.truncateFrom, this.commitIndex);
    this.durable.append(from.entries);
    this.settleMembership();
  }

  commitTo(index: number): void {
    if (index <= this.commitIndex) return;
    const { log, snapshots } = this;
    invariant(index <= log.lastIndex, "what is committed is there", { index, lastIndex: log.lastIndex });
    const entries = log.slice(this.commitIndex + 1, index + 1);
    this.commitIndex = index;
    let told = 0;
    for (const [position, entry] of entries.entries()) {
      if (!snapshots.isDueAfter(entry)) continue;
      this.output({ type: "committed", entries: entries.slice(told, position + 1) });
      this.output({ type: "take-snapshot", index: entry.index });
      snapshots.begin({ index: entry.index, term: entry.term, voters: log.voters.at(entry.index).voters.voters });
      told = position + 1;
    }
    if (told < entries.length) this.output({ type: "committed", entries: told === 0 ? entries : entries.slice(told) });
    if (this.current.type === "leader") this.current.leadership.committedTo(index);
    this.settleMembership();
  }

  /** The application's state is that of a snapshot now, and the log begins behind it. */
  restoredTo(index: number): void {
    this.commitIndex = index;
    this.settleMembership();
  }

  /** Later than all terms known: what was to be said in an earlier one helps nobody any more. */
  adoptTerm(term: number): void {
    this.durable.adoptTerm(term);
    this.replies.forget();
  }

  // The role

  /** A follower, or an observer where it has no vote, of `leader`. */
  following(leader: number, deadlineUs: number): Follower | Observer {
    return { type: this.isMember ? "follower" : "observer", leader, heardUs: this.nowUs, deadlineUs };
  }

  /** The leader of this term was heard. A term has one: a second one, or one beside itself, is a lie, and false is returned. */
  follow(leader: number): boolean {
    const { current } = this;
    if (current.type === "leader") return false;
    const deadlineUs = this.nowUs + this.clock.timeout();
    if ((current.type === "follower" || current.type === "observer") && current.leader === leader) {
      current.heardUs = this.nowUs;
      current.deadlineUs = deadlineUs;
      return true;
    }
    if (current.type === "follower" && current.leader !== NO_NODE) return false;
    this.clock.settled();
    this.become(this.following(leader, deadlineUs));
    return true;
  }

  become(state: RoleState): void {
    const before = this.current;
    invariant(isTransition(before.type, state.type), "roles change as the table says", { from: before.type, to: state.type });
    const { leader } = this;
    this.current = state;
    if (before.type === "leader") for (const id of before.leadership.reads.refuse()) this.output({ type: "read", id, index: undefined });
    if (before.type !== state.type || leader !== this.leader || this.toldTerm !== this.term) this.tellRole();
  }

  private startState({ votedFor, hasPromised }: Recovered): RoleState {
    // It knows of no leader to wait for; if there is one, the others refuse the pre-vote and nothing is lost.
    const deadlineUs = this.nowUs + this.clock.backoff();
    if (!this.isMember) {
      if (!hasPromised) this.durable.makeVolatile();
      return { type: "observer", leader: NO_NODE, heardUs: this.nowUs, deadlineUs };
    }
    const mayHaveLed = votedFor !== undefined && isSameReplica(votedFor, this.self);
    return mayHaveLed ? { type: "resigned", deadlineUs } : { type: "follower", leader: NO_NODE, heardUs: this.nowUs, deadlineUs };
  }

  /** The log, or what is committed of it, changed: it may vote now, or no more. */
  private settleMembership(): void {
    const { current, nowUs, leader } = this;
    if (current.type === "leader" || (current.type === "observer") !== this.isMember) return;
    if (current.type === "observer") {
      this.durable.makeDurable();
      this.become({ type: "follower", leader, heardUs: current.heardUs, deadlineUs: nowUs + this.clock.timeout() });
    } else this.become({ type: "observer", leader, heardUs: nowUs, deadlineUs: nowUs });
  }

  private tellRole(): void {
    this.toldTerm = this.term;
    this.output({ type: "role", role: this.current.type, term: this.term, leader: this.leader });
  }

  // Outputs

  output(output: RaftOutput): void {
    this.outputs.push(output);
  }

  /** Takes out what there is to do. */
  takeOutputs(): readonly RaftOutput[] {
    if (this.outputs.length === 0) return NOTHING;
    const drained = this.outputs;
    this.outputs = [];
    return drained;
  }

  send(to: ReplicaKey, message: RaftMessage): void {
    this.output({ type: "send", to: { id: to.id, directoryId: to.directoryId }, message });
  }

  sendAll(messages: readonly Addressed[]): void {
    for (const { to, message } of messages) this.send(to, message);
  }

  /** Sends it as soon as what it promises is durable. */
  reply(reply: Reply): void {
    const message = this.replies.ask(reply, this.durable.synced);
    if (message !== undefined) this.send(reply.to, message);
  }

  sendReleasedReplies(): void {
    this.sendAll(this.replies.release(this.durable.synced));
  }
}

const NOTHING: readonly RaftOutput[] = [];
