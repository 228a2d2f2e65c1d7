import { equalBytes, type NodeId, nodeId, type Prng, toHex } from "@samsa/stdx";

/** The SASL mechanism by which a broker proves to another that it is one: it knows the cluster's secret. */
export const PEER_MECHANISM = "SAMSA-PEER";

/** HMAC of the cluster's secret over the text; given by the node, for the broker knows no cryptography. */
export type SecretProof = (text: string) => Uint8Array;

const NONCE_BYTES = 16;
const FIRST_BYTES = 4 + NONCE_BYTES;

interface Exchange {
  readonly follower: NodeId;
  readonly leader: NodeId;
  readonly followerNonce: string;
  readonly leaderNonce: string;
}

/**
 * SAMSA-PEER, from the follower's side:
 *
 *     follower → leader   broker id (int32), nonce (16 bytes)
 *     leader → follower   broker id (int32), nonce (16 bytes)
 *     follower → leader   proof of both ids and nonces
 *     leader → follower   proof of the same, by the leader
 *
 * Fresh nonces on both sides make every exchange unlike the others: nothing can be replayed.
 */
export class PeerClient {
  private readonly self: NodeId;
  private readonly leader: NodeId;
  private readonly proof: SecretProof;
  private readonly nonce: Uint8Array;
  private exchange: Exchange | undefined;

  constructor(options: { self: NodeId; leader: NodeId; proof: SecretProof; prng: Prng }) {
    this.self = options.self;
    this.leader = options.leader;
    this.proof = options.proof;
    this.nonce = options.prng.bytes(NONCE_BYTES);
  }

  first(): Uint8Array {
    return encodeFirst(this.self, this.nonce);
  }

  /** The proof to send; undefined if the answer is not the expected leader's. */
  answer(challenge: Uint8Array): Uint8Array | undefined {
    const parsed = parseFirst(challenge);
    if (parsed === undefined || parsed.brokerId !== this.leader) return undefined;
    this.exchange = { follower: this.self, leader: this.leader, followerNonce: toHex(this.nonce), leaderNonce: toHex(parsed.nonce) };
    return this.proof(textOf("follower", this.exchange));
  }

  isProvedBy(answer: Uint8Array): boolean {
    return this.exchange !== undefined && equalBytes(answer, this.proof(textOf("leader", this.exchange)));
  }
}

export type ServerStep =
  | { readonly type: "challenge"; readonly bytes: Uint8Array }
  | { readonly type: "proved"; readonly brokerId: NodeId; readonly bytes: Uint8Array }
  | { readonly type: "refused" };

/** The leader's side of SAMSA-PEER, one for each connection. */
export class PeerServer {
  private readonly self: NodeId;
  private readonly proof: SecretProof;
  private readonly prng: Prng;
  private exchange: Exchange | undefined;

  constructor(options: { self: NodeId; proof: SecretProof; prng: Prng }) {
    this.self = options.self;
    this.proof = options.proof;
    this.prng = options.prng;
  }

  receive(bytes: Uint8Array): ServerStep {
    if (this.exchange !== undefined) return this.verify(this.exchange, bytes);
    const parsed = parseFirst(bytes);
    if (parsed === undefined) return { type: "refused" };
    const nonce = this.prng.bytes(NONCE_BYTES);
    this.exchange = { follower: parsed.brokerId, leader: this.self, followerNonce: toHex(parsed.nonce), leaderNonce: toHex(nonce) };
    return { type: "challenge", bytes: encodeFirst(this.self, nonce) };
  }

  private verify(exchange: Exchange, proof: Uint8Array): ServerStep {
    this.exchange = undefined;
    if (!equalBytes(proof, this.proof(textOf("follower", exchange)))) return { type: "refused" };
    return { type: "proved", brokerId: exchange.follower, bytes: this.proof(textOf("leader", exchange)) };
  }
}

function textOf(side: "follower" | "leader", exchange: Exchange): string {
  return [PEER_MECHANISM, side, exchange.follower, exchange.leader, exchange.followerNonce, exchange.leaderNonce].join("|");
}

function encodeFirst(brokerId: NodeId, nonce: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(FIRST_BYTES);
  new DataView(bytes.buffer).setInt32(0, brokerId);
  bytes.set(nonce, 4);
  return bytes;
}

function parseFirst(bytes: Uint8Array): { readonly brokerId: NodeId; readonly nonce: Uint8Array } | undefined {
  if (bytes.length !== FIRST_BYTES) return undefined;
  const brokerId = new DataView(bytes.buffer, bytes.byteOffset).getInt32(0);
  return brokerId < 0 ? undefined : { brokerId: nodeId(brokerId), nonce: bytes.subarray(4) };
}
