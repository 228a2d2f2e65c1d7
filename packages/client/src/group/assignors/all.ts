import type { Assignor } from "./assignor.ts";
import { cooperativeStickyAssignor } from "./cooperative-sticky-assignor.ts";
import { rangeAssignor } from "./range-assignor.ts";
import { roundRobinAssignor } from "./round-robin-assignor.ts";

export type AssignorName = Assignor["name"];

/** As `partition.assignment.strategy` names them. */
export const ASSIGNORS: Readonly<Record<AssignorName, Assignor>> = {
  range: rangeAssignor,
  roundrobin: roundRobinAssignor,
  "cooperative-sticky": cooperativeStickyAssignor,
};
