import type { Broker } from "@samsa/broker";
import {
  Controller,
  type ControllerLimits,
  type ControllerOutput,
  type ControllerReply,
  DEFAULT_CONTROLLER_LIMITS,
  type ControllerRequest,
  type RequestToken,
} from "@samsa/controller";
import { earlier, type Micros, micros, type NodeId, type Now, Prng, type Uuid, uuidFromBytes } from "@samsa/stdx";
import { type Boot, type ConnectionInput, type Effect, type Input, type Machine, Outbox } from "@samsa/world";
import { ANY_DIRECTORY, type Entry, type Snapshot } from "raft-ts";
import { BrokerRole } from "./broker-role.ts";
import { clusterIdOf } from "./cluster-secret.ts";
import type { NodeConfig } from "./config/node-config.ts";
import { controllerConfig } from "./config/controller-config.ts";
import { DirectoryIdentities } from "./directory-identities.ts";
import { decodeEntry } from "./metadata-entry.ts";
import { MetadataSnapshots } from "./metadata-snapshot.ts";
import type { Identity } from "./node-identity.ts";
import { nodeReport } from "./operator/node-report.ts";
import { CONTROL_LISTENER, ControlPlane, type PeerAsker } from "./peer/control-plane.ts";
import { ControllerAsks } from "./peer/controller-asks.ts";
import type { PeerMessage } from "./peer/messages.ts";
import { proposeBatch } from "./propose-batch.ts";
import { Quorum } from "./quorum.ts";
import { VoterReplacement } from "./voter-replacement.ts";
import { QuorumQuestions } from "./quorum-questions.ts";
import { QuorumWatch } from "./quorum-watch.ts";

interface Timed {
  readonly nextDeadlineUs: Micros | undefined;
  deadline(now: Now): void;
}

/** How large one entry of the metadata log may be, and how much the cluster may hold so that each of its batches fits into one. */
export type MetadataLimits = Pick<ControllerLimits, "maxBatchBytes" | "maxPartitions" | "maxReplicas">;

export interface NodeOptions {
  readonly config: NodeConfig;
  readonly boot: Boot;
  /** The cluster's shared secret; ≥ 16 bytes. */
  readonly secret: Uint8Array;
  /** Takes a fault asked for over the control plane; returns why not, or null. Given only with `--enable-faults`. */
  readonly inject?: (message: Extract<PeerMessage, { type: "inject" }>) => string | null;
  /** The controller's defaults, unless a test makes them small. All nodes of a cluster must have the same. */
  readonly metadataLimits?: MetadataLimits;
}

/** Rounds of "clients → controller → clients" in one turn. Clients decide how much they ask at once: what is left waits for the next turn. */
const MAX_ROUNDS = 100;

/**
 * One node, with the broker role, the controller role or both, as one machine.
 *
 *     starting ──meta.properties and the quorum's log read──▶ running ──stop, leaders moved──▶ leaving ──quorum handed over──▶ exit
 *
 * Raft's committed entries drive the controller's replay, whose deltas drive the broker; the broker's questions go to
 * the active controller, here or on a peer. This file only connects; every decision is in a part.
 */
export class Node implements Machine {
  readonly outbox = new Outbox();
  readonly incarnationId: Uuid;
  /** Undefined on a node without the broker role. */
  readonly brokerRole: BrokerRole | undefined;
  readonly controller: Controller;
  readonly quorum: Quorum;
  private readonly options: NodeOptions;
  private readonly metadataLimits: MetadataLimits;
  private readonly identities: DirectoryIdentities;
  private readonly asks: ControllerAsks;
  private readonly controlPlane: ControlPlane;
  private readonly snapshots = new MetadataSnapshots();
  private readonly watch: QuorumWatch;
  private readonly questions: QuorumQuestions;
  private readonly replacement: VoterReplacement;
  /** All that waits for some time. Asked after every turn. */
  private readonly timed: readonly Timed[];
  private readonly askers = new Map<RequestToken, Asker>();
  private readonly prng: Prng;
  private nextControllerToken = 1;
  private leader = -1 as NodeId;
  private ledTerm: number | undefined;
  /** It hands over what it leads before it ends; by then it ends anyhow. */
  private leaving: { readonly because: string; readonly until: Micros } | undefined;
  private deadlineAt: Micros | undefined;

  constructor(options: NodeOptions) {
    const { config, boot, secret } = options;
    const { outbox } = this;
    const prng = new Prng(boot.seed);
    const clusterId = clusterIdOf(secret);
    this.options = options;
    this.metadataLimits = options.metadataLimits ?? DEFAULT_CONTROLLER_LIMITS;
    this.prng = prng.fork("peers");
    this.incarnationId = uuidFromBytes(prng.fork("incarnation").bytes(16));
    this.controlPlane = this.createControlPlane(clusterId, prng.fork("handshake"));
    const directoryFailed = (index: number, detail: string, now: Now): void => this.brokerRole?.broker.replicas.directoryFailed(index, detail, now);
    const owner = { outbox, nodeId: config.nodeId, clusterId, bootId: boot.bootId, prng: prng.fork("identity") };
    this.identities = new DirectoryIdentities(owner, { paths: config.furtherLogDirs, failed: directoryFailed });
    this.asks = new ControllerAsks(this.askTransport());
    this.brokerRole = config.isBroker ? this.createBrokerRole(clusterId, prng.fork("broker")) : undefined;
    this.controller = new Controller({ self: config.nodeId, prng: prng.fork("controller"), config: controllerConfig(config, this.metadataLimits) });
    this.quorum = this.createQuorum(prng.fork("raft"));
    this.watch = this.createWatch();
    this.questions = new QuorumQuestions({ clusterId, quorum: () => this.quorum });
    this.replacement = new VoterReplacement({
      raft: () => this.quorum.node,
      voters: config.isVoterReplacementEnabled ? config.voters : [],
      intervalMs: config.electionTimeoutMs,
      outbox,
    });
    const always = [this.quorum, this.replacement, this.controller, this.asks, this.controlPlane, this.snapshots, this.watch];
    this.timed = this.brokerRole === undefined ? always : [...always, this.brokerRole];
  }

  step(input: Input, now: Now): void {
    switch (input.type) {
      case "started":
        return this.identities.load((identity) => this.quorum.recover((disk, at) => this.read(identity, disk, at)));
      case "deadline":
        this.deadlineAt = undefined;
        return this.deadline(now);
      case "stop":
        this.outbox.trace({ kind: "stopping" });
        return this.brokerRole === undefined ? this.leave("asked to", now) : this.brokerRole.requestShutdown(now);
      case "accepted":
      case "received":
      case "blocked":
      case "drained":
      case "closed":
        return this.connectionInput(input, now);
      default:
        return this.outbox.complete(input, now);
    }
  }

  drain(now: Now): readonly Effect[] {
    // The broker's end of turn may ask the controller, which may be this node's own.
    let hasMoved = true;
    for (let round = 0; hasMoved && round < MAX_ROUNDS; round++) {
      while (this.settle(now));
      this.brokerRole?.endTurn(now);
      hasMoved = this.settle(now);
    }
    const at = hasMoved ? now.monotonicUs : this.nextDeadlineUs();
    if (at !== undefined && at !== this.deadlineAt) {
      this.deadlineAt = at;
      this.outbox.emit({ type: "deadline", at });
    }
    return this.outbox.drain();
  }

  /** One round of what the parts have for each other; true if another may be needed. */
  private settle(now: Now): boolean {
    let hasMoved = this.quorum.drain(now);
    for (const output of this.controller.drain()) {
      hasMoved = true;
      this.performController(output, now);
    }
    if (this.asks.hasFailed) {
      hasMoved = true;
      this.asks.endTurn(now);
    }
    return hasMoved;
  }

  // Start-up

  /** A controller that finds its identity and no metadata log has lost its promises, or never made any: it is another voter (KAFKA-14077). */
  private read(identity: Identity, { hasPromised }: { readonly hasPromised: boolean }, now: Now): void {
    if (this.options.config.isController && !hasPromised) this.identities.renew((renewed, at) => this.identified(renewed, at));
    else this.identified(identity, now);
  }

  private identified(first: Identity, now: Now): void {
    this.identities.loadFurther(first, now, (all, at) => {
      this.brokerRole?.identified(all);
      this.outbox.trace({ kind: "started", incarnation: this.incarnationId, pageCacheSurvived: all.pageCacheSurvived });
      this.controlPlane.listen(all.directoryId);
      this.quorum.start(all.directoryId, at);
    });
  }

  private quorumRecovered(now: Now): void {
    this.controlPlane.dialPeers(now);
    this.brokerRole?.start();
  }

  // Connections

  /** What is not the control plane's is the data plane's. */
  private connectionInput(input: ConnectionInput, now: Now): void {
    if (input.type === "accepted" && input.listener === CONTROL_LISTENER) this.controlPlane.accept(input, now);
    else if (!this.controlPlane.input(input, now)) this.brokerRole?.input(input, now);
  }

  private createControlPlane(clusterId: string, prng: Prng): ControlPlane {
    const { config, secret, inject } = this.options;
    return new ControlPlane({
      voters: config.voters,
      listen: config.controlListener,
      outbox: this.outbox,
      handshake: { secret, clusterId, self: { nodeId: config.nodeId, incarnationId: this.incarnationId }, prng },
      prng: this.prng,
      events: {
        raftReceived: ({ nodeId: id, directoryId }, message, now) => this.quorum.received({ id, directoryId }, message, now),
        peerReconnected: (peer, now) => {
          this.quorum.peerReconnected(peer, now);
          this.brokerRole?.hurry(now);
        },
        peerLost: (peer) => this.asks.peerLost(peer),
        peerRefused: (peer, now) => this.quorum.peerRefused(peer, now),
        connectionLost: (peer, now) => this.controller.connectionLost(peer, now),
        asked: (from, request, asker, now) => this.askController(from, request, asker, now),
        answered: (from, token, reply, now) => this.asks.answered(token, from, reply, now),
        quorumAsked: (asker, now) => this.questions.ask((status) => this.controlPlane.describeQuorum(asker, status), now),
        describeNode: (wanted) => nodeReport(config.nodeId, this, wanted),
        inject: (message) => (inject === undefined ? "faults are off: start the node with --enable-faults" : inject(message)),
      },
    });
  }

  // Raft and the controller

  private createQuorum(prng: Prng): Quorum {
    const { config } = this.options;
    return new Quorum({
      self: config.nodeId,
      voters: config.voters,
      electionTimeoutMs: config.electionTimeoutMs,
      heartbeatIntervalMs: config.quorumHeartbeatIntervalMs,
      limits: { ...config.quorumLimits, maxPayloadBytes: this.metadataLimits.maxBatchBytes },
      outbox: this.outbox,
      prng,
      events: {
        quorumRecovered: (now) => this.quorumRecovered(now),
        send: (to, message) => this.controlPlane.sendRaft(to, message),
        loadSnapshot: (snapshot, done, now) => this.snapshots.read(snapshot, done, now),
        restored: (snapshot, now) => this.restored(snapshot, now),
        entryCommitted: (entry, now) => this.committed(entry, now),
        takeSnapshot: (index, now) => this.takeSnapshot(index, now),
        readAnswered: (id, index, now) => this.questions.readAnswered(id, index, now),
        roleChanged: (role, now) => this.roleChanged(role, now),
      },
    });
  }

  private createWatch(): QuorumWatch {
    const { config } = this.options;
    return new QuorumWatch({
      outbox: this.outbox,
      patienceMs: 2 * config.electionTimeoutMs,
      missing: () => this.controlPlane.missing,
      isFirstStart: () => this.quorum.node?.voters.some(({ directoryId }) => directoryId === ANY_DIRECTORY) === true,
    });
  }

  private committed(entry: Entry, now: Now): void {
    if (this.outbox.isDetailed) this.outbox.trace({ kind: "raft-commit", index: entry.index });
    const delta = this.controller.committed(
      { index: entry.index, epoch: entry.term, records: entry.kind === "data" ? decodeEntry(entry.payload, entry.index) : [] },
      now,
    );
    this.brokerRole?.applyMetadata(this.controller.image, delta, now);
  }

  /** The image of entry `index` is immutable: it is written down over the turns to come. */
  private takeSnapshot(index: number, now: Now): void {
    this.snapshots.write(this.controller.image, (data, at) => this.quorum.snapshotTaken(index, data, at), now);
  }

  private restored({ index, term }: Snapshot, now: Now): void {
    const changes = this.controller.restored(this.snapshots.takeRead(index), term, now);
    this.brokerRole?.applyMetadata(this.controller.image, changes, now);
  }

  private roleChanged(role: { readonly isLeader: boolean; readonly term: number; readonly leader: NodeId }, now: Now): void {
    const leaderBefore = this.leader;
    this.leader = role.leader;
    this.watch.leaderChanged(role.leader, now);
    this.replacement.roleChanged(role.isLeader, now);
    // Deposed and elected again between two turns is a new leadership.
    if (role.isLeader && this.ledTerm !== role.term) this.controller.becameLeader(role.term, now);
    else if (!role.isLeader && this.ledTerm !== undefined) this.controller.lostLeadership(now);
    this.ledTerm = role.isLeader ? role.term : undefined;
    if (role.leader >= 0 && role.leader !== leaderBefore) this.brokerRole?.hurry(now);
    if (this.leaving !== undefined && !role.isLeader && role.leader >= 0) this.end(this.leaving.because);
  }

  private askController(from: NodeId, request: ControllerRequest, asker: Asker, now: Now): void {
    if (request.type === "describe-quorum") {
      const { type } = request;
      return this.questions.ask((status, at) => this.answer(asker, { type, error: status.isLeader ? "NONE" : "NOT_CONTROLLER", status }, at), now);
    }
    const token = this.nextControllerToken++;
    this.askers.set(token, asker);
    this.controller.request(token, from, request, now);
  }

  private askTransport() {
    const self = this.options.config.nodeId;
    const leader = (): NodeId => this.leader;
    return {
      self,
      get leader() {
        return leader();
      },
      askPeer: (peer: NodeId, token: RequestToken, request: ControllerRequest): boolean => this.controlPlane.ask(peer, token, request),
      askSelf: (token: RequestToken, request: ControllerRequest, now: Now): void => this.askController(self, request, { ownToken: token }, now),
    };
  }

  private performController(output: ControllerOutput, now: Now): void {
    switch (output.type) {
      case "propose":
        return proposeBatch(output, this, now);
      case "reply": {
        const asker = this.askers.get(output.token);
        this.askers.delete(output.token);
        return asker === undefined ? undefined : this.answer(asker, output.reply, now);
      }
      case "probe":
        return this.probe(output, now);
      case "trace":
        return this.outbox.trace(output.event);
    }
  }

  private answer(asker: Asker, reply: ControllerReply, now: Now): void {
    if ("ownToken" in asker) this.asks.answered(asker.ownToken, this.options.config.nodeId, reply, now);
    else this.controlPlane.answer(asker, reply);
  }

  private probe(output: Extract<ControllerOutput, { type: "probe" }>, now: Now): void {
    const { brokerId, host, port, incarnationId } = output;
    if (brokerId === this.options.config.nodeId) return this.controller.probed(brokerId, incarnationId === this.incarnationId ? "alive" : "replaced", now);
    this.controlPlane.probe({ brokerId, host, port, incarnationId }, (outcome, at) => this.controller.probed(brokerId, outcome, at), now);
  }

  // The broker

  /** Undefined on a node without the broker role. */
  get broker(): Broker | undefined {
    return this.brokerRole?.broker;
  }

  private createBrokerRole(clusterId: string, prng: Prng): BrokerRole {
    const { config, secret } = this.options;
    return new BrokerRole({
      config,
      clusterId,
      secret,
      incarnationId: this.incarnationId,
      outbox: this.outbox,
      prng,
      lifecyclePrng: this.prng,
      channel: this.asks,
      controlEndpoint: () => this.controlPlane.address,
      activeController: () => this.leader,
      vouch: () => this.identities.vouch(),
      mayShutDown: (because, now) => this.broker?.stop(now, (at) => this.leave(because, at)),
      mustShutDown: (because) => this.outbox.emit({ type: "exit", code: 78, reason: because }),
    });
  }

  // The end

  /**
   * The active controller hands over first: nobody has to find out that it is gone. It stays until another one leads, for its last words leave
   * no process that ends in the turn in which they are said, and its vote helps its successor.
   */
  private leave(because: string, now: Now): void {
    if (this.leaving !== undefined) return;
    if (this.ledTerm === undefined || !this.quorum.transferLeadership(now).ok) return this.end(because);
    this.leaving = { because, until: micros(now.monotonicUs + this.options.config.electionTimeoutMs * 1000) };
  }

  private end(because: string): void {
    this.outbox.emit({ type: "exit", code: 0, reason: `stopped in order: ${because}` });
  }

  // Deadlines

  private deadline(now: Now): void {
    if (this.leaving !== undefined && this.leaving.until <= now.monotonicUs) return this.end(`${this.leaving.because}; nobody took over the metadata quorum`);
    for (const part of this.timed) {
      const at = part.nextDeadlineUs;
      if (at !== undefined && at <= now.monotonicUs) part.deadline(now);
    }
  }

  private nextDeadlineUs(): Micros | undefined {
    return this.timed.reduce((earliest, part) => earlier(earliest, part.nextDeadlineUs), this.leaving?.until);
  }
}

/** Who waits for the controller's answer: this node itself, or a peer. */
type Asker = { readonly ownToken: RequestToken } | PeerAsker;
