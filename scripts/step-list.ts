import { finish, type Tally } from "./tally.ts";

/** The steps of a suite that is no vitest run, told while they happen. */
export class StepList implements Tally {
  passed = 0;
  failed = 0;
  skipped = 0;
  private readonly isChain: boolean;

  /** In a chain each step builds on the one before: after the first that fails, the others are skipped. */
  constructor({ isChain }: { readonly isChain: boolean }) {
    this.isChain = isChain;
  }

  /** Once the signal is aborted nothing is begun, and what was under way has neither passed nor failed. */
  async step(name: string, run: () => Promise<unknown> | unknown, signal?: AbortSignal): Promise<void> {
    const isInterrupted = (): boolean => signal?.aborted === true;
    if (isInterrupted() || (this.isChain && this.failed > 0)) return this.skip(name);
    const startedMs = performance.now();
    try {
      await run();
      this.passed++;
      say(`passed   ${name} (${((performance.now() - startedMs) / 1_000).toFixed(1)} s)`);
    } catch (error) {
      if (isInterrupted()) return this.skip(name);
      this.failed++;
      say(`FAILED   ${name}\n${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
    }
  }

  /** Prints the tally as the last line and sets the exit code. Each seed of a range that was not reached counts as skipped. */
  finish(seedsNotReached = 0): void {
    this.skipped += seedsNotReached;
    finish(this, seedsNotReached > 0);
  }

  private skip(name: string): void {
    this.skipped++;
    say(`SKIPPED  ${name}`);
  }
}

const say = (text: string): void => void process.stdout.write(`${text}\n`);
