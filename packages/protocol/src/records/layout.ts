/**
 * Record batch, format v2 (KIP-98). Big-endian; the CRC covers everything from the attributes to the end, so that the
 * leader may set the base offset and the leader epoch without touching it.
 *
 * | at | bytes | field |
 * |---|---|---|
 * | 0 | 8 | base offset |
 * | 8 | 4 | batch length: bytes behind this field |
 * | 12 | 4 | partition leader epoch |
 * | 16 | 1 | magic, 2 |
 * | 17 | 4 | CRC-32C |
 * | 21 | 2 | attributes: bits 0–2 compression, 3 timestamp type, 4 transactional, 5 control, 6 delete horizon |
 * | 23 | 4 | last offset delta |
 * | 27 | 8 | base timestamp |
 * | 35 | 8 | max timestamp |
 * | 43 | 8 | producer id |
 * | 51 | 2 | producer epoch |
 * | 53 | 4 | base sequence |
 * | 57 | 4 | number of records |
 * | 61 | | records |
 */
export const BASE_OFFSET_AT = 0;
export const BATCH_LENGTH_AT = 8;
export const PARTITION_LEADER_EPOCH_AT = 12;
export const MAGIC_AT = 16;
export const CRC_AT = 17;
export const ATTRIBUTES_AT = 21;
export const LAST_OFFSET_DELTA_AT = 23;
export const BASE_TIMESTAMP_AT = 27;
export const MAX_TIMESTAMP_AT = 35;
export const PRODUCER_ID_AT = 43;
export const PRODUCER_EPOCH_AT = 51;
export const BASE_SEQUENCE_AT = 53;
export const COUNT_AT = 57;

/** Base offset and batch length: what must be there to know how long the batch is. */
export const LOG_OVERHEAD = 12;
/** Header of a batch, and so the size of the smallest one. */
export const BATCH_OVERHEAD = 61;
export const MAGIC_V2 = 2;

export const NO_PRODUCER_ID = -1;
export const NO_PRODUCER_EPOCH = -1;
export const NO_SEQUENCE = -1;
export const NO_TIMESTAMP = -1;

export const COMPRESSION_MASK = 0x07;
export const LOG_APPEND_TIME_BIT = 0x08;
export const TRANSACTIONAL_BIT = 0x10;
export const CONTROL_BIT = 0x20;
/** The base timestamp is the batch's delete horizon (KIP-534). */
export const DELETE_HORIZON_BIT = 0x40;
