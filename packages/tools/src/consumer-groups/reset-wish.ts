import type { ParsedOptions } from "../command-line/option.ts";

/** To where offsets are to be reset, as it was written; of what was given again the first one counts. */
export interface ResetWish {
  readonly toOffset: number | undefined;
  readonly shiftBy: number | undefined;
  readonly toDatetime: string | undefined;
  readonly byDuration: string | undefined;
  readonly fromFile: string | undefined;
}

/** Throws an `OptionException` where a number is none. */
export const resetWish = (parsed: ParsedOptions): ResetWish => ({
  toOffset: parsed.integersOf("to-offset")[0],
  fromFile: parsed.valuesOf("from-file")[0],
  toDatetime: parsed.valuesOf("to-datetime")[0],
  byDuration: parsed.valueOf("by-duration"),
  shiftBy: parsed.integerOf("shift-by"),
});
