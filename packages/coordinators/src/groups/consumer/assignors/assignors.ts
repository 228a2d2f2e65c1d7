import type { Assignor } from "./assignor.ts";
import { rangeAssignor } from "./range-assignor.ts";
import { uniformAssignor } from "./uniform-assignor.ts";

/** By name, those that `group.consumer.assignors` may list. */
export const ASSIGNORS: ReadonlyMap<string, Assignor> = new Map([uniformAssignor, rangeAssignor].map((assignor) => [assignor.name, assignor]));
