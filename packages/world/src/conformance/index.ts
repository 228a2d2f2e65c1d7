import type { ConformanceCase } from "./case.ts";
import { clockCases } from "./clock-cases.ts";
import { connectionCases } from "./connection-cases.ts";
import { deathCases } from "./death-cases.ts";
import { diskCases } from "./disk-cases.ts";
import { faultCases } from "./fault-cases.ts";
import { fileOrderCases } from "./file-order-cases.ts";
import { flowCases } from "./flow-cases.ts";
import { lifeCases } from "./life-cases.ts";
import { networkFaultCases } from "./network-fault-cases.ts";
import { sliceCases } from "./slice-cases.ts";

export { runCase, runCaseAsync, type ConformanceCase, type DyingProcess, type ConformanceHost, type ConformanceWorld, type Steps, type Wait } from "./case.ts";

/** What every world promises, as cases that a world's tests run one by one, each in a fresh world (`runCase`, `runCaseAsync`). */
export const CONFORMANCE_CASES: readonly ConformanceCase[] = [
  ...diskCases,
  ...fileOrderCases,
  ...clockCases,
  ...connectionCases,
  ...flowCases,
  ...sliceCases,
  ...lifeCases,
  ...deathCases,
  ...faultCases,
  ...networkFaultCases,
];
