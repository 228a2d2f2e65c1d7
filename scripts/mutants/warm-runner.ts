import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { REPLAY_TIMEOUT_MS, RUNNER_OPTIONS } from "./mutant-bundle.ts";
import type { Answers, Request } from "./request.ts";

interface Waiting {
  answer(line: string): void;
  fail(error: Error): void;
}

/** One process of a bundle of `mutant-run.ts` that answers replay after replay: once its code is compiled, one takes a third of the time that a process of its own takes. */
export class WarmRunner {
  private readonly child: ChildProcess;
  /** In the order in which they asked. */
  private readonly waiting: Waiting[] = [];

  constructor(bundle: string) {
    this.child = spawn(process.execPath, [...RUNNER_OPTIONS, bundle], { stdio: ["pipe", "pipe", "inherit"] });
    const fail = (error: Error): void => this.waiting.splice(0).forEach((one) => one.fail(error));
    this.child.once("error", fail);
    this.child.once("close", (code, signal) => fail(new Error(`the run without a bug ended: ${signal ?? `code ${code}`}`)));
    // Asking one that has gone fails by its close.
    this.child.stdin?.on("error", () => undefined);
    if (this.child.stdout !== null) createInterface({ input: this.child.stdout }).on("line", (line) => this.waiting.shift()?.answer(line));
  }

  /** Undefined: nothing was found. */
  async ask<Asked extends Extract<Request, { type: "replay" | "replay-durability" }>>(request: Asked): Promise<Answers[Asked["type"]] | undefined> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) throw new Error("the run without a bug has ended");
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    this.waiting.push({ answer: resolve, fail: reject });
    this.child.stdin?.write(`${JSON.stringify(request)}\n`);
    const hangs = setTimeout(() => this.child.kill("SIGKILL"), REPLAY_TIMEOUT_MS);
    try {
      return (JSON.parse(await promise) as { readonly finding?: Answers[Asked["type"]] }).finding;
    } finally {
      clearTimeout(hangs);
    }
  }

  end(): void {
    this.child.stdin?.end();
  }
}
