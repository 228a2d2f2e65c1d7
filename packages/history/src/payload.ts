/** What a record of the workload says of itself. Values count the sends to one partition from 0. */
export interface Payload {
  readonly runId: string;
  readonly partition: number;
  readonly value: number;
  readonly process: number;
}

export type ParsedPayload = { readonly ok: true; readonly payload: Payload } | { readonly ok: false; readonly because: string };

/** Digits that a value is padded to, so that the records of a console line up. */
const VALUE_DIGITS = 6;
/** Numbers only as `encodePayload` writes them: one payload, one text. */
const PATTERN = /^([A-Za-z0-9._-]+)\/p(0|[1-9]\d{0,8})\/(\d{6}|[1-9]\d{6,14})\/c(0|[1-9]\d{0,8})\/([0-9a-f]{4})$/;
const CHECKSUM_DIGITS = 4;

/**
 * The record's value as text, e.g. `run7/p0/000123/c3/9f2a`: run, partition, value, process, checksum. The checksum also
 * covers the topic, so that a record in the wrong topic is seen. A run id has letters, digits, `.`, `_` and `-` only.
 */
export function encodePayload(topic: string, payload: Payload): string {
  const body = bodyOf(payload);
  return `${body}/${checksumOf(topic, body, body.length).toString(16).padStart(CHECKSUM_DIGITS, "0")}`;
}

/** Anything that `encodePayload` did not write for this topic is named by what is wrong with it. */
export function parsePayload(topic: string, text: string): ParsedPayload {
  const match = PATTERN.exec(text);
  if (match === null) return { ok: false, because: "it is not a record of a workload" };
  const checksum = Number.parseInt(match[5] ?? "", 16);
  if (checksum !== checksumOf(topic, text, text.length - CHECKSUM_DIGITS - 1)) return { ok: false, because: "its checksum is wrong" };
  return { ok: true, payload: { runId: match[1] ?? "", partition: Number(match[2]), value: Number(match[3]), process: Number(match[4]) } };
}

const bodyOf = ({ runId, partition, value, process }: Payload): string => `${runId}/p${partition}/${String(value).padStart(VALUE_DIGITS, "0")}/c${process}`;

/** 32-bit FNV-1a of topic and body, folded to 16 bits: a human compares four digits, and one mangled record in 65 536 may pass. */
function checksumOf(topic: string, text: string, bodyLength: number): number {
  const hash = fnv1a(fnv1a(fnv1a(0x811c_9dc5, topic, topic.length), "/", 1), text, bodyLength);
  return (hash ^ (hash >>> 16)) & 0xffff;
}

function fnv1a(start: number, text: string, end: number): number {
  let hash = start;
  for (let i = 0; i < end; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x0100_0193);
  return hash;
}
