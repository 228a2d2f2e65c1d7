const MEBIBYTE = 1024 * 1024;

/** What there is may grow by so much before everything is marked again. */
export const GROWTH_BYTES = 64 * MEBIBYTE;
/** What holds more grows as the engine thinks best. */
export const SMALL_HEAP_BYTES = 96 * MEBIBYTE;
/** An engine that has just begun holds more than this. */
const HELD_BYTES_MIN = 16 * MEBIBYTE;
const STEP_PERCENT = 25;

/** The engine's own rule. */
const BY_ITSELF = 0;

/** By how many percent of what was held after the last marking memory may grow until the next one; 0: as the engine thinks best. */
export function growthPercent(heldBytes: number): number {
  if (heldBytes > SMALL_HEAP_BYTES) return BY_ITSELF;
  const percent = (100 * GROWTH_BYTES) / Math.max(heldBytes, HELD_BYTES_MIN);
  return Math.floor(percent / STEP_PERCENT) * STEP_PERCENT;
}
