import type { ControllerReply, ControllerRequest, ProbeOutcome, QuorumStatus, RequestToken } from "@samsa/controller";
import { earlier, type Micros, type NodeId, type Now, type Prng, type Uuid } from "@samsa/stdx";
import { type Completable, type Completion, type ConnectionId, type ConnectionInput, listenFailure, type Outbox } from "@samsa/world";
import { ANY_DIRECTORY, type RaftMessage, type ReplicaKey } from "raft-ts";
import type { ControlAddress, ControlListener } from "../control-address.ts";
import { type HandshakeOptions, NO_DIRECTORY, OPERATOR, type PeerIdentity } from "./handshake.ts";
import type { NodeReport, ReportLimits } from "../operator/node-report.ts";
import { decodePeerMessage, encodePeerMessage, type PeerMessage } from "./messages.ts";
import { PeerAcceptor } from "./peer-acceptor.ts";
import { PeerLink } from "./peer-link.ts";
import { Probe } from "./probe.ts";
import { RefusalLog } from "./refusal-log.ts";

/** Where an answer to a question goes that came over the control plane. */
export interface PeerAsker {
  readonly connection: ConnectionId;
  readonly token: RequestToken;
}

export interface ControlPlaneEvents {
  raftReceived(from: PeerIdentity, message: RaftMessage, now: Now): void;
  /** Our link to a peer is proved: what was in flight on an earlier one is lost. */
  peerReconnected(peer: NodeId, now: Now): void;
  peerLost(peer: NodeId): void;
  /** No process listens at the peer's control address. */
  peerRefused(peer: NodeId, now: Now): void;
  /** The last connection that an incarnation of a peer had to us broke. */
  connectionLost(peer: NodeId, now: Now): void;
  asked(from: NodeId, request: ControllerRequest, asker: PeerAsker, now: Now): void;
  answered(from: NodeId, token: RequestToken, reply: ControllerReply, now: Now): void;
  /** To be answered by `describeQuorum`. */
  quorumAsked(asker: PeerAsker, now: Now): void;
  /** What this node knows of the cluster. */
  describeNode(wanted: ReportLimits): NodeReport;
  /** Why the fault can't be done, or null. */
  inject(message: Extract<PeerMessage, { type: "inject" }>): string | null;
}

export interface ControlPlaneOptions {
  /** Whom it keeps links to. */
  readonly voters: readonly ControlAddress[];
  /** Its own control listener; port 0 is any free one. */
  readonly listen: ControlListener;
  readonly outbox: Outbox;
  /** Without the directory, which is not known before it was read: `listen` names it. */
  readonly handshake: Omit<HandshakeOptions, "self"> & { readonly self: Omit<PeerIdentity, "directoryId"> };
  readonly prng: Prng;
  readonly events: ControlPlaneEvents;
}

interface Owner {
  input(input: ConnectionInput, now: Now): void;
}

export const CONTROL_LISTENER = "CONTROLLER";

/**
 * This node's connections to and from the other nodes: a link of our own to each of them, for what we have to say, and the
 * connections they made to us. It carries messages and decides nothing.
 */
export class ControlPlane implements Completable {
  private readonly options: ControlPlaneOptions;
  private readonly handshake: HandshakeOptions;
  private readonly refusals: RefusalLog;
  private self: PeerIdentity;
  private readonly links = new Map<NodeId, PeerLink>();
  private readonly acceptor: PeerAcceptor;
  private readonly owners = new Map<ConnectionId, Owner>();
  private readonly probes = new Set<Probe>();
  private isDialling = false;
  private port: number;

  constructor(options: ControlPlaneOptions) {
    const { voters, handshake } = options;
    this.options = options;
    this.port = options.listen.port;
    this.self = { ...handshake.self, directoryId: NO_DIRECTORY };
    this.handshake = this.handshakeOptions();
    this.refusals = new RefusalLog(options.outbox);
    const { nodeId } = this.self;
    this.acceptor = this.createAcceptor();
    for (const voter of voters) if (voter.nodeId !== nodeId) this.links.set(voter.nodeId, this.createLink(voter));
  }

  /** Where other nodes find this one. Its port is known when it listens. */
  get address(): { readonly host: string; readonly port: number } {
    return { host: this.options.listen.advertisedHost, port: this.port };
  }

  get nextDeadlineUs(): Micros | undefined {
    let at = this.acceptor.nextDeadlineUs;
    for (const link of this.kept) at = earlier(at, link.nextDeadlineUs);
    for (const probe of this.probes) at = earlier(at, probe.nextDeadlineUs);
    return at;
  }

  deadline(now: Now): void {
    const isDue = ({ nextDeadlineUs }: { readonly nextDeadlineUs: Micros | undefined }): boolean =>
      nextDeadlineUs !== undefined && nextDeadlineUs <= now.monotonicUs;
    if (isDue(this.acceptor)) this.acceptor.deadline(now);
    for (const link of this.kept) if (isDue(link)) link.deadline(now);
    for (const probe of this.probes) if (isDue(probe)) probe.deadline(now);
  }

  listen(directoryId: string): void {
    this.self = { ...this.self, directoryId };
    const { host, port } = this.options.listen;
    this.options.outbox.request({ type: "listen", listener: CONTROL_LISTENER, transport: "message", host, port }, this);
  }

  /** A listener that can't be had ends the process with a message that names it. */
  complete(completion: Completion): void {
    const { outbox } = this.options;
    if (completion.type === "listening") {
      this.port = completion.port;
      outbox.trace({ kind: "listening", listener: CONTROL_LISTENER, ...this.address });
    } else if (completion.type === "failed")
      outbox.emit({ type: "exit", code: 69, reason: listenFailure({ listener: CONTROL_LISTENER, ...this.options.listen }, completion.error) });
  }

  /** Keeps up the links to the others from here on. Not before the directory is known: it is part of what is proved. */
  dialPeers(now: Now): void {
    this.isDialling = true;
    for (const link of this.links.values()) link.deadline(now);
  }

  /** Over our own link or, to a node that we do not dial, over the connection it made. Lost if what answers there is not that very replica. */
  sendRaft(to: ReplicaKey, message: RaftMessage): void {
    const isMeant = (peer: PeerIdentity): boolean => to.directoryId === ANY_DIRECTORY || to.directoryId === peer.directoryId;
    const link = this.links.get(to.id as NodeId);
    if (link?.proved !== undefined) {
      if (isMeant(link.proved)) link.send(encodePeerMessage({ type: "raft", message }));
      return;
    }
    const guest = this.acceptor.proved(to.id as NodeId);
    if (guest !== undefined && isMeant(guest.peer))
      this.options.outbox.emit({ type: "send", connection: guest.connection, parts: [encodePeerMessage({ type: "raft", message })] });
  }

  /** False: the link is not ready, nothing was sent. */
  ask(peer: NodeId, token: RequestToken, request: ControllerRequest): boolean {
    return this.links.get(peer)?.send(encodePeerMessage({ type: "ask", token, request })) ?? false;
  }

  answer({ connection, token }: PeerAsker, reply: ControllerReply): void {
    this.options.outbox.emit({ type: "send", connection, parts: [encodePeerMessage({ type: "answer", token, reply })] });
  }

  describeQuorum({ connection, token }: PeerAsker, status: QuorumStatus): void {
    this.options.outbox.emit({ type: "send", connection, parts: [encodePeerMessage({ type: "quorum-described", token, status })] });
  }

  probe(
    broker: { readonly brokerId: NodeId; readonly host: string; readonly port: number; readonly incarnationId: Uuid },
    done: (outcome: ProbeOutcome, now: Now) => void,
    now: Now,
  ): void {
    const { handshake } = this;
    const { outbox, prng } = this.options;
    const probe = new Probe({
      ...broker,
      outbox,
      handshake,
      refusals: this.refusals,
      prng,
      now,
      owns: (connection, owner) => this.owners.set(connection, owner),
      done: (outcome, at) => {
        this.probes.delete(probe);
        done(outcome, at);
      },
    });
    this.probes.add(probe);
  }

  accept({ connection, remote }: Extract<ConnectionInput, { type: "accepted" }>, now: Now): void {
    this.owners.set(connection, this.acceptor);
    this.acceptor.accept(connection, remote, now);
  }

  /** False: the connection is not one of the control plane. */
  input(input: ConnectionInput, now: Now): boolean {
    const owner = this.owners.get(input.connection);
    if (owner === undefined) return false;
    owner.input(input, now);
    if (input.type === "closed") this.owners.delete(input.connection);
    return true;
  }

  /** Voters that this node has no proved link to. */
  get missing(): readonly NodeId[] {
    return [...this.links].filter(([, link]) => link.proved === undefined).map(([id]) => id);
  }

  private get kept(): Iterable<PeerLink> {
    return this.isDialling ? this.links.values() : [];
  }

  private handshakeOptions(): HandshakeOptions {
    const { secret, clusterId, prng } = this.options.handshake;
    const self = (): PeerIdentity => this.self;
    return {
      secret,
      clusterId,
      prng,
      get self() {
        return self();
      },
    };
  }

  private createLink(voter: ControlAddress): PeerLink {
    const { handshake, refusals } = this;
    const { outbox, prng, events } = this.options;
    return new PeerLink({
      peer: voter.nodeId,
      host: voter.host,
      port: voter.port,
      outbox,
      handshake,
      refusals,
      prng,
      events: {
        linkOwns: (connection, link) => this.owners.set(connection, link),
        linkReady: (peer, now) => events.peerReconnected(peer.nodeId, now),
        linkReceived: (peer, bytes, now) => this.received(peer, bytes, undefined, now),
        linkLost: (peer) => events.peerLost(peer),
        linkRefused: (peer, now) => events.peerRefused(peer, now),
      },
    });
  }

  private createAcceptor(): PeerAcceptor {
    const { handshake, refusals } = this;
    const { outbox, events } = this.options;
    return new PeerAcceptor({
      outbox,
      handshake,
      refusals,
      events: {
        accepted: () => undefined,
        received: (peer, connection, bytes, now) => this.received(peer, bytes, connection, now),
        lost: (peer, remaining, now) => {
          if (remaining === 0) events.connectionLost(peer.nodeId, now);
        },
      },
    });
  }

  /** `connection` is where an answer goes; undefined on our own link, where only answers are expected. */
  private received(peer: PeerIdentity, bytes: Uint8Array, connection: ConnectionId | undefined, now: Now): void {
    const { events } = this.options;
    const message = decodePeerMessage(bytes);
    if (message === undefined) return this.refuse(peer, connection, "a message that can't be read", now);
    if (message.type === "raft") {
      // The operator knows the secret too, and is no node.
      if (peer.nodeId !== OPERATOR) events.raftReceived(peer, message.message, now);
      else this.refuse(peer, connection, "a Raft message, and is no node", now);
    } else if (message.type === "answer") events.answered(peer.nodeId, message.token, message.reply, now);
    else if (connection === undefined) return this.refuse(peer, connection, `a message of type ${message.type}, which nobody answers here`, now);
    else if (message.type === "ask") events.asked(peer.nodeId, message.request, { connection, token: message.token }, now);
    else if (message.type === "injected" || message.type === "quorum-described" || message.type === "node-described")
      this.refuse(peer, connection, "an answer that nobody asked for", now);
    else if (message.type === "describe-quorum") events.quorumAsked({ connection, token: message.token }, now);
    else this.answerOperator(message, connection);
  }

  private answerOperator(message: Extract<PeerMessage, { type: "inject" | "describe-node" }>, connection: ConnectionId): void {
    const { outbox, events } = this.options;
    const { token } = message;
    const answer: PeerMessage =
      message.type === "inject"
        ? { type: "injected", token, error: events.inject(message) }
        : { type: "node-described", token, report: events.describeNode(message) };
    outbox.emit({ type: "send", connection, parts: [encodePeerMessage(answer)] });
  }

  /** Whoever proved the secret and then says what none of ours says is another version, or broken: it has to begin anew. */
  private refuse(peer: PeerIdentity, connection: ConnectionId | undefined, what: string, now: Now): void {
    const because = `node ${peer.nodeId} sent ${what}`;
    if (connection !== undefined) this.acceptor.refusePeer(connection, because, now);
    else this.links.get(peer.nodeId)?.refuse(because, now);
  }
}
