import { type ChildProcess, spawn, type SpawnOptions } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { hold } from "./held.ts";

export interface ChildOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** A descriptor that it reads. */
  readonly stdin?: number;
  readonly onLine?: (line: string) => void;
  readonly onErrorLine?: (line: string) => void;
  /** Bytes of stdout, instead of lines. */
  readonly onBytes?: (count: number) => void;
}

/** A program ended otherwise than it should. */
export class ChildFailed extends Error {
  readonly code = "CHILD_FAILED";
}

const ERROR_LINES_KEPT = 20;
const NEVER = new Promise<never>(() => undefined);

/** A program that does not outlive the run. */
export class Child {
  /** Rejects where it fails by itself, and does nothing any more once it is stopped. */
  readonly ended: Promise<void>;
  private readonly closed: Promise<unknown>;
  private readonly process: ChildProcess;
  private readonly lastLines: string[] = [];
  private isStopping = false;

  constructor(command: string, args: readonly string[], options: ChildOptions = {}) {
    const spawned: SpawnOptions = { stdio: [options.stdin ?? "ignore", "pipe", "pipe"], env: { ...process.env, ...options.env } };
    const child = spawn(command, [...args], spawned);
    this.process = child;
    const release = hold(() => this.stop());
    const { stdout, stderr } = child;
    if (stdout === null || stderr === null) throw new TypeError("both are pipes");
    if (options.onBytes === undefined) createInterface({ input: stdout }).on("line", (line) => options.onLine?.(line));
    else stdout.on("data", (bytes: Buffer) => options.onBytes?.(bytes.length));
    createInterface({ input: stderr }).on("line", (line) => {
      if (this.lastLines.push(line) > ERROR_LINES_KEPT) this.lastLines.shift();
      options.onErrorLine?.(line);
    });
    const closed = once(child, "close");
    this.closed = closed.catch(() => undefined);
    this.ended = closed.then(async ([code, signal]) => {
      if (this.isStopping) return NEVER;
      await release();
      if (code !== 0) throw new ChildFailed(`${command} ended by ${signal ?? `exit code ${code}`}:\n${this.lastLines.join("\n")}`);
    });
    // Whoever waits is told; nobody may be waiting yet.
    this.ended.catch(() => undefined);
  }

  /** Resolves when it is gone. */
  async stop(): Promise<void> {
    this.isStopping = true;
    if (this.process.exitCode === null && this.process.signalCode === null) this.process.kill("SIGKILL");
    await this.closed;
  }
}

/** Its stdout. */
export async function outputOf(command: string, args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<string> {
  const lines: string[] = [];
  await new Child(command, args, { env, onLine: (line) => lines.push(line) }).ended;
  return lines.join("\n");
}

/** A command as users write it, with the broker's id where it says {id}. */
export const runShell = (command: string, id?: number): Promise<string> => outputOf("sh", ["-c", command.replaceAll("{id}", String(id ?? ""))]);
