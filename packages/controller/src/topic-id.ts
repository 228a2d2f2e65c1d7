import { type Prng, type Uuid, uuidFromBytes, ZERO_UUID } from "@samsa/stdx";

/** Kafka's id of the metadata topic. */
const METADATA_TOPIC_ID = "AAAAAAAAAAAAAAAAAAAAAQ";

/** A random version 4 UUID that is neither reserved nor known, and does not look like an option on a command line. */
export function drawTopicId(prng: Prng, isKnown: (id: Uuid) => boolean): Uuid {
  for (;;) {
    const bytes = prng.bytes(16);
    bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
    bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
    const id = uuidFromBytes(bytes);
    if (id !== ZERO_UUID && id !== METADATA_TOPIC_ID && !id.startsWith("-") && !isKnown(id)) return id;
  }
}
