import { formatTally, type Tally } from "./tally.ts";

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

  async step(name: string, run: () => Promise<unknown> | unknown): Promise<void> {
    if (this.isChain && this.failed > 0) {
      this.skipped++;
      return say(`SKIPPED  ${name}`);
    }
    const startedMs = performance.now();
    try {
      await run();
      this.passed++;
      say(`passed   ${name} (${((performance.now() - startedMs) / 1_000).toFixed(1)} s)`);
    } catch (error) {
      this.failed++;
      say(`FAILED   ${name}\n${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
    }
  }

  /** Prints the tally as the last line and sets the exit code. */
  finish(): void {
    say(formatTally(this));
    process.exitCode = this.failed === 0 ? 0 : 1;
  }
}

const say = (text: string): void => void process.stdout.write(`${text}\n`);
