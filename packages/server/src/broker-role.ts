import { Broker, type ControllerChannel } from "@samsa/broker";
import type { MetadataChanges, MetadataImage } from "@samsa/metadata";
import { type BrokerEpoch, earlier, type Micros, type NodeId, type Now, type Prng, type Uuid, ZERO_UUID } from "@samsa/stdx";
import type { ConnectionInput, Outbox } from "@samsa/world";
import { BrokerLifecycle } from "./broker-lifecycle.ts";
import { secretProof } from "./cluster-secret.ts";
import type { NodeConfig } from "./config/node-config.ts";
import type { IdentifiedDirectories } from "./directory-identities.ts";

export interface BrokerRoleOptions {
  readonly config: NodeConfig;
  readonly clusterId: string;
  readonly secret: Uint8Array;
  readonly incarnationId: Uuid;
  readonly outbox: Outbox;
  readonly prng: Prng;
  readonly lifecyclePrng: Prng;
  readonly channel: ControllerChannel;
  /** Where the node is dialled by other nodes; asked for when it registers. */
  readonly controlEndpoint: () => { readonly host: string; readonly port: number };
  /** Whom clients are told is the controller. */
  readonly activeController: () => NodeId;
  /** The controller counts on the broker's logs. */
  readonly vouch: () => void;
  readonly mayShutDown: (because: string, now: Now) => void;
  readonly mustShutDown: (because: string) => void;
}

/** What a node does that has the broker role: serve clients and replicate, and stand with the controller as a broker. */
export class BrokerRole {
  readonly broker: Broker;
  private readonly options: BrokerRoleOptions;
  private readonly lifecycle: BrokerLifecycle;
  private pageCacheSurvived = false;
  private directoryId: Uuid = ZERO_UUID;
  private hasOfflineDirs = false;

  constructor(options: BrokerRoleOptions) {
    const { config, clusterId, outbox, prng, channel, secret, activeController } = options;
    this.options = options;
    this.broker = new Broker({
      config: { ...config.broker, clusterId },
      outbox,
      prng,
      channel,
      proof: secretProof(secret),
      activeController,
      directoryFailed: (now) => this.lifecycle.report(now),
    });
    this.lifecycle = this.createLifecycle();
  }

  get nextDeadlineUs(): Micros | undefined {
    return earlier(this.broker.nextDeadlineUs, this.lifecycle.nextDeadlineUs);
  }

  deadline(now: Now): void {
    for (const part of [this.broker, this.lifecycle]) {
      const at = part.nextDeadlineUs;
      if (at !== undefined && at <= now.monotonicUs) part.deadline(now);
    }
  }

  identified({ directoryId, pageCacheSurvived, ids, withoutPageCache, hasOffline }: IdentifiedDirectories): void {
    this.directoryId = directoryId;
    this.pageCacheSurvived = pageCacheSurvived;
    this.hasOfflineDirs = hasOffline;
    this.broker.directories.identified(ids, withoutPageCache);
  }

  /** What the log directories say of themselves; of the only one it is the id alone. */
  private get disk() {
    const { directoryId, pageCacheSurvived } = this;
    const { directories } = this.broker;
    if (!directories.isSeveral) return { directoryId, pageCacheSurvived };
    const logDirs = directories.online.flatMap(({ id }) => (id === undefined ? [] : [id]));
    return { directoryId, pageCacheSurvived, logDirs, hasOfflineDirs: this.hasOfflineDirs || directories.offlineIds.length > 0 };
  }

  /** The metadata can be read from here on. */
  start(): void {
    this.broker.listen((now) => this.lifecycle.start(now));
  }

  applyMetadata(image: MetadataImage, changes: MetadataChanges | undefined, now: Now): void {
    this.broker.applyMetadata(image, changes, now);
    this.lifecycle.hurry(now);
    if (changes !== undefined && changes.changedBrokers.size > 0) this.lifecycle.report(now);
  }

  /** An active controller can be reached: no reason to wait. */
  hurry(now: Now): void {
    this.lifecycle.hurry(now);
  }

  requestShutdown(now: Now): void {
    this.lifecycle.requestShutdown(now);
  }

  input(input: ConnectionInput, now: Now): void {
    this.broker.input(input, now);
  }

  endTurn(now: Now): void {
    this.broker.endTurn(now);
  }

  private createLifecycle(): BrokerLifecycle {
    const { config, incarnationId, channel, lifecyclePrng, controlEndpoint, vouch, mayShutDown, mustShutDown } = this.options;
    return new BrokerLifecycle({
      self: config.nodeId,
      incarnationId,
      endpoints: () => this.broker.endpoints,
      controlEndpoint,
      rack: config.broker.rack,
      disk: () => this.disk,
      offlineDirs: () => this.broker.directories.offlineIds,
      heartbeatIntervalMs: config.brokerHeartbeatIntervalMs,
      channel,
      prng: lifecyclePrng,
      appliedIndex: () => this.broker.appliedIndex,
      registered: (epoch: BrokerEpoch, now) => {
        const hasLostPageCache = !this.pageCacheSurvived;
        this.pageCacheSurvived = true;
        this.broker.registered({ incarnationId, epoch, hasLostPageCache }, now);
      },
      // Its logs are read and sound by now.
      unfenced: vouch,
      mayShutDown,
      mustShutDown,
    });
  }
}
