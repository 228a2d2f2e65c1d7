import { spawnSync } from "node:child_process";
import { join } from "node:path";

/** What kafka-python made of a frame. */
export interface PeerDecoded {
  readonly header: Readonly<Record<string, unknown>>;
  readonly body: Readonly<Record<string, unknown>>;
  readonly left: number;
  /** The body, encoded by it. */
  readonly again: string;
}

export interface PeerRefused {
  readonly error: string;
}

export interface PeerQuestion {
  readonly name: string;
  readonly version: number;
  /** Hex, from the header on. */
  readonly frame: string;
}

const ROOT = join(import.meta.dirname, "../../../..");
const MAX_OUTPUT_BYTES = 1 << 29;

const installed = spawnSync(join(ROOT, "scripts/peers/kafka-python"), { encoding: "utf8" });
export const isKafkaPythonInstalled = installed.status === 0;
/** Part of every title: a run without kafka-python shows what it left out, and why. */
export const KAFKA_PYTHON_TITLE = isKafkaPythonInstalled ? "kafka-python" : `kafka-python IS NOT INSTALLED (${installed.stderr.trim().split("\n").at(-1)})`;

/** Asks one process of it about all of them. */
export function askKafkaPython(questions: readonly PeerQuestion[]): (PeerDecoded | PeerRefused)[] {
  const run = spawnSync(installed.stdout.trim(), [join(import.meta.dirname, "decode.py")], {
    input: questions.map((question) => `${JSON.stringify(question)}\n`).join(""),
    encoding: "utf8",
    maxBuffer: MAX_OUTPUT_BYTES,
  });
  if (run.status !== 0) throw new Error(`kafka-python ended with ${run.status}: ${run.stderr}`);
  return run.stdout
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as PeerDecoded | PeerRefused);
}
