import { apis, errorName, type HeartbeatResponse, isRetriable } from "@samsa/protocol";
import type { Micros, Now } from "@samsa/stdx";
import { afterMs } from "@samsa/stdx";
import type { Backoff } from "../backoff.ts";
import type { ClusterConnection } from "../cluster/cluster-connection.ts";
import { earlier, stillToCome } from "../deadline.ts";
import { isUnsendable } from "../errors.ts";
import { type CoordinatorLookup, isLostCoordinator } from "./coordinator-lookup.ts";
import type { GroupConsumerConfig } from "./group-consumer-config.ts";
import { type Generation, heartbeatRequest, minVersion } from "./group-requests.ts";

export interface HeartbeatsOptions {
  readonly cluster: ClusterConnection;
  readonly coordinator: CoordinatorLookup;
  readonly config: GroupConsumerConfig;
  readonly backoff: Backoff;
  /** The member is known; the request had left then. */
  readonly known: (generation: Generation, sentAt: Micros) => void;
  /** And the group is making its next generation. */
  readonly rebalancing: (generation: Generation, sentAt: Micros) => void;
  /** The coordinator knows the member no more, or its generation. */
  readonly unknown: (generation: Generation, error: string, now: Now) => void;
  readonly failed: (generation: Generation, error: string, now: Now) => void;
}

/** Tells the coordinator every `heartbeat.interval.ms` that the member is alive; who gets no good answer for a session looks for the coordinator anew. */
export class Heartbeats {
  private readonly options: HeartbeatsOptions;
  private beatAt: Micros | undefined;
  private sessionEndsAt: Micros | undefined;
  /** The last one sent has no answer yet. */
  private isWaiting = false;
  /** In a row. */
  private failures = 0;

  constructor(options: HeartbeatsOptions) {
    this.options = options;
  }

  /** The coordinator has heard of the member: the next one is due an interval later. */
  heard(now: Now): void {
    this.beatAt = afterMs(now, this.options.config.heartbeatIntervalMs);
    this.sessionEndsAt = afterMs(now, this.options.config.sessionTimeoutMs);
    this.failures = 0;
  }

  /** Without a generation there is nothing to tell. */
  rest(): void {
    this.beatAt = undefined;
    this.sessionEndsAt = undefined;
  }

  pump(generation: Generation, now: Now): void {
    const { cluster, coordinator, config } = this.options;
    if (isPast(this.sessionEndsAt, now)) {
      this.sessionEndsAt = afterMs(now, config.sessionTimeoutMs);
      coordinator.lost(now);
    }
    const connection = this.isWaiting || !isPast(this.beatAt, now) ? undefined : coordinator.ready(now);
    if (connection === undefined) return;
    this.isWaiting = true;
    this.beatAt = afterMs(now, config.heartbeatIntervalMs);
    cluster.send(
      connection,
      {
        api: apis.Heartbeat,
        minVersion: minVersion(config, "Heartbeat"),
        request: () => heartbeatRequest(config, generation),
        answered: (response, at) => {
          this.isWaiting = false;
          this.answered({ generation, sentAt: now.monotonicUs }, response, at);
        },
        failed: ({ error }, at) => {
          this.isWaiting = false;
          if (isUnsendable(error)) return this.options.failed(generation, error, at);
          this.again(error, at);
        },
      },
      now,
    );
  }

  nextDeadline(now: Now): Micros | undefined {
    return earlier(this.isWaiting ? undefined : stillToCome(this.beatAt, now), stillToCome(this.sessionEndsAt, now));
  }

  private answered({ generation, sentAt }: { readonly generation: Generation; readonly sentAt: Micros }, { errorCode }: HeartbeatResponse, now: Now): void {
    const { coordinator, known, rebalancing, unknown, failed } = this.options;
    const error = errorName(errorCode);
    switch (error) {
      case "UNKNOWN_MEMBER_ID":
      case "ILLEGAL_GENERATION":
        return unknown(generation, error, now);
      case "REBALANCE_IN_PROGRESS":
        rebalancing(generation, sentAt);
        break;
      case "NONE":
        known(generation, sentAt);
        break;
      default:
        return isRetriable(errorCode) ? this.again(error, now) : failed(generation, error, now);
    }
    coordinator.heard();
    if (this.sessionEndsAt !== undefined) this.heard(now);
  }

  private again(error: string, now: Now): void {
    const { coordinator, backoff } = this.options;
    if (isLostCoordinator(error)) coordinator.lost(now);
    this.failures++;
    if (this.beatAt !== undefined) this.beatAt = afterMs(now, backoff.delayMs(this.failures));
  }
}

const isPast = (at: Micros | undefined, now: Now): boolean => at !== undefined && at <= now.monotonicUs;
