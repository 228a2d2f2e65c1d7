/** The node found its own state, or that of the cluster, broken: it must stop, for going on could lose committed entries. */
export class InvariantViolation extends Error {
  readonly code = "INVARIANT_VIOLATION";
  readonly context: Readonly<Record<string, unknown>>;

  constructor(text: string, context: Readonly<Record<string, unknown>>) {
    super(`invariant violated: ${text} ${JSON.stringify(context)}`);
    this.context = context;
  }
}

/** Asserts a claim about our own state, in production too. Bad input is never checked with it. */
export function invariant(condition: boolean, text: string, context: Readonly<Record<string, unknown>> = {}): asserts condition {
  if (!condition) throw new InvariantViolation(text, context);
}
