/**
 * A program of its own: three nodes in one Node process, on real sockets and real disks, as a test that embeds a cluster would have them.
 * Its argument is an empty directory, which who starts it removes. Prints one line of JSON: when the cluster had acknowledged its first record, from the call that starts it and from the start of the process.
 */
import { randomBytes } from "node:crypto";
import { mkdirSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { join } from "node:path";
import { createLoadTopic, type LoadTopic, produceOnce, waitForLeaders } from "@samsa/scenario-runner/load";
import { Node, readNodeConfig } from "@samsa/server";
import { Shell } from "@samsa/world";
import { createNodeWorld, lockDataDirectory } from "@samsa/world-node";

const BROKERS = 3;
const RECORD_BYTES = 100;
const TIMEOUT_MS = 30_000;
const ELECTION_TIMEOUT_MS = 400;
const TOPIC: LoadTopic = { name: "first", partitions: 1, replicationFactor: 3, minInsyncReplicas: 2 };

interface RunningNode {
  readonly port: number;
  close(): Promise<void>;
}

async function freePorts(count: number): Promise<readonly number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, "127.0.0.1"));
  await Promise.all(servers.map((server) => new Promise((resolve) => server.once("listening", resolve))));
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

function startNode(id: number, ports: readonly number[], directory: string, secret: Uint8Array): RunningNode {
  const controlOf = (node: number): number => ports[BROKERS + node - 1] as number;
  const port = ports[id - 1] as number;
  const ids = Array.from({ length: BROKERS }, (_, index) => index + 1);
  const result = readNodeConfig(
    new Map([
      ["node.id", String(id)],
      ["profile", "test"],
      ["process.roles", "broker,controller"],
      ["controller.quorum.election.timeout.ms", String(ELECTION_TIMEOUT_MS)],
      ["listeners", `PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controlOf(id)}`],
      ["controller.quorum.voters", ids.map((node) => `${node}@127.0.0.1:${controlOf(node)}`).join(",")],
      ["log.dirs", join(directory, String(id))],
    ]),
  );
  if (!result.ok) throw new Error(JSON.stringify(result.errors));
  const { config } = result;
  mkdirSync(config.logDir, { recursive: true });
  const lock = lockDataDirectory(config.logDir);
  const onExit = (code: number, reason: string): void => {
    if (code !== 0) throw new Error(`node ${id} ended with ${code}: ${reason}`);
  };
  const world = createNodeWorld({ dataDir: config.logDir, onExit });
  const shell = new Shell({ ports: world, node: id, machine: new Node({ config, boot: world, secret }) });
  shell.start();
  return {
    port,
    close: async () => {
      shell.kill();
      await world.close();
      lock.release();
    },
  };
}

const startMs = performance.now();
const [, , directory] = process.argv;
if (directory === undefined) throw new RangeError("it takes a directory");
const secret = Buffer.from(randomBytes(32).toString("hex"), "utf8");
const ports = await freePorts(2 * BROKERS);
const nodes = Array.from({ length: BROKERS }, (_, index) => startNode(index + 1, ports, directory, secret));
const bootstrap = nodes.map(({ port }) => ({ host: "127.0.0.1", port }));
await createLoadTopic(bootstrap, TOPIC, TIMEOUT_MS);
const [leader] = await waitForLeaders(bootstrap, TOPIC, TIMEOUT_MS);
if (leader === undefined) throw new RangeError("a topic has a partition");
await produceOnce(leader, TOPIC, RECORD_BYTES);
const nowMs = performance.now();
process.stdout.write(`${JSON.stringify({ sinceCallMs: nowMs - startMs, sinceProcessMs: nowMs })}\n`);
for (const node of nodes) await node.close();
