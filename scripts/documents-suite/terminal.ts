import { type ChildProcessByStdio, spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Readable, Writable } from "node:stream";
import { randomUUID } from "node:crypto";
import { sendSignal } from "./send-signal.ts";

const END_TIMEOUT_MS = 10_000;

/** A shell that commands are typed into, one after the other, as a reader would: what one of them sets is there for the next. */
export class Terminal {
  /** All that was printed in it. */
  printed = "";
  /** So far it was looked at. */
  seen = 0;
  private readonly shell: ChildProcessByStdio<Writable, Readable, null>;
  private readonly directory: string;
  private readonly mark = `end-of-${randomUUID()}`;
  private readonly listeners = new Set<() => void>();
  private blocks = 0;
  private isGone = false;

  constructor(directory: string, env: Readonly<Record<string, string | undefined>>, blocksDirectory: string) {
    this.directory = blocksDirectory;
    // A group of its own, so that a Ctrl-C reaches what runs in it, and nothing else.
    this.shell = spawn("bash", ["--noprofile", "--norc"], { cwd: directory, env, stdio: ["pipe", "pipe", "inherit"], detached: true });
    this.shell.stdin.on("error", () => undefined);
    this.shell.stdout.setEncoding("utf8").on("data", (text: string) => {
      this.printed += text;
      this.notify();
    });
    this.shell.once("close", () => {
      this.isGone = true;
      this.notify();
    });
    // Ctrl-C ends what runs and leaves the shell; ERR also sees commands in the middle of a block.
    this.shell.stdin.write("exec 2>&1\ntrap : INT\ntrap 'failed=$?' ERR\n");
  }

  /** Types a block. It runs until `ended`. */
  type(block: string): void {
    const file = join(this.directory, `block-${this.mark}-${++this.blocks}.sh`);
    writeFileSync(file, `${block}\n`);
    this.seen = this.printed.length;
    this.shell.stdin.write(`failed=0; . '${file}' </dev/null; printf '%s %s\\n' '${this.mark}' "$failed"\n`);
  }

  /** How the last block ended: the exit code of the last command of it that failed, else 0. Undefined: it runs. */
  get exitCode(): number | undefined {
    const ends = [...this.printed.matchAll(new RegExp(`${this.mark} (\\d+)\n`, "g"))];
    return ends.length < this.blocks ? undefined : Number(ends.at(-1)?.[1] ?? 0);
  }

  get isRunning(): boolean {
    return !this.isGone && this.exitCode === undefined;
  }

  /** What was printed from a position on, without the signs of this class. */
  printedFrom(position: number): string {
    return this.printed.slice(position).replace(new RegExp(`${this.mark} \\d+\n`, "g"), "");
  }

  /** Resolves with whether it came to be so in time; looks whenever something is printed. */
  until(isSo: () => boolean, timeoutMs: number): Promise<boolean> {
    return new Promise((resolve) => {
      const finish = (outcome: boolean): void => {
        clearTimeout(timer);
        this.listeners.delete(look);
        resolve(outcome);
      };
      const look = (): void => {
        if (isSo()) finish(true);
        else if (this.isGone) finish(false);
      };
      const timer = setTimeout(() => finish(isSo()), timeoutMs);
      this.listeners.add(look);
      look();
    });
  }

  /** Ctrl-C. */
  interrupt(): void {
    this.signal("SIGINT");
  }

  /** Ends what runs in it as Ctrl-C does, or, where that does not help, by SIGKILL; then the shell. */
  async close(): Promise<void> {
    if (this.isRunning) {
      this.interrupt();
      await this.until(() => !this.isRunning, END_TIMEOUT_MS);
    }
    this.shell.stdin.end();
    if (!this.isRunning) await this.until(() => this.isGone, END_TIMEOUT_MS);
    this.signal("SIGKILL");
    this.shell.stdout.destroy();
  }

  private signal(signal: NodeJS.Signals): void {
    const { pid } = this.shell;
    if (pid !== undefined) sendSignal(-pid, signal);
  }

  private notify(): void {
    for (const listener of this.listeners) listener();
  }
}
