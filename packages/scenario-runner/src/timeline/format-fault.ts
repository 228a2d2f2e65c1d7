import type { Fault, Victim } from "@samsa/world";

/** A fault in words, with roles in the place of names where the plan has roles. */
export function formatFault(fault: Fault): string {
  switch (fault.type) {
    case "crash":
    case "power-loss":
    case "stop":
      return `${fault.type} of ${formatVictim(fault.victim)}${formatWhen(fault)}${fault.restartAfterMs === undefined ? "" : `, started again after ${fault.restartAfterMs} ms`}`;
    case "partition":
      return `${fault.isOneWay ? "one-way cut from" : "partition around"} ${fault.from.map(formatVictim).join(", ")} for ${fault.forMs} ms`;
    case "reset":
      return `every connection${fault.victim === undefined ? "" : ` of ${formatVictim(fault.victim)}`} breaks${fault.losesBytes ? ", bytes under way are lost" : ""}`;
    case "stash":
      return `the next ${fault.count} × ${fault.message} are held back, released ${formatRelease(fault.release)}`;
    case "corrupt":
      return `a byte in the records of the next ${fault.count} × ${fault.message} flips`;
    case "pause":
      return `pause of ${formatVictim(fault.victim)} for ${fault.forMs} ms`;
    case "slow-network":
    case "slow-disk":
      return `${fault.type} of ${formatVictim(fault.victim)} by ${fault.byMs} ms for ${fault.forMs} ms`;
    case "disk-full":
      return `the disk of ${formatVictim(fault.victim)} is full for ${fault.forMs} ms`;
    case "log-dir-failure":
      return `log directory ${fault.logDir} of ${formatVictim(fault.victim)} fails for ${fault.forMs} ms`;
    case "disk-error":
      return `the next ${fault.count} × ${fault.operation} on ${JSON.stringify(fault.path)} of ${formatVictim(fault.victim)} fail with ${fault.error}`;
    case "clock":
      return `the clock of ${formatVictim(fault.victim)} jumps by ${fault.wallMs} ms and drifts by ${fault.driftPpm} ppm`;
    case "plant":
      return `${formatVictim(fault.victim)} lies: ${fault.plant} in ${fault.topic}, after ${fault.afterBatches} batches`;
  }
}

/** What else it waits for. */
function formatWhen(fault: Extract<Fault, { type: "crash" | "power-loss" | "stop" }>): string {
  if (fault.type === "crash") return fault.diesOverMs === undefined ? "" : ` that takes ${fault.diesOverMs} ms to die`;
  return fault.type === "power-loss" && fault.whenSyncing !== undefined ? ` when it next syncs ${JSON.stringify(fault.whenSyncing)}` : "";
}

function formatRelease(release: Extract<Fault, { type: "stash" }>["release"]): string {
  switch (release.type) {
    case "after-deliveries":
      return `after ${release.count} deliveries`;
    case "after-election":
      return "after the election of a leader";
    case "after-registration":
      return "after the registration of a broker";
    case "after-reconnect":
      return "when their connection is a new one";
  }
}

function formatVictim(victim: Victim): string {
  switch (victim.type) {
    case "node":
      return `node ${victim.id}`;
    case "active-controller":
      return "the active controller";
    case "leader":
      return `the leader of ${victim.topic}-${victim.partition}`;
    case "follower":
      return `a follower of ${victim.topic}-${victim.partition}`;
  }
}
