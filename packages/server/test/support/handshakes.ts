import { nodeId, Prng, uuid } from "@samsa/stdx";
import { clusterIdOf } from "../../src/cluster-secret.ts";
import type { HandshakeOptions } from "../../src/peer/handshake.ts";

export const SECRET = new Uint8Array(32).fill(1);

/** One incarnation of one node; `seed` makes its nonces. */
export function handshakeOf(
  id: number,
  changes: {
    readonly secret?: Uint8Array;
    readonly clusterId?: string;
    readonly seed?: number;
    readonly incarnation?: string;
    readonly directory?: string;
  } = {},
): HandshakeOptions {
  const {
    secret = SECRET,
    clusterId = clusterIdOf(secret),
    seed = id + 100,
    incarnation = `incarnation-of-node-${id}`,
    directory = `directory-of-node-${id}`,
  } = changes;
  return { secret, clusterId, self: { nodeId: nodeId(id), incarnationId: uuid(incarnation), directoryId: directory }, prng: new Prng(seed) };
}
