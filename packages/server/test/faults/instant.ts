import { micros, type Now, wallMs } from "@samsa/stdx";

export const instant = (monotonicUs: number): Now => ({ monotonicUs: micros(monotonicUs), wallMs: wallMs(0) });
