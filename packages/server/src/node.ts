import { Broker } from "@samsa/broker";
import { Controller, type ControllerOutput, type ControllerRequest, type RequestToken } from "@samsa/controller";
import { type BrokerEpoch, earlier, invariant, type Micros, type NodeId, type Now, Prng, type Uuid, uuidFromBytes } from "@samsa/stdx";
import {
  type Boot,
  type Completable,
  type Completion,
  type ConnectionId,
  type ConnectionInput,
  type Effect,
  type Input,
  type Machine,
  Outbox,
} from "@samsa/world";
import type { Entry, RaftMessage } from "raft-ts";
import { BrokerLifecycle } from "./broker-lifecycle.ts";
import { clusterIdOf, secretProof } from "./cluster-secret.ts";
import type { NodeConfig } from "./config/node-config.ts";
import { decodeEntry, encodeEntry } from "./metadata-entry.ts";
import { type Identity, NodeIdentity } from "./node-identity.ts";
import { ControllerAsks } from "./peer/controller-asks.ts";
import type { HandshakeOptions, PeerIdentity } from "./peer/handshake.ts";
import { decodePeerMessage, encodePeerMessage, type PeerMessage } from "./peer/messages.ts";
import { PeerAcceptor } from "./peer/peer-acceptor.ts";
import { PeerLink } from "./peer/peer-link.ts";
import { Probe } from "./peer/probe.ts";
import { Quorum } from "./quorum.ts";

interface Timed {
  readonly nextDeadlineUs: Micros | undefined;
  deadline(now: Now): void;
}

/** Whoever a connection belongs to. */
interface ConnectionOwner {
  input(input: ConnectionInput, now: Now): void;
}

export interface NodeOptions {
  readonly config: NodeConfig;
  readonly boot: Boot;
  /** The cluster's shared secret; ≥ 16 bytes. */
  readonly secret: Uint8Array;
  /** Takes a fault asked for over the control plane; returns why not, or null. Given only with `--enable-faults`. */
  readonly inject?: (message: Extract<PeerMessage, { type: "inject" }>) => string | null;
}

const CONTROL_LISTENER = "CONTROLLER";
/** Rounds of "clients → controller → clients" in one turn. Clients decide how much they ask at once: what is left waits for the next turn. */
const MAX_ROUNDS = 100;

/**
 * One node, broker and controller together, as one machine.
 *
 *     starting ──meta.properties and the quorum's log read──▶ running ──stop, leaders moved──▶ exit
 *
 * Raft's committed entries drive the controller's replay, whose deltas drive the broker; the broker's questions go to
 * the active controller, here or on a peer. This file only connects; every decision is in a part.
 */
export class Node implements Machine {
  readonly outbox = new Outbox();
  readonly incarnationId: Uuid;
  readonly broker: Broker;
  readonly controller: Controller;
  readonly quorum: Quorum;
  private readonly options: NodeOptions;
  private readonly identity: NodeIdentity;
  private readonly asks: ControllerAsks;
  private readonly lifecycle: BrokerLifecycle;
  private readonly links = new Map<NodeId, PeerLink>();
  private readonly acceptor: PeerAcceptor;
  private readonly owners = new Map<ConnectionId, ConnectionOwner>();
  private readonly handshake: HandshakeOptions;
  private readonly probes = new Set<Probe>();
  /** All that waits for some time, but for the probes, which come and go. Asked after every turn. */
  private readonly timed: readonly Timed[];
  private readonly askers = new Map<RequestToken, Asker>();
  private readonly prng: Prng;
  private nextControllerToken = 1;
  private leader = -1 as NodeId;
  private ledTerm: number | undefined;
  private pageCacheSurvived = false;
  private deadlineAt: Micros | undefined;

  constructor(options: NodeOptions) {
    const { config, boot, secret } = options;
    const { outbox } = this;
    const prng = new Prng(boot.seed);
    const clusterId = clusterIdOf(secret);
    this.options = options;
    this.prng = prng.fork("peers");
    this.incarnationId = uuidFromBytes(prng.fork("incarnation").bytes(16));
    this.handshake = { secret, clusterId, self: { nodeId: config.nodeId, incarnationId: this.incarnationId }, prng: prng.fork("handshake") };
    this.identity = new NodeIdentity({ outbox, nodeId: config.nodeId, clusterId, bootId: boot.bootId, prng: prng.fork("identity") });
    this.asks = new ControllerAsks(this.askTransport());
    const brokerConfig = { ...config.broker, clusterId };
    this.broker = new Broker({
      config: brokerConfig,
      outbox,
      prng: prng.fork("broker"),
      channel: this.asks,
      proof: secretProof(secret),
      activeController: () => this.leader,
    });
    this.controller = new Controller({ self: config.nodeId, prng: prng.fork("controller"), config: controllerConfig(config) });
    this.quorum = this.createQuorum(prng.fork("raft"));
    this.acceptor = this.createAcceptor();
    this.lifecycle = this.createLifecycle();
    for (const voter of config.voters) if (voter.nodeId !== config.nodeId) this.links.set(voter.nodeId, this.createLink(voter));
    this.timed = [this.quorum, this.controller, this.broker, this.lifecycle, this.asks, this.acceptor, ...this.links.values()];
  }

  step(input: Input, now: Now): void {
    switch (input.type) {
      case "started":
        return this.identity.load((identity, at) => this.identified(identity, at));
      case "deadline":
        this.deadlineAt = undefined;
        return this.deadline(now);
      case "stop":
        this.outbox.trace({ kind: "stopping" });
        return this.lifecycle.requestShutdown(now);
      case "accepted":
        return this.accepted(input, now);
      case "received":
      case "blocked":
      case "drained":
        return this.ownerOf(input.connection).input(input, now);
      case "closed":
        this.ownerOf(input.connection).input(input, now);
        this.owners.delete(input.connection);
        return;
      default:
        return this.outbox.complete(input, now);
    }
  }

  drain(now: Now): readonly Effect[] {
    // The broker's end of turn may ask the controller, which may be this node's own.
    let hasMoved = true;
    for (let round = 0; hasMoved && round < MAX_ROUNDS; round++) {
      while (this.settle(now));
      this.broker.endTurn(now);
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

  private identified({ pageCacheSurvived }: Identity, _now: Now): void {
    const { config } = this.options;
    this.pageCacheSurvived = pageCacheSurvived;
    this.outbox.trace({ kind: "started", incarnation: this.incarnationId, pageCacheSurvived });
    const own = config.voters.find((voter) => voter.nodeId === config.nodeId);
    invariant(own !== undefined, "a controller is among the voters", { node: config.nodeId });
    const listening = new ListenResult(this.outbox, CONTROL_LISTENER, own.host);
    this.outbox.request({ type: "listen", listener: CONTROL_LISTENER, transport: "message", host: own.host, port: own.port }, listening);
    this.quorum.recover();
  }

  private quorumRecovered(now: Now): void {
    for (const link of this.links.values()) link.deadline(now);
    this.broker.listen((at) => this.lifecycle.start(at));
  }

  // Connections

  private accepted(input: Extract<ConnectionInput, { type: "accepted" }>, now: Now): void {
    if (input.listener === CONTROL_LISTENER) {
      this.owners.set(input.connection, this.acceptor);
      this.acceptor.accept(input.connection, input.remote, now);
    } else this.broker.input(input, now);
  }

  /** What is not the control plane's is the data plane's. */
  private ownerOf(connection: ConnectionId): ConnectionOwner {
    return this.owners.get(connection) ?? this.broker;
  }

  private createLink(voter: { readonly nodeId: NodeId; readonly host: string; readonly port: number }): PeerLink {
    return new PeerLink({
      peer: voter.nodeId,
      host: voter.host,
      port: voter.port,
      outbox: this.outbox,
      handshake: this.handshake,
      prng: this.prng,
      events: {
        linkOwns: (connection, link) => this.owners.set(connection, link),
        linkReady: (peer, now) => {
          this.quorum.peerReconnected(peer.nodeId, now);
          this.lifecycle.hurry(now);
        },
        linkReceived: (peer, bytes, now) => this.receivedFrom(peer, bytes, undefined, now),
        linkLost: (peer) => this.asks.peerLost(peer),
        linkRefused: (peer, now) => this.quorum.peerRefused(peer, now),
      },
    });
  }

  private createAcceptor(): PeerAcceptor {
    return new PeerAcceptor({
      outbox: this.outbox,
      handshake: this.handshake,
      members: this.options.config.voters.map((voter) => voter.nodeId),
      events: {
        accepted: () => undefined,
        received: (peer, connection, bytes, now) => this.receivedFrom(peer, bytes, connection, now),
        lost: (peer, remaining, now) => {
          if (remaining === 0) this.controller.connectionLost(peer.nodeId, now);
        },
      },
    });
  }

  /** `connection` is where an answer goes; undefined on our own link, where only answers are expected. */
  private receivedFrom(peer: PeerIdentity, bytes: Uint8Array, connection: ConnectionId | undefined, now: Now): void {
    const message = decodePeerMessage(bytes);
    if (message === undefined) {
      this.outbox.trace({ kind: "peer-refused", remote: `node ${peer.nodeId}`, because: "it sent a message that can't be read" });
      if (connection !== undefined) this.outbox.emit({ type: "close", connection, how: "reset" });
    } else if (message.type === "raft") this.quorum.received(peer.nodeId, message.message, now);
    else if (message.type === "answer") this.asks.answered(message.token, peer.nodeId, message.reply, now);
    else if (message.type === "ask" && connection !== undefined)
      this.askController(peer.nodeId, message.request, { type: "peer", connection, token: message.token }, now);
    else if (message.type === "inject" && connection !== undefined) this.injectFault(message, connection);
  }

  private injectFault(message: Extract<PeerMessage, { type: "inject" }>, connection: ConnectionId): void {
    const { inject } = this.options;
    const error = inject === undefined ? "faults are off: start the node with --enable-faults" : inject(message);
    this.outbox.emit({ type: "send", connection, parts: [encodePeerMessage({ type: "injected", token: message.token, error })] });
  }

  // Raft and the controller

  private createQuorum(prng: Prng): Quorum {
    const { config } = this.options;
    return new Quorum({
      self: config.nodeId,
      voters: config.voters.map((voter) => voter.nodeId),
      electionTimeoutMs: config.electionTimeoutMs,
      heartbeatIntervalMs: config.quorumHeartbeatIntervalMs,
      appendMaxEntries: config.quorumAppendMaxEntries,
      outbox: this.outbox,
      prng,
      events: {
        quorumRecovered: (now) => this.quorumRecovered(now),
        send: (to, message: RaftMessage) => this.links.get(to)?.send(encodePeerMessage({ type: "raft", message })),
        entryCommitted: (entry, now) => this.committed(entry, now),
        roleChanged: (role, now) => this.roleChanged(role, now),
      },
    });
  }

  private committed(entry: Entry, now: Now): void {
    this.outbox.trace({ kind: "raft-commit", index: entry.index });
    const delta = this.controller.committed({ index: entry.index, epoch: entry.term, records: decodeEntry(entry.payload, entry.index) }, now);
    this.broker.applyMetadata(this.controller.image, delta, now);
    this.lifecycle.hurry(now);
  }

  private roleChanged(role: { readonly isLeader: boolean; readonly term: number; readonly leader: NodeId }, now: Now): void {
    const leaderBefore = this.leader;
    this.leader = role.leader;
    // Deposed and elected again between two turns is a new leadership.
    if (role.isLeader && this.ledTerm !== role.term) this.controller.becameLeader(role.term, now);
    else if (!role.isLeader && this.ledTerm !== undefined) this.controller.lostLeadership(now);
    this.ledTerm = role.isLeader ? role.term : undefined;
    if (role.leader >= 0 && role.leader !== leaderBefore) this.lifecycle.hurry(now);
  }

  private askController(from: NodeId, request: ControllerRequest, asker: Asker, now: Now): void {
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
      askPeer: (peer: NodeId, token: RequestToken, request: ControllerRequest): boolean =>
        this.links.get(peer)?.send(encodePeerMessage({ type: "ask", token, request })) ?? false,
      askSelf: (token: RequestToken, request: ControllerRequest, now: Now): void => this.askController(self, request, { type: "self", token }, now),
    };
  }

  private performController(output: ControllerOutput, now: Now): void {
    switch (output.type) {
      case "propose": {
        const index = this.quorum.propose(encodeEntry(output.records), now);
        if (index === undefined) this.controller.lostLeadership(now);
        else this.controller.proposed(output.batch, index);
        return;
      }
      case "reply": {
        const asker = this.askers.get(output.token);
        this.askers.delete(output.token);
        if (asker?.type === "self") this.asks.answered(asker.token, this.options.config.nodeId, output.reply, now);
        else if (asker !== undefined)
          this.outbox.emit({
            type: "send",
            connection: asker.connection,
            parts: [encodePeerMessage({ type: "answer", token: asker.token, reply: output.reply })],
          });
        return;
      }
      case "probe":
        return this.probe(output, now);
      case "trace":
        return this.outbox.trace(output.event);
    }
  }

  private probe(output: Extract<ControllerOutput, { type: "probe" }>, now: Now): void {
    const { brokerId, host, port, incarnationId } = output;
    if (brokerId === this.options.config.nodeId) return this.controller.probed(brokerId, incarnationId === this.incarnationId ? "alive" : "replaced", now);
    const probe = new Probe({
      brokerId,
      host,
      port,
      incarnationId,
      outbox: this.outbox,
      handshake: this.handshake,
      prng: this.prng,
      now,
      owns: (connection, owner) => this.owners.set(connection, owner),
      done: (outcome, at) => {
        this.probes.delete(probe);
        this.controller.probed(brokerId, outcome, at);
      },
    });
    this.probes.add(probe);
  }

  // The broker's standing

  private createLifecycle(): BrokerLifecycle {
    const { config } = this.options;
    const own = config.voters.find((voter) => voter.nodeId === config.nodeId);
    const isPageCacheSurvived = (): boolean => this.pageCacheSurvived;
    return new BrokerLifecycle({
      self: config.nodeId,
      incarnationId: this.incarnationId,
      endpoints: () => this.broker.endpoints,
      controlEndpoint: { host: own?.host ?? "127.0.0.1", port: own?.port ?? 0 },
      rack: config.broker.rack,
      get pageCacheSurvived() {
        return isPageCacheSurvived();
      },
      heartbeatIntervalMs: config.brokerHeartbeatIntervalMs,
      channel: this.asks,
      prng: this.prng,
      appliedIndex: () => this.broker.appliedIndex,
      registered: (epoch: BrokerEpoch, now) => {
        this.identity.vouch();
        this.pageCacheSurvived = true;
        this.broker.registered(this.incarnationId, epoch, now);
      },
      mayShutDown: (because) => this.outbox.emit({ type: "exit", code: 0, reason: `stopped in order: ${because}` }),
    });
  }

  // Deadlines

  private deadline(now: Now): void {
    for (const part of [...this.timed, ...this.probes]) {
      const at = part.nextDeadlineUs;
      if (at !== undefined && at <= now.monotonicUs) part.deadline(now);
    }
  }

  private nextDeadlineUs(): Micros | undefined {
    let earliest: Micros | undefined;
    for (const part of this.timed) earliest = earlier(earliest, part.nextDeadlineUs);
    if (this.probes.size > 0) for (const probe of this.probes) earliest = earlier(earliest, probe.nextDeadlineUs);
    return earliest;
  }
}

type Asker =
  { readonly type: "self"; readonly token: RequestToken } | { readonly type: "peer"; readonly connection: ConnectionId; readonly token: RequestToken };

/** A listener that can't be had ends the process with a message that names it. */
class ListenResult implements Completable {
  private readonly outbox: Outbox;
  private readonly listener: string;
  private readonly host: string;

  constructor(outbox: Outbox, listener: string, host: string) {
    this.outbox = outbox;
    this.listener = listener;
    this.host = host;
  }

  complete(completion: Completion): void {
    if (completion.type === "listening") this.outbox.trace({ kind: "listening", listener: this.listener, host: this.host, port: completion.port });
    else if (completion.type === "failed")
      this.outbox.emit({ type: "exit", code: 69, reason: `listener ${this.listener} can't be opened: ${completion.error.code} ${completion.error.detail}` });
  }
}

function controllerConfig(config: NodeConfig) {
  return {
    brokerSessionTimeoutMs: config.brokerSessionTimeoutMs,
    fencingByRefusedDial: config.isFencingByRefusedDial,
    minInsyncReplicas: config.broker.minInsyncReplicas,
    defaultReplicationFactor: config.broker.defaultReplicationFactor,
    numPartitions: config.broker.numPartitions,
  };
}
