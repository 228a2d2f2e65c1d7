/** What must not outlive the run: processes, clusters, directories. The last that came goes first. */
const held = new Set<() => unknown>();

let ending: Promise<void> | undefined;

/** Gives a function that lets go, once. */
export function hold(letGo: () => unknown): () => Promise<void> {
  const once = async (): Promise<void> => {
    if (held.delete(once)) await letGo();
  };
  held.add(once);
  return once;
}

/** To be asked before anything is started that takes long to stop: when the run ends, it does not come back. */
export async function goOn(): Promise<void> {
  if (isEnding()) await new Promise(() => undefined);
}

/** What fails from then on fails because everything goes. */
export const isEnding = (): boolean => ending !== undefined;

export function letGoOfAll(): Promise<void> {
  ending ??= letGo();
  return ending;
}

async function letGo(): Promise<void> {
  for (const one of [...held].reverse())
    try {
      await one();
    } catch (error) {
      // The others are to go nevertheless.
      process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    }
}

const EXIT_BY_SIGNAL = { SIGINT: 130, SIGTERM: 143 } as const;

export function letGoOnSignals(): void {
  for (const signal of ["SIGINT", "SIGTERM"] as const)
    process.once(signal, () => {
      process.stderr.write(`${signal}: everything is stopped and removed\n`);
      void letGoOfAll().finally(() => process.exit(EXIT_BY_SIGNAL[signal]));
    });
}
