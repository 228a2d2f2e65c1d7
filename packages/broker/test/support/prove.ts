import { nodeId, type NodeId, Prng } from "@samsa/stdx";
import { PeerClient, PEER_MECHANISM, type SecretProof } from "../../src/connection/peer-proof.ts";
import type { TestClient } from "./test-broker.ts";

/** Goes through SAMSA-PEER as that broker; the client's answers begin anew. */
export function proveAs(client: TestClient, id: number, leader: NodeId, proof: SecretProof): TestClient {
  const peer = new PeerClient({ self: nodeId(id), leader, proof, prng: new Prng(id) });
  client.call("SaslHandshake", 1, { mechanism: PEER_MECHANISM });
  const challenge = client.call("SaslAuthenticate", 2, { authBytes: peer.first() });
  const answer = peer.answer(challenge.authBytes);
  if (answer === undefined) throw new Error("the challenge is not the leader's");
  const proved = client.call("SaslAuthenticate", 2, { authBytes: answer });
  if (!peer.isProvedBy(proved.authBytes)) throw new Error("the leader's proof does not hold");
  client.answers.length = 0;
  return client;
}
