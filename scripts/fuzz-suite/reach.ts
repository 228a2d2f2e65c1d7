import type { Outcome } from "./answered-case.ts";
import type { FuzzedApi } from "./fuzz-case.ts";

interface Counts {
  cases: number;
  answered: number;
  succeeded: number;
}

/** At least so many of a hundred cases of an API must get to its handler: the rest tests decoders alone. */
export const REACH_MIN_PERCENT = 30;

/** And so many must succeed in something. */
export const SUCCESS_MIN_PERCENT = 5;
/** With fewer, chance would judge. */
const JUDGED_FROM_CASES = 200;

/** How far cases got, for each API. */
export class Reach {
  private readonly byApi = new Map<string, Counts>();
  readonly versions = new Set<string>();

  count({ key, name, version }: FuzzedApi, outcomes: readonly Outcome[]): void {
    const counts = this.byApi.get(name) ?? { cases: 0, answered: 0, succeeded: 0 };
    this.byApi.set(name, counts);
    this.versions.add(`${key}.${version}`);
    counts.cases++;
    // By a handler: a request that nobody can read has no answer, and one with acks=0 was at least understood.
    const handled = outcomes.filter(({ asked, answer }) => asked.api.key === key && (answer !== undefined || asked.request["acks"] === 0));
    if (handled.length > 0) counts.answered++;
    if (handled.some(({ answer }) => answer !== undefined && succeeds(answer))) counts.succeeded++;
  }

  get cases(): number {
    return [...this.byApi.values()].reduce((sum, { cases }) => sum + cases, 0);
  }

  /** APIs of which too few cases got to the handler. */
  get shallow(): readonly string[] {
    return [...this.byApi].filter(([, { cases, answered }]) => (100 * answered) / cases < REACH_MIN_PERCENT).map(([name]) => name);
  }

  /** APIs of which too few cases had any effect, or told anything: the rest tests refusals alone. */
  get barren(): readonly string[] {
    return [...this.byApi]
      .filter(([, { cases, succeeded }]) => cases >= JUDGED_FROM_CASES && (100 * succeeded) / cases < SUCCESS_MIN_PERCENT)
      .map(([name]) => name);
  }

  lines(): readonly string[] {
    return [...this.byApi]
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(
        ([name, { cases, answered, succeeded }]) =>
          `${name.padEnd(28)} ${percent(answered, cases)} of ${cases} cases reach the handler, ${percent(succeeded, cases)} succeed`,
      );
  }
}

const percent = (part: number, whole: number): string => `${((100 * part) / whole).toFixed(0).padStart(3)} %`;

/** Something in it has no error: the deepest error code counts. */
function succeeds(node: unknown): boolean {
  if (typeof node !== "object" || node === null || node instanceof Uint8Array) return false;
  if (Array.isArray(node)) return node.some(succeeds);
  const { errorCode } = node as { readonly errorCode?: unknown };
  return errorCode === 0 || Object.values(node).some(succeeds);
}
