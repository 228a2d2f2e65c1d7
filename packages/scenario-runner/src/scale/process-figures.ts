import { readdirSync, readFileSync } from "node:fs";

/** Of the clock that /proc counts a process's time in, on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100;

/** What Linux tells of a process. */
export interface ProcessFigures {
  readonly residentBytes: number;
  /** The most it ever had. */
  readonly peakResidentBytes: number;
  readonly cpuSeconds: number;
  readonly openFiles: number;
}

/** Undefined where the process is gone, or the system is no Linux. */
export function processFigures(pid: number): ProcessFigures | undefined {
  try {
    const status = readFileSync(`/proc/${pid}/status`, "utf8");
    // The name in parentheses may hold spaces.
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8")
      .replace(/^.*\) /s, "")
      .split(" ");
    const kiB = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, "m").exec(status)?.[1] ?? Number.NaN);
    return {
      residentBytes: kiB("VmRSS") * 1024,
      peakResidentBytes: kiB("VmHWM") * 1024,
      cpuSeconds: (Number(stat[11]) + Number(stat[12])) / TICKS_PER_SECOND,
      openFiles: readdirSync(`/proc/${pid}/fd`).length,
    };
  } catch (error) {
    if (error instanceof Error && "code" in error) return undefined;
    throw error;
  }
}
