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
const PATTERN = /^([A-Za-z0-9._-]+)\/p(\d{1,9})\/(\d{6,15})\/c(\d{1,9})\/([0-9a-f]{4})$/;

/**
 * The record's value as text, e.g. `run7/p0/000123/c3/9f2a`: run, partition, value, process, checksum. The checksum also
 * covers the topic, so that a record in the wrong topic is seen. A run id has letters, digits, `.`, `_` and `-` only.
 */
export function encodePayload(topic: string, payload: Payload): string {
  const body = bodyOf(payload);
  return `${body}/${checksumOf(topic, body)}`;
}

/** Anything that `encodePayload` did not write for this topic is named by what is wrong with it. */
export function parsePayload(topic: string, text: string): ParsedPayload {
  const match = PATTERN.exec(text);
  if (match === null) return { ok: false, because: "it is not a record of a workload" };
  const payload = { runId: match[1] ?? "", partition: Number(match[2]), value: Number(match[3]), process: Number(match[4]) };
  const body = bodyOf(payload);
  if (text !== `${body}/${checksumOf(topic, body)}`) return { ok: false, because: "its checksum is wrong" };
  return { ok: true, payload };
}

const bodyOf = ({ runId, partition, value, process }: Payload): string => `${runId}/p${partition}/${String(value).padStart(VALUE_DIGITS, "0")}/c${process}`;

/** 32-bit FNV-1a folded to 16 bits: a human compares four digits, and one mangled record in 65 536 may pass. */
function checksumOf(topic: string, body: string): string {
  const text = `${topic}/${body}`;
  let hash = 0x811c_9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x0100_0193);
  return ((hash ^ (hash >>> 16)) & 0xffff).toString(16).padStart(4, "0");
}
