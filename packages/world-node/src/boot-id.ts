import { readFileSync } from "node:fs";
import { uptime } from "node:os";
import { wallClockMs } from "./timers.ts";

const LINUX_BOOT_ID = "/proc/sys/kernel/random/boot_id";
/** How far the time of boot, as computed from the wall clock, may wander within one boot and still be seen as the same. */
const BOOT_TIME_STEP_S = 60;

/**
 * Identifies one life of the host's page cache. Linux tells it; elsewhere it is the time of boot, rounded. A wall clock that
 * is set, or a boot time near a rounding step, makes two ids of one life: that errs to the safe side, for unsynced writes are
 * then taken for lost. Two boots within a minute on such a system would look like one.
 */
export function readBootId(): string {
  try {
    return readFileSync(LINUX_BOOT_ID, "utf8").trim();
  } catch {
    const bootedAtS = wallClockMs() / 1000 - uptime();
    return `boot-${Math.round(bootedAtS / BOOT_TIME_STEP_S) * BOOT_TIME_STEP_S}`;
  }
}
