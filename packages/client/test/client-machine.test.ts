import { Prng } from "@samsa/stdx";
import { describe, expect, it } from "vitest";
import { type Client, ClientMachine, type ConsumerEvent } from "../src/index.ts";
import { FakeCluster } from "./fake-cluster.ts";
import { FakeWorld } from "./fake-world.ts";
import { groupHarness } from "./group/group-harness.ts";
import { TOPIC } from "./harness.ts";

/** Two clients of one machine, each of which asks for the end of an empty partition. */
function setup() {
  const cluster = new FakeCluster(3);
  cluster.createTopic(TOPIC, 1);
  const events: ConsumerEvent[][] = [[], []];
  const machine = new ClientMachine(() => ({
    run: () => consumers.forEach((consumer, index) => events[index]?.push(...consumer.takeEvents())),
    nextDeadline: () => undefined,
  }));
  const bootstrap = [{ host: "fake", port: cluster.portOf(0) }];
  const addClient = (seed: number): Client => machine.addClient({ bootstrap, seed, requestTimeoutMs: 1_000 });
  const clients = [addClient(1), addClient(2)] as const;
  const consumers = clients.map((client) => client.consumer());
  for (const consumer of consumers) consumer.queryOffset(TOPIC, 0, "latest");
  const world = new FakeWorld({ cluster, machine, prng: new Prng(1) });
  const answers = (): readonly number[] => events.map((told) => told.filter(({ type }) => type === "offset").length);
  return { machine, world, clients, answers };
}

describe("a machine of several clients", () => {
  it("removes a client once, and no other one the second time", () => {
    const { machine, world, clients, answers } = setup();
    world.act(0, (now) => {
      machine.removeClient(clients[0], now);
      machine.removeClient(clients[0], now);
    });
    world.runFor(1_000);
    expect(answers()).toEqual([0, 1]);
  });

  it("keeps from one that stands still that it was connected, and all that comes by that connection", () => {
    for (const isBroken of [false, true]) {
      const { machine, world, clients, answers } = setup();
      let sent = 0;
      world.asked = () => void sent++;
      world.act(0, (now) => {
        machine.removeClient(clients[1], now);
        machine.suspend(clients[0]);
      });
      world.runFor(100);
      if (isBroken) world.breakAll();
      world.runFor(400);
      expect([sent, answers()]).toEqual([0, [0, 0]]);
      world.act(0, (now) => machine.resume(clients[0], now));
      // Sooner than a request would be given up that went to a connection which is no more.
      world.runFor(700);
      expect(answers()).toEqual([1, 0]);
    }
  });

  it("closes a connection that comes for one that is no more", () => {
    const { machine, world, clients, answers } = setup();
    world.act(0, () => machine.suspend(clients[0]));
    world.runFor(100);
    world.act(0, (now) => machine.removeClient(clients[0], now));
    world.runFor(500);
    expect([machine.outbox.pending, answers()]).toEqual([0, [0, 1]]);
  });
});

it("a consumer that is closed has no more turns, and gives what it has told", () => {
  const { world, member } = groupHarness();
  world.runFor(500);
  member.isPolling = false;
  let turns = 0;
  world.act(0, (now) => member.consumer.close(now, "remain"));
  world.runFor(3_000);
  member.consumer.pump = () => void turns++;
  world.act(0, () => undefined);
  world.runFor(100);
  member.isPolling = true;
  world.act(0, () => undefined);
  world.runFor(100);
  expect([turns, member.events.at(-1)]).toEqual([0, { type: "closed" }]);
});
