import { apis, DecodeError, Reader } from "@samsa/protocol";
import { decodePeerMessage } from "@samsa/server";
import type { StashMatch, Transport } from "@samsa/world";
import type { ChunkContext, Classifier } from "../world/index.ts";

/** Requests that a connection may have open for the classifier to remember. */
const MAX_OPEN = 64;

/**
 * Recognises the first message of a chunk, so that a stash can name what it holds back. Responses do not say what they
 * answer: the requests seen before on their connection do.
 */
export function messageClassifier(isNode: (host: number) => boolean): Classifier {
  const asked = new Map<number, Map<number, StashMatch>>();
  return (bytes: Uint8Array, transport: Transport, context: ChunkContext): StashMatch | undefined => {
    if (transport === "message") return peerMessage(bytes);
    if (bytes.length < 12) return undefined;
    try {
      return context.isFromDialler ? request(bytes, context) : response(bytes, context);
    } catch (error) {
      if (error instanceof DecodeError) return undefined;
      throw error;
    }
  };

  function peerMessage(bytes: Uint8Array): StashMatch {
    const message = decodePeerMessage(bytes);
    return message?.type === "ask" && message.request.type === "alter-partition" ? "alter-partition-request" : "peer-message";
  }

  function request(bytes: Uint8Array, context: ChunkContext): StashMatch | undefined {
    const reader = new Reader(bytes, 4);
    const apiKey = reader.int16();
    reader.int16();
    const correlationId = reader.int32();
    const open = asked.get(context.connection) ?? new Map<number, StashMatch>();
    asked.set(context.connection, open);
    if (apiKey === apis.Produce.key) return remember(open, correlationId, "produce-response", "produce-request");
    if (apiKey === apis.Fetch.key && isNode(context.from)) return remember(open, correlationId, "replica-fetch-response", "replica-fetch-request");
    return undefined;
  }

  function remember(open: Map<number, StashMatch>, correlationId: number, answer: StashMatch, ask: StashMatch): StashMatch {
    if (open.size >= MAX_OPEN) open.clear();
    open.set(correlationId, answer);
    return ask;
  }

  function response(bytes: Uint8Array, context: ChunkContext): StashMatch | undefined {
    const correlationId = new Reader(bytes, 4).int32();
    const open = asked.get(context.connection);
    const match = open?.get(correlationId);
    open?.delete(correlationId);
    return match;
  }
}
