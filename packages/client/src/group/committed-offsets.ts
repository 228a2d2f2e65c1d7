import { apis, errorName, isRetriable } from "@samsa/protocol";
import { afterMs, type Micros, type Now, type Uuid, ZERO_UUID } from "@samsa/stdx";
import type { Backoff } from "../backoff.ts";
import type { ClusterConnection } from "../cluster/cluster-connection.ts";
import { earlier, stillToCome } from "../deadline.ts";
import { isStaleMetadataError } from "../errors.ts";
import { type CoordinatorLookup, isLostCoordinator } from "./coordinator-lookup.ts";
import type { GroupConsumerConfig } from "./group-consumer-config.ts";
import { type FetchedOffset, fetchedOffsets, maxVersionFor, offsetFetchRequest, topicIdsOf } from "./offset-requests.ts";
import type { TopicPartition } from "./topic-partition.ts";

/** Who wants to know where the group goes on with a partition. */
export interface CommittedQuestion extends TopicPartition {
  /** The answer is of use still. */
  isOpen(): boolean;
  /** It is refused when nobody has answered for `default.api.timeout.ms`. */
  readonly expires: boolean;
  /** `askedAt`: when the question left. `topicId`: of the topic that it was for; the zero id: it was for a name. */
  found(committed: FetchedOffset, asked: { readonly askedAt: Micros; readonly topicId: Uuid }): void;
  refused(error: string): void;
}

export interface CommittedOffsetsOptions {
  readonly cluster: ClusterConnection;
  readonly coordinator: CoordinatorLookup;
  readonly config: GroupConsumerConfig;
  readonly backoff: Backoff;
  /** Nobody's offsets are told to this consumer. */
  readonly failed: (error: string, now: Now) => void;
}

/**
 * Asks where the group goes on with partitions, all that are wanted at once, one request at a time.
 *
 * | state | on | to |
 * |---|---|---|
 * | waiting | the coordinator is ready, the back-off is over, a partition is asked for | asking |
 * | asking | offsets | waiting, for those of which the answer says that it may be another one later |
 * | asking | an error that may pass | waiting (back-off) |
 * | asking | any other error | waiting, for nothing |
 *
 * Whatever is asked for is refused when its time is over, if it has one.
 */
export class CommittedOffsets {
  private readonly options: CommittedOffsetsOptions;
  /** With when they expire; undefined: not, or there was no turn yet. */
  private readonly wanted = new Map<CommittedQuestion, Micros | undefined>();
  private isAsking = false;
  private failures = 0;
  private notBefore: Micros | undefined;

  constructor(options: CommittedOffsetsOptions) {
    this.options = options;
  }

  ask(question: CommittedQuestion): void {
    this.wanted.set(question, undefined);
  }

  /** Nobody will be asked any more. */
  end(error: string): void {
    const open = [...this.wanted.keys()].filter((question) => question.isOpen());
    this.wanted.clear();
    for (const question of open) question.refused(error);
  }

  pump(now: Now): void {
    this.expire(now);
    if (this.wanted.size === 0 || this.isAsking || (this.notBefore ?? 0) > now.monotonicUs) return;
    const { cluster, coordinator, config } = this.options;
    if (coordinator.refusal !== undefined) return this.end(coordinator.refusal);
    const connection = coordinator.ready(now);
    if (connection === undefined) return;
    const partitions = [...this.wanted.keys()];
    const ids = topicIdsOf(partitions, cluster.metadata);
    this.isAsking = true;
    cluster.send(
      connection,
      {
        api: apis.OffsetFetch,
        ...maxVersionFor(ids),
        request: (version) => offsetFetchRequest(config, partitions, ids, version),
        answered: (response, at, version) => {
          this.isAsking = false;
          const fetched = fetchedOffsets(config.groupId, partitions, response, { ids, version });
          if (fetched === undefined) return this.again("MALFORMED_RESPONSE", at);
          if (fetched.errorCode !== 0) return this.groupRefused(fetched.errorCode, at);
          coordinator.heard();
          this.notBefore = undefined;
          const passing = partitions.flatMap((partition, index) => {
            const asked = { askedAt: now.monotonicUs, topicId: ids.get(partition.topic) ?? ZERO_UUID };
            return this.answered(partition, fetched.partitions[index], asked) ?? [];
          });
          // Of one partition that has to be asked for again the others' answers are no sign that all is well.
          if (passing.length === 0) this.failures = 0;
          else this.again(passing.find(isLostCoordinator) ?? passing.find(isStaleMetadataError) ?? "UNSTABLE_OFFSET_COMMIT", at);
        },
        failed: ({ error }, at) => {
          this.isAsking = false;
          if (error === "UNSUPPORTED_VERSION") this.giveUp(error, at);
          else if (error === "INVALID_REQUEST") this.end(error);
          else this.again(error, at);
        },
      },
      now,
    );
  }

  nextDeadline(now: Now): Micros | undefined {
    let at = this.wanted.size === 0 || this.isAsking ? undefined : stillToCome(this.notBefore, now);
    for (const expiresAt of this.wanted.values()) at = earlier(at, stillToCome(expiresAt, now));
    return at;
  }

  private expire(now: Now): void {
    for (const [question, expiresAt] of this.wanted) {
      if (!question.isOpen()) this.wanted.delete(question);
      else if (expiresAt === undefined && question.expires) this.wanted.set(question, afterMs(now, this.options.config.defaultApiTimeoutMs));
      else if (expiresAt !== undefined && expiresAt <= now.monotonicUs) {
        this.wanted.delete(question);
        question.refused("REQUEST_TIMED_OUT");
      }
    }
  }

  private groupRefused(errorCode: number, now: Now): void {
    if (isRetriable(errorCode)) this.again(errorName(errorCode), now);
    else this.giveUp(errorName(errorCode), now);
  }

  /** Also who asks for what the consumer does not hold has an answer. */
  private giveUp(error: string, now: Now): void {
    this.options.failed(error, now);
    this.end(error);
  }

  /** Why it has to be asked for again, if it has. */
  private answered(question: CommittedQuestion, result: FetchedOffset | undefined, asked: Parameters<CommittedQuestion["found"]>[1]): string | undefined {
    if (!this.wanted.has(question)) return undefined;
    if (result === undefined) return "MALFORMED_RESPONSE";
    if (isRetriable(result.errorCode)) return errorName(result.errorCode);
    this.wanted.delete(question);
    if (!question.isOpen()) return undefined;
    if (result.errorCode === 0) question.found(result, asked);
    else question.refused(errorName(result.errorCode));
    return undefined;
  }

  private again(error: string, now: Now): void {
    const { cluster, coordinator, backoff } = this.options;
    if (isLostCoordinator(error)) coordinator.lost(now);
    else if (isStaleMetadataError(error)) cluster.requestMetadata();
    this.failures++;
    this.notBefore = afterMs(now, backoff.delayMs(this.failures));
  }
}
