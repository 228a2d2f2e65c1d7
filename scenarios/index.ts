import type { Scenario } from "@samsa/scenario-runner";
import { allRolesKilled } from "./all-roles-killed.ts";
import { brokerWiped } from "./broker-wiped.ts";
import { controllerAndLeaderKilled } from "./controller-and-leader-killed.ts";
import { controllerKilled } from "./controller-killed.ts";
import { coordinatorKilled } from "./coordinator-killed.ts";
import { diskFull } from "./disk-full.ts";
import { followerCutOff } from "./follower-cut-off.ts";
import { leaderFailover } from "./leader-failover.ts";
import { leaderIsolated } from "./leader-isolated.ts";
import { leaderKilledAcks1 } from "./leader-killed-acks-1.ts";
import { leaderPaused } from "./leader-paused.ts";
import { oneWayCut } from "./one-way-cut.ts";
import { quorumLoss } from "./quorum-loss.ts";
import { rollingRestart } from "./rolling-restart.ts";
import { tornSegment } from "./torn-segment.ts";
import { twoFollowersCutOff } from "./two-followers-cut-off.ts";
import { uncleanElectionOff } from "./unclean-election-off.ts";
import { uncleanElectionOn } from "./unclean-election-on.ts";

/** Every scenario by its name, in the order in which they teach. */
export const scenarios: ReadonlyMap<string, Scenario> = new Map(
  [
    leaderFailover,
    leaderKilledAcks1,
    controllerKilled,
    coordinatorKilled,
    controllerAndLeaderKilled,
    allRolesKilled,
    followerCutOff,
    twoFollowersCutOff,
    leaderIsolated,
    oneWayCut,
    leaderPaused,
    brokerWiped,
    tornSegment,
    diskFull,
    uncleanElectionOff,
    uncleanElectionOn,
    rollingRestart,
    quorumLoss,
  ].map((scenario) => [scenario.name, scenario]),
);
