/** The process found itself broken: it must stop, for going on could lose data. */
export class InvariantViolation extends Error {
  readonly code = "INVARIANT_VIOLATION";
  readonly context: Readonly<Record<string, unknown>>;

  constructor(text: string, context: Readonly<Record<string, unknown>>) {
    super(`invariant violated: ${text}${formatContext(context)}`);
    this.context = context;
  }
}

/** Asserts a claim about our own state, in production too. Bad input is never checked with it. */
export function invariant(condition: boolean, text: string, context: Readonly<Record<string, unknown>> = {}): asserts condition {
  if (!condition) throw new InvariantViolation(text, context);
}

/** For the `default` of an exhaustive switch. */
export function unreachable(value: never, text: string): never {
  throw new InvariantViolation(text, { value });
}

function formatContext(context: Readonly<Record<string, unknown>>): string {
  const parts = Object.entries(context).map(([key, value]) => `${key}=${typeof value === "object" ? JSON.stringify(value) : String(value)}`);
  return parts.length === 0 ? "" : ` (${parts.join(", ")})`;
}
