import { CommandLog } from "@samsa/command-log";
import {
  type BrokerRegistration,
  compareImages,
  EMPTY_IMAGE,
  type MetadataChanges,
  type MetadataDelta,
  type MetadataImage,
  type MetadataRecord,
  replayBatch,
} from "@samsa/metadata";
import { afterMs, earlier, invariant, type Micros, NO_NODE, type NodeId, type Now, type Prng } from "@samsa/stdx";
import type { ControllerReply, DecidedRequest, ProbeOutcome, RequestToken } from "./api.ts";
import { bytesBesideChanges } from "./batch-limits.ts";
import { bootstrapRecords } from "./bootstrap.ts";
import { BrokerSessions } from "./broker-sessions.ts";
import { decideCommand } from "./commands.ts";
import { type ControllerConfig, type ControllerLimits, DEFAULT_CONTROLLER_LIMITS } from "./config.ts";
import { ControlledShutdowns } from "./controlled-shutdowns.ts";
import { DeathHints } from "./death-hints.ts";
import type { Decision } from "./decision.ts";
import { balanceLeaders } from "./elect-leaders.ts";
import { errorReply } from "./error-reply.ts";
import { fenceBroker } from "./fencing.ts";
import type { ControllerOutput, ControllerTrace } from "./output.ts";
import { changePartitions, isUnfenced } from "./partition-change.ts";
import { heartbeat, registerBroker } from "./registration.ts";
import { tellBatch } from "./tell.ts";
import { type UncleanRule, uncleanRule } from "./unclean-election.ts";

/** What is kept of a command until its batch is committed. */
interface Waiting {
  readonly because: string;
  readonly answer: { readonly token: RequestToken; readonly reply: ControllerReply } | undefined;
}

/** One entry of the metadata log, as committed; a leader's barrier has no records. */
export interface CommittedMetadata {
  readonly index: number;
  readonly epoch: number;
  readonly records: readonly MetadataRecord[];
}

export interface ControllerOptions {
  readonly self: NodeId;
  readonly config: ControllerConfig;
  readonly prng: Prng;
}

/**
 * The cluster's controller (KIP-500): every node has one and replays the metadata log with it; the active one also decides.
 *
 * | state | becameLeader | barrier of its own epoch committed | lostLeadership | request |
 * |---|---|---|---|---|
 * | standby | → waiting | – | – | NOT_CONTROLLER |
 * | waiting | new epoch | → active | → standby | NOT_CONTROLLER |
 * | active | – | – | → standby: speculative state dropped, requests fail with NOT_CONTROLLER | decided, answered once committed |
 *
 * Raft's leader is not the active controller yet: entries of earlier epochs may still be uncommitted or unapplied, and a decision on a state
 * without them would contradict them (R25). Its own barrier, once committed, lies behind all of them.
 */
export class Controller {
  private readonly self: NodeId;
  private readonly config: ControllerConfig;
  private readonly limits: ControllerLimits;
  /** What a registration, or a change of configs, may take. */
  private readonly bytesBesideChanges: number;
  private readonly prng: Prng;
  private readonly log: CommandLog<MetadataImage, MetadataRecord, Waiting, MetadataDelta>;
  private readonly sessions: BrokerSessions;
  private readonly hints: DeathHints;
  private readonly shutdowns = new ControlledShutdowns();
  /** When leaders are moved back next. */
  private balanceAt: Micros | undefined;
  private outputs: ControllerOutput[] = [];
  /** Of the leadership Raft gave this node; undefined on a standby. */
  private leaderEpoch: number | undefined;
  private latestEpoch = -1;
  private committedEpoch = -1;

  constructor({ self, config, prng }: ControllerOptions) {
    this.self = self;
    this.config = config;
    this.limits = { ...DEFAULT_CONTROLLER_LIMITS, ...config.limits };
    this.bytesBesideChanges = bytesBesideChanges(this.limits);
    this.prng = prng;
    this.sessions = new BrokerSessions(config.brokerSessionTimeoutMs);
    this.hints = new DeathHints(this.limits.hintFencingIntervalMs);
    this.log = new CommandLog({
      initial: EMPTY_IMAGE,
      replay: (image, records, index) => {
        const replayed = replayBatch(image, records, index);
        return { state: replayed.image, change: replayed.delta };
      },
      maxWaitingReplies: this.limits.maxWaitingRequests,
    });
  }

  /** The committed metadata; brokers see this and nothing else (C03). */
  get image(): MetadataImage {
    return this.log.committed;
  }

  get isActive(): boolean {
    return this.log.isLeading;
  }

  /** Epoch of the newest leadership of this node, or of the newest committed entry; −1 before any. */
  get epoch(): number {
    return Math.max(this.latestEpoch, this.committedEpoch);
  }

  get nextDeadlineUs(): Micros | undefined {
    if (!this.isActive) return undefined;
    return earlier(earlier(this.sessions.nextExpiry, this.hints.nextDeadline), this.balanceAt);
  }

  /** Raft elected this node. It acts once it has applied the barrier of this epoch. */
  becameLeader(epoch: number, now: Now): void {
    if (this.leaderEpoch !== undefined) this.lostLeadership(now);
    this.leaderEpoch = epoch;
    this.latestEpoch = epoch;
    if (this.committedEpoch === epoch) this.activate(now);
  }

  lostLeadership(_now: Now): void {
    const wasActive = this.isActive;
    this.leaderEpoch = undefined;
    this.sessions.clear();
    this.shutdowns.clear();
    this.balanceAt = undefined;
    this.hints.forgetRefused();
    this.outputs = this.outputs.filter((output) => output.type !== "propose");
    this.log.resign(({ because, answer: waiting }) => {
      return waiting && { because, answer: { token: waiting.token, reply: errorReply(waiting.reply.type, "NOT_CONTROLLER") } };
    });
    this.takeReplies();
    if (wasActive) this.tell({ kind: "controller", isActive: false, epoch: this.latestEpoch });
  }

  /** Whether a batch that was drained may still be proposed: it may not once the leadership that decided it has ended. */
  isPending(batch: number): boolean {
    return this.log.isPending(batch);
  }

  /** The answer to `propose`: the batch's place in the log. */
  proposed(batch: number, index: number): void {
    this.log.proposed(batch, index);
  }

  /** The log's next committed entry, on every node. Returns what it changed; undefined for a barrier. */
  committed(entry: CommittedMetadata, now: Now): MetadataDelta | undefined {
    invariant(entry.epoch >= this.committedEpoch, "epochs of committed entries never fall", { node: this.self, entry: entry.epoch, last: this.committedEpoch });
    // Another leader's entry: whatever Raft says later in this turn, this leadership is over (C05).
    if (this.leaderEpoch !== undefined && entry.epoch > this.leaderEpoch) this.lostLeadership(now);
    const before = this.log.committed;
    const delta = this.log.commit(entry);
    this.committedEpoch = entry.epoch;
    this.shutdowns.committed(entry.records, entry.index);
    const [own] = this.takeReplies();
    if (this.leaderEpoch !== undefined) {
      for (const event of tellBatch(before, entry.records, own?.because ?? "decided by an earlier controller")) this.tell(event);
    }
    if (!this.isActive && this.leaderEpoch === entry.epoch) this.activate(now);
    return entry.records.length === 0 ? undefined : delta;
  }

  /**
   * The metadata of a snapshot whose last entry is of `epoch`, in place of the entries up to `image.index`. Returns what is different
   * now; whoever follows the metadata is told of it as of an entry.
   */
  restored(image: MetadataImage, epoch: number, now: Now): MetadataChanges {
    invariant(epoch >= this.committedEpoch, "epochs of committed entries never fall", { node: this.self, snapshot: epoch, last: this.committedEpoch });
    if (this.leaderEpoch !== undefined) this.lostLeadership(now);
    const changes = compareImages(this.log.committed, image);
    this.log.restore(image, image.index);
    this.committedEpoch = epoch;
    return changes;
  }

  request(token: RequestToken, from: NodeId, request: DecidedRequest, now: Now): void {
    const refuse = (error: "NOT_CONTROLLER" | "REQUEST_TIMED_OUT" | "INVALID_REQUEST"): void => {
      this.outputs.push({ type: "reply", token, reply: errorReply(request.type, error) });
    };
    if (!this.isActive) return refuse("NOT_CONTROLLER");
    if ("brokerId" in request && request.brokerId !== from) return refuse("INVALID_REQUEST");
    if (this.log.isFull) {
      // Too many requests are no proof that a broker is dead: that it was heard of counts though its request has no turn, as with Kafka.
      if (request.type === "broker-heartbeat" && this.unfenced(request.brokerId)?.brokerEpoch === request.brokerEpoch) this.heardOf(request, false, now);
      return refuse("REQUEST_TIMED_OUT");
    }
    const decision = this.decide(request, now);
    this.submit(decision, token);
  }

  /** A broker's control connection closed: a hint that its process may be gone. */
  connectionLost(brokerId: NodeId, _now: Now): void {
    if (this.isActive) this.suspect(brokerId);
  }

  /** The answer to `probe`. */
  probed(brokerId: NodeId, outcome: ProbeOutcome, now: Now): void {
    const verdict = this.hints.probed(this.isActive ? this.unfenced(brokerId) : undefined, brokerId, outcome);
    if (!this.isActive) return;
    this.tell({ kind: "probe", broker: brokerId, outcome });
    if (verdict.type === "fence") this.fence(brokerId, "replaced by another incarnation");
    if (verdict.type === "probe-again") this.suspect(brokerId);
    this.fenceRefused(now);
  }

  deadline(now: Now): void {
    if (!this.isActive) return;
    this.fenceRefused(now);
    for (const brokerId of this.sessions.takeExpired(now)) this.fence(brokerId, "session timed out");
    if (this.balanceAt !== undefined && this.balanceAt <= now.monotonicUs) this.balance(now);
  }

  drain(): readonly ControllerOutput[] {
    if (this.outputs.length === 0) return NOTHING;
    const drained = this.outputs;
    this.outputs = [];
    return drained;
  }

  private activate(now: Now): void {
    this.log.lead();
    this.tell({ kind: "controller", isActive: true, epoch: this.latestEpoch });
    this.submitOwn(bootstrapRecords(this.log.speculative, this.config), "bootstrap");
    this.planBalance(now);
    this.electLeaderless();
    for (const broker of this.image.brokers.values()) {
      if (broker.isFenced) continue;
      this.sessions.renew({ ...broker, appliedIndex: 0 }, now);
      // Whoever died with, or before, the last controller closed no connection of ours.
      this.suspect(broker.brokerId);
    }
  }

  private decide(request: DecidedRequest, now: Now): Decision {
    if (request.type === "register-broker") return this.register(request);
    if (request.type === "broker-heartbeat") return this.heartbeat(request, now);
    const { self, config, limits, prng } = this;
    return decideCommand({ self, image: this.log.speculative, config, limits, bytesBesideChanges: this.bytesBesideChanges, prng }, request);
  }

  private register(request: Extract<DecidedRequest, { type: "register-broker" }>): Decision {
    const decision = registerBroker(this.log.speculative, request, { maxBytes: this.bytesBesideChanges, isUncleanAllowed: this.isUncleanAllowed });
    if (decision.reply?.error === "DUPLICATE_BROKER_REGISTRATION") this.suspect(request.brokerId);
    return decision;
  }

  private heartbeat(request: Extract<DecidedRequest, { type: "broker-heartbeat" }>, now: Now): Decision {
    const { brokerId, brokerEpoch } = request;
    const image = this.log.speculative;
    // A heartbeat that was held up on a broken connection must not call back a broker that has said goodbye since (KAFKA-14140).
    const wantsShutdown = request.wantsShutdown || this.shutdowns.has(brokerId, brokerEpoch);
    const othersApplied = this.sessions.appliedByOthers(brokerId);
    const mayEnd = this.shutdowns.mayEnd(brokerId, othersApplied);
    const at = { image, committed: this.log.committed, isUncleanAllowed: this.isUncleanAllowed, mayEnd, isAlone: othersApplied === undefined };
    const decision = heartbeat(at, { ...request, wantsShutdown });
    if (decision.reply?.type !== "broker-heartbeat" || decision.reply.error !== "NONE") return decision;
    if (wantsShutdown) this.shutdowns.begin(brokerId, brokerEpoch, this.unfenced(brokerId) === undefined ? image.index : undefined);
    this.heardOf(request, decision.reply.isFenced, now);
    return decision;
  }

  private heardOf(request: Extract<DecidedRequest, { type: "broker-heartbeat" }>, isFenced: boolean, now: Now): void {
    this.hints.heardOf(request.brokerId);
    if (isFenced) this.sessions.end(request.brokerId);
    else this.sessions.renew(request, now);
  }

  private get isUncleanAllowed(): UncleanRule {
    return uncleanRule(this.log.speculative, { self: this.self, ...this.config });
  }

  /** This node's file may allow unclean elections where that of the last active controller did not. */
  private electLeaderless(): void {
    const image = this.log.speculative;
    const goal = { isAlive: (id: NodeId) => isUnfenced(image, id), isUncleanAllowed: this.isUncleanAllowed };
    const records = changePartitions(image, goal, ({ leader }) => leader === NO_NODE);
    this.submitOwn(records, "unclean elections are allowed");
  }

  private planBalance(now: Now): void {
    const { leaderBalanceIntervalMs } = this.config;
    this.balanceAt = leaderBalanceIntervalMs === undefined ? undefined : afterMs(now, leaderBalanceIntervalMs);
  }

  private balance(now: Now): void {
    this.planBalance(now);
    this.submitOwn(balanceLeaders(this.log.speculative, this.limits.maxElectionsPerBalance), "periodic balance of leaders");
  }

  private suspect(brokerId: NodeId): void {
    const broker = this.unfenced(brokerId);
    if (!this.config.fencingByRefusedDial || broker === undefined || !this.hints.suspect(broker)) return;
    const { controlEndpoint, incarnationId } = broker;
    this.outputs.push({ type: "probe", brokerId, host: controlEndpoint.host, port: controlEndpoint.port, incarnationId });
  }

  private fenceRefused(now: Now): void {
    const refused = this.hints.takeRefused(now);
    if (refused === undefined || this.unfenced(refused.brokerId)?.brokerEpoch !== refused.brokerEpoch) return;
    this.fence(refused.brokerId, "its control address refuses connections");
  }

  private fence(brokerId: NodeId, because: string): void {
    const broker = this.unfenced(brokerId);
    if (broker === undefined) return;
    this.sessions.end(brokerId);
    this.hints.heardOf(brokerId);
    this.submit({ records: fenceBroker(this.log.speculative, broker, this.isUncleanAllowed), because });
  }

  private unfenced(brokerId: NodeId): BrokerRegistration | undefined {
    const broker = this.log.speculative.brokers.get(brokerId);
    return broker?.isFenced === false ? broker : undefined;
  }

  /** What nobody asked for, if there is anything to do. */
  private submitOwn(records: readonly MetadataRecord[], because: string): void {
    if (records.length > 0) this.submit({ records, because });
  }

  private submit({ records, because, reply }: Decision, token?: RequestToken): void {
    const waiting = token === undefined || reply === undefined ? undefined : { token, reply };
    this.log.submit({ records, reply: { because, answer: waiting } });
    for (const { batch, records: proposal } of this.log.takeProposals()) this.outputs.push({ type: "propose", batch, records: proposal });
    this.takeReplies();
  }

  /** Passes on the answers that are free to leave. */
  private takeReplies(): readonly Waiting[] {
    const released = this.log.takeReplies();
    for (const { answer: free } of released) if (free !== undefined) this.outputs.push({ type: "reply", ...free });
    return released;
  }

  private tell(event: ControllerTrace): void {
    this.outputs.push({ type: "trace", event });
  }
}

const NOTHING: readonly ControllerOutput[] = [];
