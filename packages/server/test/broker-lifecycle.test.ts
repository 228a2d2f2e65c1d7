import type { ControllerReply, ControllerRequest } from "@samsa/controller";
import { type BrokerEpoch, brokerEpoch, nodeId, Prng, uuid, type Uuid } from "@samsa/stdx";
import { describe, expect, it } from "vitest";
import { BrokerLifecycle } from "../src/broker-lifecycle.ts";
import { at } from "./support/effects.ts";

class Life {
  readonly asked: { readonly request: ControllerRequest; readonly reply: (reply: ControllerReply | undefined) => void }[] = [];
  readonly registered: BrokerEpoch[] = [];
  readonly stops: string[] = [];
  offlineDirs: readonly Uuid[] = [];
  nowMs = 0;
  readonly lifecycle = new BrokerLifecycle({
    self: nodeId(1),
    incarnationId: uuid("incarnation"),
    endpoints: () => [],
    controlEndpoint: () => ({ host: "host1", port: 9093 }),
    rack: null,
    disk: () => ({ directoryId: uuid("directory"), pageCacheSurvived: true }),
    offlineDirs: () => this.offlineDirs,
    heartbeatIntervalMs: 500,
    channel: { ask: (request, onReply) => void this.asked.push({ request, reply: (reply) => onReply(reply as never, at(this.nowMs)) }) },
    prng: new Prng(1),
    appliedIndex: () => 17,
    registered: (epoch) => void this.registered.push(epoch),
    unfenced: () => undefined,
    mayShutDown: (because) => void this.stops.push(because),
    mustShutDown: (because) => void this.stops.push(`must: ${because}`),
  });

  /** Goes on to the next deadline, if it is near enough, and keeps it. */
  next(limitMs = 10_000): void {
    const due = this.lifecycle.nextDeadlineUs;
    if (due === undefined || due / 1000 > this.nowMs + limitMs) return;
    this.nowMs = Math.max(this.nowMs, Math.ceil(due / 1000));
    this.lifecycle.deadline(at(this.nowMs));
  }

  reply(reply: ControllerReply | undefined): this {
    this.asked.at(-1)?.reply(reply);
    return this;
  }

  get last(): ControllerRequest | undefined {
    return this.asked.at(-1)?.request;
  }

  register(): this {
    this.lifecycle.start(at(this.nowMs));
    this.reply({ type: "register-broker", error: "NONE", brokerEpoch: brokerEpoch(4) });
    this.next();
    return this;
  }
}

const heartbeat = (changes: object = {}): ControllerReply =>
  ({ type: "broker-heartbeat", error: "NONE", isFenced: false, shouldShutDown: false, ...changes }) as ControllerReply;

describe("A broker's standing with the controller", () => {
  it("registers, then says how far it is in heartbeats, often while fenced and then every interval", () => {
    const life = new Life().register();
    expect([life.registered, life.last]).toMatchObject([[4], { type: "broker-heartbeat", brokerEpoch: 4, appliedIndex: 17, wantsShutdown: false }]);
    life.reply(heartbeat({ isFenced: true }));
    expect(life.lifecycle.nextDeadlineUs).toBe(50_000);
    life.next();
    life.reply(heartbeat());
    expect([life.lifecycle.isUnfenced, life.lifecycle.nextDeadlineUs]).toEqual([true, 550_000]);
  });

  it("ends where the cluster's levels of features are beyond it: to ask again would change nothing", () => {
    const life = new Life();
    life.lifecycle.start(at(0));
    life.reply({ type: "register-broker", error: "UNSUPPORTED_VERSION", brokerEpoch: brokerEpoch(-1) });
    life.next();
    expect(life.asked).toHaveLength(1);
    expect(life.stops).toEqual([expect.stringMatching(/^must: the cluster works at levels of features that this software does not support/)]);
  });

  it("tells at once that it has applied what others may wait for, also where it is asking already", () => {
    const life = new Life().register().reply(heartbeat());
    life.lifecycle.report(at(life.nowMs));
    life.next(0);
    expect(life.asked).toHaveLength(3);
    life.lifecycle.report(at(life.nowMs));
    life.reply(heartbeat());
    life.next(0);
    expect(life.asked).toHaveLength(4);
    life.reply(heartbeat());
    expect(life.lifecycle.nextDeadlineUs).toBe((life.nowMs + 500) * 1000);
  });

  it("asks one thing at a time", () => {
    const life = new Life();
    life.lifecycle.start(at(0));
    life.nowMs = 5_000;
    life.lifecycle.hurry(at(5_000));
    life.lifecycle.deadline(at(5_000));
    expect([life.asked.length, life.lifecycle.nextDeadlineUs]).toEqual([1, undefined]);
  });

  it.each([undefined, { type: "register-broker", error: "NOT_CONTROLLER" }, { type: "register-broker", error: "DUPLICATE_BROKER_REGISTRATION" }])(
    "tries again to register after %o",
    (reply) => {
      const life = new Life();
      life.lifecycle.start(at(0));
      life.reply(reply as ControllerReply | undefined);
      life.next();
      expect(life.asked.map(({ request }) => request.type)).toEqual(["register-broker", "register-broker"]);
      expect(life.registered).toEqual([]);
    },
  );

  it.each(["STALE_BROKER_EPOCH", "BROKER_ID_NOT_REGISTERED"])("registers anew after %s", (error) => {
    const life = new Life().register();
    life.reply(heartbeat({ error }));
    life.next();
    expect(life.last?.type).toBe("register-broker");
  });

  it.each([undefined, heartbeat({ error: "NOT_CONTROLLER" })])("keeps its epoch when a heartbeat gets %o", (reply) => {
    const life = new Life().register();
    life.reply(reply);
    life.next();
    expect(life.last).toMatchObject({ type: "broker-heartbeat", brokerEpoch: 4 });
  });

  it("does not wait for its turn when it is fenced and something has changed", () => {
    const life = new Life().register();
    life.reply(heartbeat({ isFenced: true }));
    life.lifecycle.hurry(at(7));
    expect(life.lifecycle.nextDeadlineUs).toBe(7_000);
  });

  it("says that it wants to stop at once, and stops when the controller lets it", () => {
    const life = new Life().register();
    life.reply(heartbeat());
    life.nowMs = 10;
    life.lifecycle.requestShutdown(at(10));
    life.next();
    expect([life.nowMs, life.last]).toMatchObject([10, { wantsShutdown: true }]);
    life.reply(heartbeat({ isFenced: true, shouldShutDown: false }));
    life.next();
    expect(life.stops).toEqual([]);
    life.reply(heartbeat({ isFenced: true, shouldShutDown: true }));
    expect(life.stops).toEqual(["its leaderships are moved"]);
  });

  it("is let go once: what it stops takes its time, and must not be begun anew", () => {
    const life = new Life().register();
    life.lifecycle.requestShutdown(at(10));
    life.reply(heartbeat({ isFenced: true, shouldShutDown: true }));
    life.lifecycle.requestShutdown(at(20));
    life.lifecycle.hurry(at(20));
    life.lifecycle.report(at(20));
    expect(life.lifecycle.nextDeadlineUs).toBeUndefined();
    for (const ms of [30, 5_010, 6_000]) life.lifecycle.deadline(at(ms));
    life.reply(heartbeat({ isFenced: true, shouldShutDown: true }));
    expect(life.stops).toHaveLength(1);
  });

  it("stops after 5 s without any controller, also before it ever found one", () => {
    for (const life of [new Life().register(), new Life()]) {
      life.lifecycle.requestShutdown(at(life.nowMs));
      life.lifecycle.requestShutdown(at(life.nowMs + 4_000));
      for (let i = 0; i < 500 && life.stops.length === 0; i++) {
        life.reply(undefined);
        life.next();
      }
      expect([life.stops, life.nowMs]).toEqual([["no controller let it go in time"], 5_000]);
    }
  });

  it("waits for an answer no longer than that either", () => {
    const life = new Life().register();
    life.lifecycle.requestShutdown(at(0));
    expect(life.lifecycle.nextDeadlineUs).toBe(5_000_000);
  });
});
