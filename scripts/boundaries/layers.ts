/** What a package may import of the project: names of packages, or of one entry point of a package. */
export interface PackageRule {
  readonly layer: number;
  /** Everything else is real-world code: it may use `node:*`. */
  readonly isPure: boolean;
  readonly mayImport: readonly string[];
}

const pure = (layer: number, ...mayImport: readonly string[]): PackageRule => ({ layer, isPure: true, mayImport });
const impure = (layer: number, ...mayImport: readonly string[]): PackageRule => ({ layer, isPure: false, mayImport });

const STDX = "@samsa/stdx";
const RAFT = "raft-ts";
const PROTOCOL = "@samsa/protocol";
const RECORDS = "@samsa/protocol/records";
const GROUP_RECORDS = "@samsa/protocol/group-records";
const CONSUMER_PROTOCOL = "@samsa/protocol/consumer-protocol";
const METADATA = "@samsa/metadata";
const COMMAND_LOG = "@samsa/command-log";
const WORLD = "@samsa/world";
const HISTORY = "@samsa/history";
const LAYER_1 = [STDX, RAFT, PROTOCOL, RECORDS, GROUP_RECORDS, CONSUMER_PROTOCOL, METADATA, COMMAND_LOG, WORLD, HISTORY];
const LAYER_2 = ["@samsa/log", "@samsa/replication", "@samsa/coordinators", "@samsa/controller", "@samsa/client"];
const LAYER_3 = ["@samsa/broker", "@samsa/workload"];

/**
 * Who may import whom. Imports go down only; within a layer there are none. Up to layer 3 a package may import exactly what is
 * listed; a package that is missing here is an error, so a new one gets its place on purpose.
 */
export const PACKAGE_RULES: ReadonlyMap<string, PackageRule> = new Map([
  [STDX, pure(0)],
  [RAFT, pure(0)],
  [PROTOCOL, pure(1, STDX)],
  [METADATA, pure(1, STDX)],
  [COMMAND_LOG, pure(1, STDX)],
  [WORLD, pure(1, STDX)],
  [HISTORY, pure(1, STDX)],
  ["@samsa/log", pure(2, STDX, RECORDS, WORLD)],
  ["@samsa/replication", pure(2, STDX, RECORDS)],
  ["@samsa/coordinators", pure(2, STDX, PROTOCOL, GROUP_RECORDS, COMMAND_LOG)],
  ["@samsa/controller", pure(2, STDX, METADATA, RAFT, COMMAND_LOG)],
  ["@samsa/client", pure(2, STDX, PROTOCOL, RECORDS, CONSUMER_PROTOCOL, WORLD)],
  ["@samsa/broker", pure(3, ...LAYER_1, ...LAYER_2)],
  ["@samsa/workload", pure(3, "@samsa/client", HISTORY, WORLD, STDX)],
  ["@samsa/server", pure(4, ...LAYER_1, ...LAYER_2, ...LAYER_3)],
  ["@samsa/world-node", impure(5, WORLD, STDX)],
  ["@samsa/simulator", pure(5, "@samsa/server", ...LAYER_1, ...LAYER_2, ...LAYER_3)],
  ["@samsa/scenario-runner", impure(6, "@samsa/simulator", PROTOCOL, RECORDS, "@samsa/world-node", "@samsa/workload", HISTORY, WORLD, STDX)],
  ["@samsa/tools", impure(6, "@samsa/client", "@samsa/coordinators", PROTOCOL, "@samsa/world-node", WORLD, STDX)],
  ["@samsa/embedded", impure(6.5, "@samsa/scenario-runner", "@samsa/world-node", "@samsa/server", PROTOCOL, METADATA, RECORDS, WORLD, STDX)],
  [
    "samsa",
    impure(
      7,
      "@samsa/tools",
      "@samsa/embedded",
      "@samsa/scenario-runner",
      "@samsa/scenarios",
      "@samsa/simulator",
      "@samsa/world-node",
      "@samsa/server",
      ...LAYER_1,
      ...LAYER_2,
      ...LAYER_3,
    ),
  ],
  ["@samsa/scenarios", pure(6.5, "@samsa/scenario-runner")],
]);
