import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fromHex } from "@samsa/stdx";

/** One request of a real client and the answer of Apache Kafka 4.3.0. */
export interface RecordedPair {
  readonly client: string;
  readonly apiKey: number;
  readonly apiName: string;
  readonly apiVersion: number;
  readonly note: string;
  readonly request: Uint8Array;
  /** Null for Produce with acks 0. */
  readonly response: Uint8Array | null;
}

const FOLDER = join(import.meta.dirname, "frames");

/** Recorded between clients and a cluster of three Apache Kafka 4.3.0 brokers; only the APIs that this package describes. */
export function recordedPairs(): RecordedPair[] {
  return readdirSync(FOLDER)
    .filter((name) => name.endsWith(".jsonl"))
    .flatMap((name) => readFileSync(join(FOLDER, name), "utf8").split("\n"))
    .filter((line) => line !== "")
    .map(parsePair);
}

function parsePair(line: string): RecordedPair {
  const { request, response, ...rest } = JSON.parse(line) as Omit<RecordedPair, "request" | "response"> & { request: string; response: string | null };
  return { ...rest, request: fromHex(request), response: response === null ? null : fromHex(response) };
}
