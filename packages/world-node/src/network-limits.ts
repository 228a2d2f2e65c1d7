/** A dial that gets no answer fails with `ETIMEDOUT` after this. */
export const DIAL_TIMEOUT_MS = 5_000;
/** The largest message of a message connection; a larger one closes it. */
export const MESSAGE_BYTES_MAX = 16 * 1024 * 1024;
/** Bytes of messages in our own memory from which on `write` says false. */
export const MESSAGE_HIGH_WATER_BYTES = 1024 * 1024;
/** `drained` comes when no more than this is left of them. */
export const MESSAGE_LOW_WATER_BYTES = 256 * 1024;
/** Path of the one WebSocket resource that a node serves. */
export const MESSAGE_PATH = "/samsa";
/** A connection that we ended and on which nothing has moved for this long is reset: the other side need not answer. */
export const END_TIMEOUT_MS = 30_000;
/** An accepted connection asks for its WebSocket within this, or is reset. */
export const UPGRADE_TIMEOUT_MS = 5_000;
/** Accepted connections that have not asked for their WebSocket yet. */
export const NEWCOMERS_MAX = 64;
/** A message connection is pinged so often; after three times that without a sign of life it is reset. */
export const HEARTBEAT_INTERVAL_MS = 5_000;
/** Connections that wait to be accepted. */
export const LISTEN_BACKLOG = 511;
