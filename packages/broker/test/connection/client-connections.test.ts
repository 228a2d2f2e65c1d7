import { concatBytes } from "@samsa/stdx";
import { describe, expect, it } from "vitest";
import { fetchRequest, metadataRequest } from "../support/requests.ts";
import { TestBroker } from "../support/test-broker.ts";

const closings = (host: TestBroker): unknown[] => host.traces.flatMap((event) => (event.kind === "connection-closed" ? [event.because] : []));

describe("Connections of clients", () => {
  it("are no more than max.connections: one more is reset, with one line that says why, and has a place once another has gone", () => {
    const host = TestBroker.serving({ config: { maxConnections: 3 } });
    const [first] = [host.client(), host.client(), host.client()];
    expect(host.client().closedAs).toBe("reset");
    expect(closings(host)).toEqual(["there are 3 connections already"]);
    first?.close();
    expect(host.client().closedAs).toBeUndefined();
  });

  it("are no more than max.connections.per.ip from one address, but as its own number says where it has one", () => {
    const few = TestBroker.serving({ config: { maxConnectionsPerIp: 1 } });
    expect([few.client().closedAs, few.client().closedAs]).toEqual([undefined, "reset"]);
    const more = TestBroker.serving({ config: { maxConnectionsPerIp: 1, maxConnectionsPerIpOverrides: new Map([["client", 2]]) } });
    expect([more.client().closedAs, more.client().closedAs, more.client().closedAs]).toEqual([undefined, undefined, "reset"]);
  });

  it("are as many as is set while the broker runs, for it before for all, and then as its file says again; those that there are stay", () => {
    const host = TestBroker.serving({ config: { maxConnections: 3 } });
    const set = (resourceName: string, key: string, value: string | null): void =>
      host.commit([{ type: "config", resourceType: "broker", resourceName, key, value }]);
    const admitted = (): boolean => host.client().closedAs === undefined;
    expect([admitted(), admitted()]).toEqual([true, true]);
    set("", "max.connections", "1");
    expect(admitted()).toBe(false);
    set("1", "max.connections", "4");
    expect([admitted(), admitted(), admitted()]).toEqual([true, true, false]);
    set("1", "max.connections", null);
    set("", "max.connections", "100");
    set("", "max.connections.per.ip", "4");
    expect(admitted()).toBe(false);
    set("", "max.connections.per.ip.overrides", "other:9, client:5");
    expect([admitted(), admitted()]).toEqual([true, false]);
    for (const key of ["max.connections", "max.connections.per.ip", "max.connections.per.ip.overrides"]) set("", key, null);
    expect(closings(host).at(-1)).toBe("there are 5 connections from client already");
    expect(admitted()).toBe(false);
    expect(closings(host).at(-1)).toBe("there are 5 connections already");
  });

  it("are closed after connections.max.idle.ms in which nothing came, half a request or none, but not while an answer is owed", () => {
    const host = TestBroker.serving({ config: { connectionsMaxIdleMs: 1_000 } });
    const [silent, half, busy, waiting] = [host.client(), host.client(), host.client(), host.client()];
    half.send(Uint8Array.of(0, 0, 1));
    waiting.ask("Fetch", 12, { ...fetchRequest(12), maxWaitMs: 60_000, minBytes: 1 });
    host.pass(900);
    expect(busy.call("Metadata", 9, metadataRequest(9, null)).topics).toHaveLength(1);
    host.pass(200);
    expect([silent, half, busy, waiting].map(({ closedAs }) => closedAs)).toEqual(["reset", "reset", undefined, undefined]);
    host.pass(1_000);
    expect([busy, waiting].map(({ closedAs }) => closedAs)).toEqual(["reset", undefined]);
    expect(closings(host)).toEqual(Array.from({ length: 3 }, () => "nothing has come or gone for 1000 ms"));
  });

  it("stay for ever where connections.max.idle.ms is negative", () => {
    const host = TestBroker.serving({ config: { connectionsMaxIdleMs: -1 } });
    const silent = host.client();
    host.pass(10_000_000);
    expect(silent.closedAs).toBeUndefined();
  });

  it("may send requests up to socket.request.max.bytes: one more byte is announced, and it is closed before any of it has come", () => {
    const host = TestBroker.serving({ config: { socketRequestMaxBytes: 1_000 } });
    const [just, beyond] = [host.client(), host.client()];
    just.send(Uint8Array.of(0, 0, 3, 0xe8));
    beyond.send(Uint8Array.of(0, 0, 3, 0xe9));
    expect([just.closedAs, beyond.closedAs]).toEqual([undefined, "end"]);
    just.send(concatBytes([new Uint8Array(10)]));
    expect(just.closedAs).toBeUndefined();
  });
});
