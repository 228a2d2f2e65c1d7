export { AckTimeline, type AckGap } from "./ack-timeline.ts";
export { PollWorkload } from "./poll-workload.ts";
export { ProduceWorkload } from "./produce-workload.ts";
export { ReadBack } from "./read-back.ts";
export { WorkloadMachine, type Phase } from "./workload-machine.ts";
export { WORKLOAD_DEFAULTS, type Pace, type WorkloadInput, type WorkloadOptions } from "./workload-options.ts";
export { ClientHost } from "./client-host.ts";
export { ReadBackMachine } from "./read-back-machine.ts";
