import type { SearchFocus } from "@samsa/simulator";

/** A known bug put back on purpose: one edit in one place. The production source holds no switch for it. */
export interface Mutant {
  /** As the bug catalogue numbers it, or a name for one of ours. */
  readonly id: string;
  /** What goes wrong, in a sentence. */
  readonly bug: string;
  /** The source, its bug reports or papers. */
  readonly source: string;
  readonly edits: readonly Edit[];
  /** Where the search looks; everywhere if left out. */
  readonly focus?: SearchFocus;
  /** It loses acknowledged records: the property of acknowledged durability is red with it, by the verdict on the history. */
  readonly breaksDurability?: true;
  /** It is killed by this test, put to the sources with the bug, and not looked for by seeds. */
  readonly test?: KillingTest;
}

/** A test of the default suite, which is green there without the bug. */
export interface KillingTest {
  /** From the root of the repository. */
  readonly file: string;
  /** Its whole title, without those of the groups around it. */
  readonly name: string;
  /** Why no plan of faults of the simulator stands for it. */
  readonly why: string;
}

export interface Edit {
  /** From the root of the repository. */
  readonly file: string;
  /** Stands in the file exactly once (a test sees to it). */
  readonly find: string;
  readonly replace: string;
}
