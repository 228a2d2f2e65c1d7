const SECOND_MS = 1_000;

/** `132 ms`, from ten seconds on `12.3 s`. */
export function formatDuration(ms: number): string {
  return ms < 10 * SECOND_MS ? `${Math.round(ms)} ms` : `${(ms / SECOND_MS).toFixed(1)} s`;
}

/** Since the run began: `1.412 s`. */
export const formatTime = (ms: number): string => `${(ms / SECOND_MS).toFixed(3)} s`;

/** Times of ticks on an axis, in milliseconds: at round seconds (or parts of them), at most `countMax` and at least two. */
export function ticksOf(endMs: number, countMax: number): readonly number[] {
  const stepMs = STEPS_MS.find((step) => Math.floor(endMs / step) + 1 <= countMax) ?? Math.ceil(endMs / Math.max(1, countMax - 1));
  return Array.from({ length: Math.floor(endMs / stepMs) + 1 }, (_, index) => index * stepMs);
}

const STEPS_MS = [100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 30_000, 60_000, 120_000, 300_000, 600_000];

/** `0 s`, `0.5 s`, `90 s`. */
export const formatTick = (ms: number): string => `${ms / SECOND_MS} s`;
