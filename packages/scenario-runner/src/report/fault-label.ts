import type { FaultRecord } from "../recording/recording.ts";

/** A word or two for what befell a node. */
export const FAULT_LABELS: Readonly<Record<FaultRecord["type"], string>> = {
  crash: "killed",
  "power-loss": "power lost",
  stop: "stopped",
  pause: "paused",
  partition: "cut off",
  reset: "connections broken",
  stash: "messages held back",
  corrupt: "bytes flipped",
  "slow-network": "slow network",
  "slow-disk": "slow disk",
  "disk-full": "disk full",
  "log-dir-failure": "log directory fails",
  "disk-error": "disk errors",
  clock: "clock jumps",
  plant: "lies",
};
