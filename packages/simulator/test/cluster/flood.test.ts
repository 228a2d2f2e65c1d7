import { apis, encodeRequestFrame } from "@samsa/protocol";
import { concatBytes } from "@samsa/stdx";
import { expect, it } from "vitest";
import { hostName, watchedCluster } from "@samsa/simulator";
import { ScriptedClient } from "./scripted-client.ts";

it("lets a client that asks for more at once than a turn can settle wait, and not end the node", () => {
  const { cluster, world, violations, events } = watchedCluster({ seed: 1 });
  // Cut off from its peers node 1 knows no controller: each question to it fails at once, and makes room for the next.
  cluster.inject({ type: "partition", from: [1], isOneWay: false, forMs: 60_000 });
  world.runFor(10_000_000);
  const [flood, other] = [new ScriptedClient({ host: hostName(1), port: 9092 }), new ScriptedClient({ host: hostName(1), port: 9092 })];
  const COUNT = 50_000;
  const request = { transactionalId: null, transactionTimeoutMs: 1, producerId: -1, producerEpoch: -1 };
  const [frame] = encodeRequestFrame(apis.InitProducerId, { apiVersion: 0, correlationId: 1, clientId: null }, request) as Uint8Array[];
  flood.askRaw(concatBytes(Array.from({ length: COUNT }, () => frame ?? new Uint8Array(0))));
  other.ask("Metadata", 9, { topics: null, allowAutoTopicCreation: false, includeClusterAuthorizedOperations: false, includeTopicAuthorizedOperations: false });
  cluster.addClient(
    110,
    () => flood,
    () => undefined,
  );
  cluster.addClient(
    111,
    () => other,
    () => undefined,
  );
  world.runFor(5_000_000);
  expect(world.isUp(1)).toBe(true);
  expect(flood.answers).toHaveLength(COUNT);
  expect(other.answers).toHaveLength(1);
  expect(events.filter(({ event }) => event.kind === "violation")).toEqual([]);
  expect(violations).toEqual([]);
});
