export { MetadataReader } from "./partition-table.ts";
export { type ProcessFigures, processFigures } from "./process-figures.ts";
export { type ScaleOptions, ScaleRun } from "./scale-run.ts";
export { peerSubject, samsaSubject, type ScaleSubject } from "./scale-subject.ts";
