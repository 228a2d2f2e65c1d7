import type { NodeId, Now } from "@samsa/stdx";
import type { ApiInputs, ApiMessages, ApiName } from "@samsa/protocol";
import type { ServerStep } from "./connection/peer-proof.ts";

/** One request on its way to its answer. Answers leave in the order of the requests, whatever order they are given in. */
export interface RequestContext<Response> {
  readonly apiVersion: number;
  readonly clientId: string | null;
  /** By which the client came: it is told of brokers' endpoints on the same one. */
  readonly listener: string;
  /** The broker that proved itself on this connection; undefined for a client. */
  readonly peer: NodeId | undefined;
  readonly connection: ConnectionSession;
  respond(response: Response): void;
  /** For acks=0: the client does not wait for an answer. */
  respondNothing(): void;
  /** The client broke the protocol; nothing can be answered. */
  disconnect(because: string): void;
  /** Called if the connection closes before the answer. */
  onGone(forget: () => void): void;
  /** Called when another request has arrived behind this one. */
  onFollowed(hurry: (now: Now) => void): void;
}

/** What a connection remembers between requests. */
export interface ConnectionSession {
  /** Where the client is, as Kafka shows it: `/127.0.0.1`. */
  readonly clientHost: string;
  /** A SaslHandshake chose SAMSA-PEER. */
  startPeerProof(): void;
  /** Undefined where no handshake came before. */
  continuePeerProof(bytes: Uint8Array): ServerStep | undefined;
}

/** One API's handler; one file each in `api/`. Its versions are those that its codec knows. */
export interface ApiHandler<Name extends ApiName> {
  readonly api: Name;
  handle(request: ApiMessages[Name]["request"], context: RequestContext<ApiInputs[Name]["response"]>, now: Now): void;
}
