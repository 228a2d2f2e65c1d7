import type { ControllerChannel } from "@samsa/broker";
import { type Endpoint, SUPPORTED_FEATURES } from "@samsa/metadata";
import { type BrokerEpoch, brokerEpoch, type Micros, micros, type NodeId, type Now, type Prng, type Uuid } from "@samsa/stdx";

export interface LifecycleOptions {
  readonly self: NodeId;
  readonly incarnationId: Uuid;
  readonly endpoints: () => readonly Endpoint[];
  readonly controlEndpoint: () => { readonly host: string; readonly port: number };
  readonly rack: string | null;
  /** What the log directories say of themselves. */
  readonly disk: () => {
    readonly directoryId: Uuid;
    readonly pageCacheSurvived: boolean;
    readonly logDirs?: readonly Uuid[];
    readonly hasOfflineDirs?: boolean;
  };
  /** Those that have failed since the start. */
  readonly offlineDirs: () => readonly Uuid[];
  readonly heartbeatIntervalMs: number;
  readonly channel: ControllerChannel;
  readonly prng: Prng;
  /** How far this broker has applied the metadata and can serve by it. */
  readonly appliedIndex: () => number;
  readonly registered: (epoch: BrokerEpoch, now: Now) => void;
  /** The controller counts on this broker: told with every such heartbeat. */
  readonly unfenced: (now: Now) => void;
  readonly mayShutDown: (because: string, now: Now) => void;
  /** This software can't be in this cluster: asking again would change nothing. */
  readonly mustShutDown: (because: string, now: Now) => void;
}

const RETRY_MS = 50;
const UNSUPPORTED =
  `the cluster works at levels of features that this software does not support (it supports ` +
  `${SUPPORTED_FEATURES.map(({ name, minLevel, maxLevel }) => `${name} ${minLevel} to ${maxLevel}`).join(", ")}): upgrade this node, or lower the levels`;
/** A stop that no controller has answered for so long goes on without: whoever asks for it (a terminal, Docker's 10 s) kills soon after. */
const SHUTDOWN_TIMEOUT_MS = 5_000;

/**
 * This broker's standing with the controller.
 *
 *     unregistered ──register-broker answered──▶ registered ──heartbeats──▶ registered
 *          ▲                                          │ STALE_BROKER_EPOCH, BROKER_ID_NOT_REGISTERED
 *          └──────────────────────────────────────────┘
 *
 * Asked to stop, it says so in its heartbeats and ends when the controller has moved its leaderships and the other brokers know, or when its time is over.
 * A registration that a live earlier incarnation stands against is tried again until that one is fenced.
 */
export class BrokerLifecycle {
  private readonly options: LifecycleOptions;
  private epoch: BrokerEpoch | undefined;
  private nextAt: Micros | undefined;
  private isAsking = false;
  private wantsShutdown = false;
  /** When it stops whatever the controller says. */
  private stopsAt: Micros | undefined;
  private isFenced = true;
  /** It has applied more since it asked, and others may wait for that. */
  private hasNews = false;
  /** What it stops takes its time, and must not be begun anew. */
  private isLetGo = false;

  constructor(options: LifecycleOptions) {
    this.options = options;
  }

  get brokerEpoch(): BrokerEpoch {
    return this.epoch ?? brokerEpoch(-1);
  }

  get isUnfenced(): boolean {
    return !this.isFenced;
  }

  get nextDeadlineUs(): Micros | undefined {
    const at = this.isAsking ? undefined : this.nextAt;
    if (at === undefined || this.stopsAt === undefined) return at ?? this.stopsAt;
    return at < this.stopsAt ? at : this.stopsAt;
  }

  start(now: Now): void {
    this.nextAt = now.monotonicUs;
    this.deadline(now);
  }

  /** A new active controller is known, or the metadata has caught up: no reason to wait for the next heartbeat. */
  hurry(now: Now): void {
    if (this.nextAt !== undefined && this.isFenced && !this.isAsking) this.nextAt = now.monotonicUs;
  }

  /** What others may wait for has been applied, a broker's goodbye: the controller is told at once. */
  report(now: Now): void {
    if (this.isAsking) this.hasNews = true;
    else if (this.nextAt !== undefined && this.epoch !== undefined) this.nextAt = now.monotonicUs;
  }

  requestShutdown(now: Now): void {
    if (this.isLetGo) return;
    this.wantsShutdown = true;
    this.stopsAt ??= micros(now.monotonicUs + SHUTDOWN_TIMEOUT_MS * 1000);
    if (this.nextAt !== undefined) this.nextAt = now.monotonicUs;
  }

  deadline(now: Now): void {
    if (this.stopsAt !== undefined && this.stopsAt <= now.monotonicUs) return this.letGo("no controller let it go in time", now);
    if (this.isAsking || this.nextAt === undefined || this.nextAt > now.monotonicUs) return;
    this.isAsking = true;
    if (this.epoch === undefined) this.register(now);
    else this.heartbeat(this.epoch, now);
  }

  private register(now: Now): void {
    const { self, incarnationId, endpoints, controlEndpoint, rack, disk, channel } = this.options;
    channel.ask(
      {
        type: "register-broker",
        brokerId: self,
        incarnationId,
        endpoints: endpoints(),
        controlEndpoint: controlEndpoint(),
        rack,
        ...disk(),
        features: SUPPORTED_FEATURES,
      },
      (reply, at) => {
        this.isAsking = false;
        if (reply?.error === "UNSUPPORTED_VERSION") {
          this.nextAt = undefined;
          return this.options.mustShutDown(UNSUPPORTED, at);
        }
        if (reply?.error !== "NONE") return this.again(RETRY_MS + this.options.prng.below(RETRY_MS), at);
        this.epoch = reply.brokerEpoch;
        this.options.registered(reply.brokerEpoch, at);
        this.again(0, at);
      },
      now,
    );
  }

  private heartbeat(epoch: BrokerEpoch, now: Now): void {
    const { self, channel, heartbeatIntervalMs, appliedIndex } = this.options;
    const offlineDirs = this.options.offlineDirs();
    channel.ask(
      {
        type: "broker-heartbeat",
        brokerId: self,
        brokerEpoch: epoch,
        appliedIndex: appliedIndex(),
        wantsShutdown: this.wantsShutdown,
        ...(offlineDirs.length === 0 ? {} : { offlineDirs }),
      },
      (reply, at) => {
        this.isAsking = false;
        if (reply === undefined || reply.error === "NOT_CONTROLLER") return this.again(RETRY_MS, at);
        if (reply.error !== "NONE") {
          this.epoch = undefined;
          return this.again(RETRY_MS, at);
        }
        this.isFenced = reply.isFenced;
        if (!reply.isFenced) this.options.unfenced(at);
        if (reply.shouldShutDown) return this.letGo("its leaderships are moved", at);
        this.again(this.hasNews ? 0 : this.isFenced || this.wantsShutdown ? RETRY_MS : heartbeatIntervalMs, at);
        this.hasNews = false;
      },
      now,
    );
  }

  private letGo(because: string, now: Now): void {
    if (this.isLetGo) return;
    this.isLetGo = true;
    this.nextAt = undefined;
    this.stopsAt = undefined;
    this.options.mayShutDown(because, now);
  }

  private again(delayMs: number, now: Now): void {
    if (this.isLetGo) return;
    this.nextAt = micros(now.monotonicUs + delayMs * 1000);
  }
}
