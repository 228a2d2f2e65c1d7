import { type ChildProcess, fork } from "node:child_process";
import { join } from "node:path";

export type BadKind = "idle" | "half" | "claim" | "slow-claim" | "slow-reader";

/** So many of a kind. */
export interface Burden {
  readonly kind: BadKind;
  readonly count: number;
  readonly name: string;
}

/** To the process of the bad clients. */
export type Order = { readonly type: "come"; readonly kinds: readonly Burden[] } | { readonly type: "leave" };

/** From it. */
export type Report = { readonly type: "done" } | { readonly type: "failed"; readonly because: string };

/** A process of its own, whose sockets do not count as the tests'. */
export class BadClients {
  private readonly child: ChildProcess;

  private constructor(child: ChildProcess) {
    this.child = child;
  }

  static start({ host, port }: { readonly host: string; readonly port: number }): BadClients {
    return new BadClients(fork(join(import.meta.dirname, "bad-clients-process.ts"), [host, String(port)]));
  }

  /** Resolves when all have come, and what they say has had its time. */
  async come(kinds: readonly Burden[]): Promise<void> {
    await this.order({ type: "come", kinds });
  }

  async leave(): Promise<void> {
    await this.order({ type: "leave" });
  }

  end(): void {
    this.child.kill();
  }

  private order(order: Order): Promise<void> {
    return new Promise((resolve, reject) => {
      const exited = (): void => reject(new Error("the process of the bad clients has ended"));
      this.child.once("exit", exited);
      this.child.once("message", (report: Report) => {
        this.child.off("exit", exited);
        if (report.type === "done") resolve();
        else reject(new Error(report.because));
      });
      this.child.send(order);
    });
  }
}
