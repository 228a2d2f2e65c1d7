export { type ScaleOptions, ScaleRun } from "./scale-run.ts";
export { peerSubject, samsaSubject, type ScaleSubject } from "./scale-subject.ts";
