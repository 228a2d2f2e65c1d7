/** `--full` of every suite: the search for new failures that is too long for CI. It walks a range of seeds and can be stopped and resumed. */

/** Seeds from `first` on. */
export interface SeedRange {
  readonly first: number;
  readonly seeds: number;
}

/** For `parseArgs`: `--full [--first S] [--seeds N]`. */
export const SEED_OPTIONS = { full: { type: "boolean" }, first: { type: "string" }, seeds: { type: "string" } } as const;

interface SeedValues {
  readonly full?: boolean | undefined;
  readonly first?: string | undefined;
  readonly seeds?: string | undefined;
}

/** The range that was asked for; undefined without `--full`. */
export function seedRangeOf({ full, first, seeds }: SeedValues, defaultSeeds: number): SeedRange | undefined {
  if (full !== true && (first ?? seeds) !== undefined) throw new RangeError("--first and --seeds go with --full");
  if (full !== true) return undefined;
  return { first: wholeNumber("--first", first ?? "1"), seeds: wholeNumber("--seeds", seeds ?? String(defaultSeeds)) };
}

function wholeNumber(name: string, text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1) throw new RangeError(`${name} is ${JSON.stringify(text)}; it must be a whole number from 1 on`);
  return value;
}

export interface SeedWalk {
  readonly range: SeedRange;
  /** So many seeds at a time. A block that is interrupted begins anew when the walk is resumed. */
  readonly blockSeeds: number;
  /** What was called, up to the seeds; asked for when it is printed, for what there is left to do may have become less. */
  readonly command: () => string;
  readonly run: (block: SeedRange, signal: AbortSignal) => Promise<void>;
}

/**
 * Runs block after block, and tells on stderr how far it is. Ends early on SIGINT and SIGTERM, and says by which command it goes on; that is said
 * also when a block throws. Returns how many seeds were not reached.
 */
export async function walkSeeds({ range, blockSeeds, command, run }: SeedWalk): Promise<number> {
  const end = range.first + range.seeds;
  const interruption = new AbortController();
  // More than once: npm and the terminal may each pass on the same key press.
  const interrupt = (signal: NodeJS.Signals): void => interruption.abort(new Error(`stopped by ${signal}`));
  for (const signal of SIGNALS) process.on(signal, interrupt);
  let first = range.first;
  try {
    while (first < end) {
      const block = { first, seeds: Math.min(blockSeeds, end - first) };
      const startMs = performance.now();
      await run(block, interruption.signal);
      // A block without I/O leaves no other moment in which a signal is heard.
      await new Promise((heard) => setImmediate(heard));
      if (interruption.signal.aborted) break;
      first += block.seeds;
      tell(`${nameOf(block)} of ${range.first} to ${end - 1} done in ${((performance.now() - startMs) / 1_000).toFixed(0)} s`);
    }
  } catch (error) {
    if (!interruption.signal.aborted) throw error;
  } finally {
    for (const signal of SIGNALS) process.off(signal, interrupt);
    if (first < end) tell(`stopped; go on with: ${command()} --first ${first} --seeds ${end - first}`);
  }
  return end - first;
}

const SIGNALS = ["SIGINT", "SIGTERM"] as const;

const nameOf = ({ first, seeds }: SeedRange): string => (seeds === 1 ? `seed ${first}` : `seeds ${first} to ${first + seeds - 1}`);

const tell = (line: string): void => void process.stderr.write(`${line}\n`);
