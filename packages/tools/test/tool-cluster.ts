import { existsSync } from "node:fs";
import { ProcessCluster } from "@samsa/scenario-runner/process-cluster";
import { describeCluster } from "../src/admin/cluster.ts";
import { clientSettings } from "../src/session/client-settings.ts";
import { Session } from "../src/session/session.ts";
import { until } from "./run-tool.ts";

const BUNDLE = "dist/samsa.mjs";
const BROKERS = 3;

/** Three real broker processes with the ids 1, 2 and 3. */
export interface ToolCluster {
  /** `host:port,host:port,…` */
  readonly bootstrap: string;
  /** `host:port` by id. */
  readonly brokers: readonly string[];
  kill(broker: number): Promise<void>;
  stop(): Promise<void>;
}

/** Ends when every broker is in service. */
export async function startToolCluster(): Promise<ToolCluster> {
  if (!existsSync(BUNDLE)) throw new Error(`${BUNDLE} is not built: npm run build builds it`);
  const cluster = await ProcessCluster.start({ bundle: BUNDLE, brokers: BROKERS, areFaultsEnabled: false, isTraced: false, onEvent: () => undefined });
  const bootstrap = cluster.bootstrap.join(",");
  await using session = new Session(clientSettings(bootstrap, new Map()));
  await until(async () => (await describeCluster(session)).nodes.length === BROKERS);
  return {
    bootstrap,
    brokers: cluster.bootstrap,
    kill: (broker) => cluster.node(broker).kill("SIGKILL"),
    stop: () => cluster.dispose(),
  };
}
