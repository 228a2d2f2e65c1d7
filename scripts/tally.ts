/** How a suite ended. */
export interface Tally {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/** As shells tell that a signal ended a command. */
const INTERRUPTED = 130;

/** The last line of every suite, which `.ci/run` adds up. */
export const formatTally = ({ passed, failed, skipped }: Tally): string => `${passed} passed, ${failed} failed, ${skipped} skipped`;

/** The tally that a suite's output ends with; undefined if it has none. */
export function readTally(output: string): Tally | undefined {
  const [, passed, failed, skipped] = [...output.matchAll(/^(\d+) passed, (\d+) failed, (\d+) skipped$/gm)].at(-1) ?? [];
  return passed === undefined ? undefined : { passed: Number(passed), failed: Number(failed), skipped: Number(skipped) };
}

/** Ends a suite: its last line and its exit code. To have been interrupted is no success. */
export function finish(tally: Tally, isInterrupted = false): void {
  process.stdout.write(`${formatTally(tally)}\n`);
  process.exitCode = tally.failed > 0 ? 1 : isInterrupted ? INTERRUPTED : 0;
}
