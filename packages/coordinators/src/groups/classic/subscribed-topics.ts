import { DecodeError, Reader } from "@samsa/protocol";

/** The topics of a consumer's subscription as it lies in its JoinGroup (ConsumerProtocolSubscription, any version); undefined for other bytes. */
export function subscribedTopics(metadata: Uint8Array): readonly string[] | undefined {
  try {
    const reader = new Reader(metadata);
    if (reader.int16() < 0) return undefined;
    return Array.from({ length: reader.arrayLength(2) }, () => reader.string());
  } catch (error) {
    if (error instanceof DecodeError) return undefined;
    throw error;
  }
}
