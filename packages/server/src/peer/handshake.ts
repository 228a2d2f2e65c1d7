import { encodeUtf8, equalBytes, nodeId, type NodeId, type Prng, toHex, type Uuid, uuid } from "@samsa/stdx";
import { hmac } from "@noble/hashes/hmac.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { pack, unpackForeign } from "./codec.ts";

/** Speaks for no node: the operator's command line. */
export const OPERATOR = nodeId(-2);

/** Who speaks from no log directory: the operator. */
export const NO_DIRECTORY = "none";

export interface PeerIdentity {
  readonly nodeId: NodeId;
  readonly incarnationId: Uuid;
  /** Names the log directory (`meta.properties`): a node whose disk was wiped is another voter. 1–64 printable ASCII characters. */
  readonly directoryId: string;
}

export interface HandshakeOptions {
  readonly secret: Uint8Array;
  readonly clusterId: string;
  readonly self: PeerIdentity;
  readonly prng: Prng;
}

/** Every frame of a handshake; a nonce of its own on both sides makes each connection's proofs unlike any other's. */
interface Hello {
  readonly kind: "hello";
  readonly cluster: string;
  readonly from: number;
  readonly incarnation: string;
  readonly directory: string;
  readonly to: number;
  readonly nonce: Uint8Array;
}
interface Challenge {
  readonly kind: "challenge";
  readonly node: number;
  readonly incarnation: string;
  readonly directory: string;
  readonly nonce: Uint8Array;
  readonly proof: Uint8Array;
}
interface Proof {
  readonly kind: "proof";
  readonly proof: Uint8Array;
}

export type HandshakeStep =
  | { readonly type: "send"; readonly bytes: Uint8Array; readonly peer: PeerIdentity | undefined }
  | { readonly type: "ready"; readonly peer: PeerIdentity }
  | { readonly type: "refused"; readonly because: string };

const NONCE_BYTES = 16;
/** Of one frame of a handshake. A stranger is not heard out beyond it. */
export const MAX_GREETING_BYTES = 1_024;

/** The dialling side: hello → (challenge) → proof, and ready once the proof is sent. */
export class DiallingHandshake {
  private readonly options: HandshakeOptions;
  private readonly to: NodeId;
  private readonly nonce: Uint8Array;

  constructor(options: HandshakeOptions, to: NodeId) {
    this.options = options;
    this.to = to;
    this.nonce = options.prng.bytes(NONCE_BYTES);
  }

  hello(): Uint8Array {
    const { clusterId, self } = this.options;
    const { nodeId: from, incarnationId: incarnation, directoryId: directory } = self;
    const hello: Hello = { kind: "hello", cluster: clusterId, from, incarnation, directory, to: this.to, nonce: this.nonce };
    return pack(hello);
  }

  receive(bytes: Uint8Array): HandshakeStep {
    const challenge = parseChallenge(read(bytes));
    if (challenge === undefined) return { type: "refused", because: "it did not answer with a challenge" };
    const { secret, clusterId, self } = this.options;
    const peer: PeerIdentity = { nodeId: nodeId(challenge.node), incarnationId: uuid(challenge.incarnation), directoryId: challenge.directory };
    const facts = { clusterId, dialler: self, acceptor: peer, dialNonce: this.nonce, acceptNonce: challenge.nonce };
    if (!equalBytes(challenge.proof, prove(secret, "acceptor", facts))) return { type: "refused", because: "it does not know the cluster's secret" };
    if (peer.nodeId !== this.to) return { type: "refused", because: `it is node ${peer.nodeId}, not node ${this.to}` };
    const proof: Proof = { kind: "proof", proof: prove(secret, "dialler", facts) };
    return { type: "send", bytes: pack(proof), peer };
  }
}

/** The accepting side: (hello) → challenge → (proof) → ready. */
export class AcceptingHandshake {
  private readonly options: HandshakeOptions;
  private expected: { readonly peer: PeerIdentity; readonly proof: Uint8Array } | undefined;

  constructor(options: HandshakeOptions) {
    this.options = options;
  }

  receive(bytes: Uint8Array): HandshakeStep {
    return this.expected === undefined ? this.challenge(parseHello(read(bytes))) : this.verify(this.expected, parseProof(read(bytes)));
  }

  private challenge(hello: Hello | undefined): HandshakeStep {
    if (hello === undefined) return { type: "refused", because: "it did not begin with a hello" };
    const { secret, clusterId, self, prng } = this.options;
    if (hello.cluster !== clusterId) return { type: "refused", because: `it belongs to cluster ${JSON.stringify(hello.cluster)}` };
    if (hello.to !== self.nodeId) return { type: "refused", because: `it looks for node ${hello.to}` };
    const peer: PeerIdentity = { nodeId: nodeId(hello.from), incarnationId: uuid(hello.incarnation), directoryId: hello.directory };
    const nonce = prng.bytes(NONCE_BYTES);
    const facts = { clusterId, dialler: peer, acceptor: self, dialNonce: hello.nonce, acceptNonce: nonce };
    this.expected = { peer, proof: prove(secret, "dialler", facts) };
    const { nodeId: node, incarnationId: incarnation, directoryId: directory } = self;
    const challenge: Challenge = { kind: "challenge", node, incarnation, directory, nonce, proof: prove(secret, "acceptor", facts) };
    return { type: "send", bytes: pack(challenge), peer: undefined };
  }

  private verify(expected: { readonly peer: PeerIdentity; readonly proof: Uint8Array }, proof: Proof | undefined): HandshakeStep {
    if (proof === undefined || !equalBytes(proof.proof, expected.proof)) return { type: "refused", because: "it does not know the cluster's secret" };
    return { type: "ready", peer: expected.peer };
  }
}

interface Facts {
  readonly clusterId: string;
  readonly dialler: PeerIdentity;
  readonly acceptor: PeerIdentity;
  readonly dialNonce: Uint8Array;
  readonly acceptNonce: Uint8Array;
}

/**
 * The side's name is part of it, so that one side's proof can't be sent back to it. As JSON no two sets of facts read alike,
 * whatever characters a stranger puts into the texts of a hello.
 */
function prove(secret: Uint8Array, side: "dialler" | "acceptor", { clusterId, dialler, acceptor, dialNonce, acceptNonce }: Facts): Uint8Array {
  const transcript = [side, clusterId, ...textOf(dialler), ...textOf(acceptor), toHex(dialNonce), toHex(acceptNonce)];
  return hmac(sha256, secret, encodeUtf8(JSON.stringify(transcript)));
}

const textOf = (peer: PeerIdentity) => [peer.nodeId, peer.incarnationId, peer.directoryId] as const;

const read = (bytes: Uint8Array): unknown => unpackForeign(bytes, MAX_GREETING_BYTES);

type Fields = Readonly<Record<string, unknown>>;

function fieldsOf(value: unknown, kind: string): Fields | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const fields = value as Fields;
  return fields["kind"] === kind ? fields : undefined;
}

const isNonce = (value: unknown): value is Uint8Array => value instanceof Uint8Array && value.length === NONCE_BYTES;
const isShortText = (value: unknown): value is string => typeof value === "string" && value.length <= 64;
const isDirectoryId = (value: unknown): value is string => typeof value === "string" && /^[\x20-\x7e]{1,64}$/.test(value);
const isNodeId = (value: unknown): value is number => Number.isInteger(value);

function parseHello(value: unknown): Hello | undefined {
  const fields = fieldsOf(value, "hello");
  if (fields === undefined) return undefined;
  const { cluster, from, incarnation, directory, to, nonce } = fields;
  if (!isShortText(cluster) || !isNodeId(from) || !isShortText(incarnation) || !isDirectoryId(directory) || !isNodeId(to) || !isNonce(nonce)) return undefined;
  return { kind: "hello", cluster, from, incarnation, directory, to, nonce };
}

function parseChallenge(value: unknown): Challenge | undefined {
  const fields = fieldsOf(value, "challenge");
  if (fields === undefined) return undefined;
  const { node, incarnation, directory, nonce, proof } = fields;
  if (!isNodeId(node) || !isShortText(incarnation) || !isDirectoryId(directory) || !isNonce(nonce) || !(proof instanceof Uint8Array)) return undefined;
  return { kind: "challenge", node, incarnation, directory, nonce, proof };
}

function parseProof(value: unknown): Proof | undefined {
  const fields = fieldsOf(value, "proof");
  const proof = fields?.["proof"];
  return proof instanceof Uint8Array ? { kind: "proof", proof } : undefined;
}
