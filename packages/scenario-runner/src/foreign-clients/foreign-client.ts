import { type ChildProcessByStdio, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import type { CommandName, Commands, Said, Told } from "./command.ts";

export interface ForeignClientOptions {
  /** The program and its arguments; the bootstrap servers come last. */
  readonly command: readonly string[];
  /** `host:port,…` */
  readonly bootstrap: string;
  readonly told?: (told: Told) => void;
}

/** A client said no; the error's name is Kafka's where the client knows it, or `UNSUPPORTED`. */
const refusal = (name: string, message: string): Error => Object.assign(new Error(message), { name });

interface Waiting {
  readonly resolve: (answer: never) => void;
  readonly reject: (error: Error) => void;
}

const STDERR_KEPT = 4_000;
/** A client that leaves its group says so to a broker, which may be down. */
const CLOSE_LIMIT_MS = 30_000;

/**
 * One process with one Kafka client in it that obeys commands, a line of JSON each. It may be killed, as members of groups are; whoever waits for it then,
 * or calls it after that, is told.
 */
export class ForeignClient {
  private readonly child: ChildProcessByStdio<Writable, Readable, Readable>;
  private readonly waiting = new Map<number, Waiting>();
  private readonly options: ForeignClientOptions;
  private readonly closed: Promise<void>;
  private ended: Error | undefined;
  private stderr = "";
  private nextId = 1;

  constructor(options: ForeignClientOptions) {
    const [program = "", ...args] = options.command;
    this.options = options;
    // A group of its own: what it starts goes with it.
    this.child = spawn(program, [...args, options.bootstrap], { stdio: ["pipe", "pipe", "pipe"], detached: true });
    // What is written to one that has ended is answered by its end.
    this.child.stdin.on("error", () => undefined);
    this.closed = new Promise((resolve) => {
      const end = (because: string): void => {
        this.end(because);
        resolve();
      };
      this.child.once("error", (error) => end(error.message));
      this.child.once("close", (code, signal) => end(`it ended with ${String(code ?? signal)}`));
    });
    this.child.stderr.on("data", (chunk: Buffer) => (this.stderr = (this.stderr + chunk.toString()).slice(-STDERR_KEPT)));
    createInterface({ input: this.child.stdout }).on("line", (line) => this.said(JSON.parse(line) as Said));
  }

  get hasEnded(): boolean {
    return this.ended !== undefined;
  }

  call<Name extends CommandName>(command: Name, ask: Commands[Name]["ask"]): Promise<Commands[Name]["answer"]> {
    if (this.ended !== undefined) return Promise.reject(this.ended);
    const id = this.nextId++;
    return new Promise((resolve, reject) => {
      this.waiting.set(id, { resolve, reject });
      this.child.stdin.write(`${JSON.stringify({ id, command, ...ask })}\n`);
    });
  }

  /** Its stdin ends, and with it the program; one that doesn't is killed. */
  async close(): Promise<void> {
    this.child.stdin.end();
    const timer = setTimeout(() => this.killGroup(), CLOSE_LIMIT_MS);
    await this.closed;
    clearTimeout(timer);
    this.killGroup();
  }

  /** With whatever processes the client has made, and without a word to anybody: no member leaves its group. */
  async kill(): Promise<void> {
    this.killGroup();
    await this.closed;
  }

  private killGroup(): void {
    const { pid } = this.child;
    if (pid === undefined) return;
    try {
      process.kill(-pid, "SIGKILL");
    } catch (error) {
      // None of them is there any more.
      if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
    }
  }

  private said(said: Said): void {
    if (!("id" in said)) return this.options.told?.(said);
    const waiting = this.waiting.get(said.id);
    this.waiting.delete(said.id);
    if ("error" in said) waiting?.reject(refusal(String(said.error), String(said["message"])));
    else waiting?.resolve(said as never);
  }

  private end(because: string): void {
    const { command } = this.options;
    this.ended ??= new Error(`${command.join(" ")}: ${because}${this.stderr === "" ? "" : `\n${this.stderr}`}`);
    for (const { reject } of this.waiting.values()) reject(this.ended);
    this.waiting.clear();
  }
}
