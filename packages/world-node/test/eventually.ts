/** A condition that is not there by then never comes; far longer than anything takes. */
const LIMIT_MS = 20_000;

/** Lets the event loop go round until the condition holds. */
export async function eventually(holds: () => boolean): Promise<boolean> {
  const until = performance.now() + LIMIT_MS;
  while (!holds()) {
    if (performance.now() > until) return false;
    await new Promise((resolve) => setImmediate(resolve));
  }
  return true;
}
