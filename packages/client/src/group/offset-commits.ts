import { apis, errorName, isRetriable } from "@samsa/protocol";
import { afterMs, encodeUtf8, type Micros, type Now, type Uuid, ZERO_UUID } from "@samsa/stdx";
import type { Backoff } from "../backoff.ts";
import type { ClusterConnection } from "../cluster/cluster-connection.ts";
import { areOtherTopics } from "../consumer/assignment.ts";
import { earlier, stillToCome } from "../deadline.ts";
import { isStaleMetadataError } from "../errors.ts";
import { type CoordinatorLookup, isLostCoordinator } from "./coordinator-lookup.ts";
import type { GroupConsumerConfig } from "./group-consumer-config.ts";
import type { CommitId, OffsetToCommit, OpenCommit, TellGroup } from "./group-event.ts";
import { type Generation, minVersion } from "./group-requests.ts";
import type { HeldPartition } from "./held-partition.ts";
import type { Standing } from "./membership-state.ts";
import { commitErrors, commitRequest, maxVersionFor, topicIdsOf } from "./offset-requests.ts";

/** What commits ask of the consumer's place in its group. */
export interface CommittingMember {
  readonly standing: Standing;
  requestRejoin(): void;
  refusedAs(generation: Generation, error: string, now: Now): void;
  failedAs(generation: Generation, error: string, now: Now): void;
}

export interface OffsetCommitsOptions {
  readonly cluster: ClusterConnection;
  readonly coordinator: CoordinatorLookup;
  readonly config: GroupConsumerConfig;
  readonly backoff: Backoff;
  readonly member: () => CommittingMember;
  readonly tell: TellGroup;
}

/** One partition of a commit. */
interface Item {
  readonly offset: OffsetToCommit;
  /** As it was held when the commit was asked for; undefined: it was not. */
  readonly held: HeldPartition | undefined;
  /** In which topic the offset is one: its name may be another's when it is sent. */
  readonly topicId: Uuid;
  /** `open`: no answer has settled it. Otherwise the error that will not pass. */
  outcome: "open" | "committed" | { readonly error: string };
}

interface Commit {
  readonly id: CommitId;
  readonly items: readonly Item[];
  readonly isAutomatic: boolean;
  /** In which it was asked for; undefined where the group was making the next one. */
  readonly generationId: number | undefined;
  readonly deadline: Micros;
  readonly errors: string[];
  /** Of the last attempt; −1: there was none. */
  sentIn: number;
  notBefore: Micros | undefined;
  isSent: boolean;
}

/** An outcome of the whole group: of these a member has to draw a conclusion. */
const FATAL: ReadonlySet<string> = new Set(["FENCED_INSTANCE_ID", "GROUP_AUTHORIZATION_FAILED", "INVALID_GROUP_ID", "UNSUPPORTED_VERSION"]);
/** Of these too; it goes on after them. */
const PASSING: ReadonlySet<string> = new Set(["REBALANCE_IN_PROGRESS", "UNKNOWN_MEMBER_ID", "ILLEGAL_GENERATION"]);

/** Of a string in Kafka's protocol. */
const METADATA_BYTES_MAX = 32_767;

/** And not of a partition. */
const isOfGroup = (error: string): boolean => FATAL.has(error) || PASSING.has(error) || isLostCoordinator(error);

/**
 * Commits of offsets, one after the other: a later one never overtakes an earlier one that is tried again.
 *
 * | state of the first | on | to |
 * |---|---|---|
 * | waiting | the member has its generation, the coordinator is ready, the back-off is over | sent |
 * | waiting | a partition of it is held no more, no time left | done: failed |
 * | waiting | another topic has the name of one of its partitions | waiting, with the others; done: failed, without any |
 * | sent | no error | done: committed |
 * | sent | an error that may pass, of all partitions or of some | waiting, with those alone |
 * | sent | any other error | done: failed, also where some of its partitions are committed |
 *
 * A commit outlives a rebalance only where all of its partitions are held through it (KIP-429): others may read on from somewhere else already.
 */
export class OffsetCommits {
  private readonly options: OffsetCommitsOptions;
  private readonly queue: Commit[] = [];
  private nextId: CommitId = 0;

  constructor(options: OffsetCommitsOptions) {
    this.options = options;
  }

  get isEmpty(): boolean {
    return this.queue.length === 0;
  }

  /** Those that have no outcome yet, in their order. */
  get open(): readonly OpenCommit[] {
    return this.queue.map(toldOf);
  }

  /** Of the last one so far; −1: there was none. */
  get lastId(): CommitId {
    return this.nextId - 1;
  }

  /** In which one of those that have no outcome yet was sent last; −1: none was. */
  get sentIn(): number {
    return Math.max(-1, ...this.queue.map(({ sentIn }) => sentIn));
  }

  /** This one and all before it have their outcome. */
  hasEnded(id: CommitId): boolean {
    const [first] = this.queue;
    return first === undefined || first.id > id;
  }

  /** There is nobody any more who could commit: those that are open end, in their order. */
  end(): void {
    const { standing } = this.options.member();
    const error = standing.type === "none" ? standing.error : "UNKNOWN_MEMBER_ID";
    for (let commit = this.queue[0]; commit !== undefined; commit = this.queue[0]) this.fail(commit, error);
  }

  /** Undefined: not taken, for as many have no outcome yet as there may be. */
  add(
    offsets: readonly OffsetToCommit[],
    { held, isAutomatic }: { readonly held: readonly (HeldPartition | undefined)[]; readonly isAutomatic: boolean },
    now: Now,
  ): CommitId | undefined {
    const { config, member } = this.options;
    if (this.queue.length >= config.maxPendingCommits) return undefined;
    const { standing } = member();
    const generationId = standing.type === "member" ? standing.generation.generationId : undefined;
    const deadline = afterMs(now, config.defaultApiTimeoutMs);
    const items = offsets.map((offset, index) => this.itemOf(offset, held[index]));
    const commit = { id: this.nextId++, items, isAutomatic, generationId, deadline, errors: [], sentIn: -1, notBefore: undefined, isSent: false };
    this.queue.push(commit);
    return commit.id;
  }

  pump(now: Now): void {
    for (let commit = this.queue[0]; commit !== undefined && !commit.isSent; commit = this.queue[0]) {
      const refusal = this.refusalOf(commit, now);
      if (refusal !== undefined) this.fail(commit, refusal);
      else return this.send(commit, now);
    }
  }

  nextDeadline(now: Now): Micros | undefined {
    const commit = this.queue[0];
    if (commit === undefined || commit.isSent) return undefined;
    return earlier(commit.deadline, stillToCome(commit.notBefore, now));
  }

  private itemOf(offset: OffsetToCommit, held: HeldPartition | undefined): Item {
    const known = held?.topicId ?? ZERO_UUID;
    const topicId = known === ZERO_UUID ? this.options.cluster.metadata.topicId(offset.topic) : known;
    const outcome = fitsRequest(offset.metadata ?? "") ? "open" : { error: "OFFSET_METADATA_TOO_LARGE" };
    return { offset, held, topicId, outcome };
  }

  /** Under the id that the name has now an offset of the old topic would be the new one's. */
  private endReplaced(commit: Commit): void {
    const { metadata } = this.options.cluster;
    for (const item of openOf(commit)) if (areOtherTopics(item.topicId, metadata.topicId(item.offset.topic))) item.outcome = { error: "UNKNOWN_TOPIC_ID" };
  }

  /** Why it can't be sent (again). */
  private refusalOf(commit: Commit, now: Now): string | undefined {
    this.endReplaced(commit);
    const failure = openOf(commit).length === 0 ? failureOf(commit) : undefined;
    if (failure !== undefined) return failure;
    const { standing } = this.options.member();
    if (standing.type === "none") return standing.error;
    const isOfNow = standing.type === "member" && standing.generation.generationId === commit.generationId;
    if (!isOfNow && openOf(commit).some(({ held }) => held === undefined || held.isOver)) return commit.errors.at(-1) ?? "REBALANCE_IN_PROGRESS";
    return commit.deadline <= now.monotonicUs ? (commit.errors.at(-1) ?? "REQUEST_TIMED_OUT") : undefined;
  }

  private send(commit: Commit, now: Now): void {
    const { cluster, coordinator, config, member } = this.options;
    const { standing } = member();
    if (standing.type !== "member" || (commit.notBefore ?? 0) > now.monotonicUs) return;
    const connection = coordinator.ready(now);
    if (connection === undefined) return;
    const { generation } = standing;
    const items = openOf(commit);
    const offsets = items.map(({ offset }) => offset);
    const ids = topicIdsOf(offsets, cluster.metadata);
    commit.isSent = true;
    commit.sentIn = generation.generationId;
    cluster.send(
      connection,
      {
        api: apis.OffsetCommit,
        minVersion: minVersion(config, "OffsetCommit"),
        ...maxVersionFor(ids),
        request: () => commitRequest(config, generation, offsets, ids),
        answered: (response, at) => {
          commit.isSent = false;
          this.answered(commit, { items, codes: commitErrors(offsets, response, ids), generation }, at);
        },
        failed: ({ error }, at) => {
          commit.isSent = false;
          this.refused(commit, { error, mayPass: false }, generation, at);
        },
      },
      now,
    );
  }

  private answered(
    commit: Commit,
    { items, codes, generation }: { readonly items: readonly Item[]; readonly codes: readonly (number | undefined)[]; readonly generation: Generation },
    now: Now,
  ): void {
    const refusals = new Map<string, boolean>();
    items.forEach((item, index) => {
      const code = codes[index];
      if (code === 0) return committed(item);
      const error = code === undefined ? "MALFORMED_RESPONSE" : errorName(code);
      const mayPass = isRetriable(code ?? 0);
      if (mayPass || isOfGroup(error)) refusals.set(error, mayPass);
      else item.outcome = { error };
    });
    if (items.some(({ outcome }) => outcome === "committed")) this.options.coordinator.heard();
    // What is wrong with the group is wrong with all of its partitions.
    const error = [...refusals.keys()].find((name) => FATAL.has(name)) ?? refusals.keys().next().value;
    if (error !== undefined) return this.refused(commit, { error, mayPass: refusals.get(error) === true }, generation, now);
    const failure = failureOf(commit);
    if (failure !== undefined) return this.fail(commit, failure);
    this.queue.shift();
    this.options.tell({ type: "committed", ...toldOf(commit), generationId: generation.generationId, earlierErrors: commit.errors });
  }

  private refused(commit: Commit, { error, mayPass }: { readonly error: string; readonly mayPass: boolean }, generation: Generation, now: Now): void {
    const { cluster, coordinator, backoff, member } = this.options;
    if (FATAL.has(error)) {
      this.fail(commit, error);
      return member().failedAs(generation, error, now);
    }
    const isLost = isLostCoordinator(error);
    if (isLost) coordinator.lost(now);
    if (error === "REBALANCE_IN_PROGRESS") member().requestRejoin();
    if (error === "UNKNOWN_MEMBER_ID" || error === "ILLEGAL_GENERATION") member().refusedAs(generation, error, now);
    else if (!mayPass && !isLost && error !== "REBALANCE_IN_PROGRESS") return this.fail(commit, error);
    if (isStaleMetadataError(error) && !isLost) cluster.requestMetadata();
    commit.errors.push(error);
    // One of a generation that is over is sent again only if its partitions are held through the next one.
    commit.notBefore = afterMs(now, backoff.delayMs(commit.errors.length));
  }

  private fail(commit: Commit, error: string): void {
    this.queue.shift();
    const earlierErrors = commit.errors.at(-1) === error ? commit.errors.slice(0, -1) : commit.errors;
    const acknowledged = commit.items.filter(({ outcome }) => outcome === "committed").map(({ offset }) => offset);
    this.options.tell({ type: "commit-failed", ...toldOf(commit), error, earlierErrors, committed: acknowledged, generationId: commit.sentIn });
  }
}

/** No broker would take more, and no request has room for it. Every UTF-16 unit has three bytes at most. */
const fitsRequest = (metadata: string): boolean => metadata.length * 3 <= METADATA_BYTES_MAX || encodeUtf8(metadata).length <= METADATA_BYTES_MAX;

const openOf = ({ items }: Commit): readonly Item[] => items.filter(({ outcome }) => outcome === "open");

/** The first error that will not pass of one of its partitions. */
const failureOf = ({ items }: Commit): string | undefined =>
  items.map(({ outcome }) => (typeof outcome === "string" ? undefined : outcome.error)).find(Boolean);

const toldOf = ({ id, items, isAutomatic }: Commit): OpenCommit => ({
  id,
  offsets: items.map(({ offset }) => offset),
  isAutomatic,
});

function committed(item: Item): void {
  item.outcome = "committed";
  if (item.held !== undefined && !areOtherTopics(item.held.topicId, item.topicId)) item.held.committed = item.offset.offset;
}
