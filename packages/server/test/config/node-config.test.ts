import { parseProperties } from "@samsa/stdx";
import { describe, expect, it } from "vitest";
import { CONFIG_KEYS } from "../../src/config/keys.ts";
import { type NodeConfig, readNodeConfig } from "../../src/config/node-config.ts";

const read = (text: string) => readNodeConfig(parseProperties(text));
const BASE = "node.id=1\nlisteners=PLAINTEXT://h1:9092\n";

function configOf(text: string): NodeConfig {
  const result = read(text);
  if (!result.ok) throw new Error(JSON.stringify(result.errors));
  return result.config;
}

const errorKeys = (text: string): string[] => {
  const result = read(text);
  return result.ok ? [] : result.errors.map(({ key }) => key);
};

describe("Properties", () => {
  it.each([
    ["a=b", "b"],
    ["  a = b ", "b"],
    ["a: b", "b"],
    ["a b", "b"],
    ["a=", ""],
    ["a", ""],
    ["a=b=c", "b=c"],
    ["a=1\na=b", "b"],
    ["a=b\r\n", "b"],
    ["a=x,\\\n   y", "x,y"],
    ["a=x,\\\r\n\ty", "x,y"],
    ["a=x,\\\n#y", "x,#y"],
    ["# a=no \\\na=b", "b"],
    ["! no\n\na=b", "b"],
    ["a=b\\\\\nc=d", "b\\\\"],
    ["a=b\\", "b"],
  ])("%j says what a is", (text, value) => {
    expect(parseProperties(text).get("a")).toBe(value);
  });

  it("may be named as what every object has", () => {
    expect(parseProperties("__proto__=1\nconstructor=2").size).toBe(2);
  });
});

describe("A node's configuration", () => {
  it("has Kafka's defaults, and short time-outs in profile=test", () => {
    expect(configOf(BASE)).toMatchObject({
      brokerHeartbeatIntervalMs: 2_000,
      brokerSessionTimeoutMs: 9_000,
      electionTimeoutMs: 1_000,
      broker: { replicaLagTimeMaxMs: 30_000, minInsyncReplicas: 1, messageMaxBytes: 1_048_588, replicaFetchWaitMaxMs: 500, fetchMaxBytes: 57_671_680 },
    });
    expect(configOf(`${BASE}profile=test\n`)).toMatchObject({
      brokerHeartbeatIntervalMs: 500,
      brokerSessionTimeoutMs: 3_000,
      electionTimeoutMs: 1_000,
      broker: { replicaLagTimeMaxMs: 3_000 },
    });
    expect(configOf(`${BASE}profile=test\nbroker.session.timeout.ms=77\n`).brokerSessionTimeoutMs).toBe(77);
  });

  it.each([
    ["log.cleaner.threads=1", "has no effect: one event loop does the work of all threads"],
    ["num.recovery.threads.per.data.dir=1", "has no effect: one event loop does the work of all threads"],
    ["socket.send.buffer.bytes=102400", "has no effect: the system's own values are used"],
    ["zookeeper.connect=localhost:2181", "has no effect: there is no ZooKeeper: the controllers are the quorum (controller.quorum.voters)"],
    ["transaction.state.log.min.isr=1", "has no effect: there are no transactions yet"],
    ["log.preallocate=false", "has no effect: nothing here corresponds to it"],
    ["log.retention.hour=1", "is a key of neither Apache Kafka nor Samsa, and has no effect; is log.retention.hours meant?"],
    ["whatever=1", "is a key of neither Apache Kafka nor Samsa, and has no effect"],
  ])("warns of what nothing goes by, and says why: %s", (line, problem) => {
    expect(read(`${BASE}${line}\n`)).toMatchObject({ ok: true, warnings: [{ key: line.slice(0, line.indexOf("=")), problem }] });
  });

  it.each([
    ["authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer", "authorizer.class.name="],
    ["security.inter.broker.protocol=SSL", "security.inter.broker.protocol=PLAINTEXT"],
    ["remote.log.storage.system.enable=true", "remote.log.storage.system.enable=false"],
    ["config.providers=env", "config.providers="],
  ])("refuses what it would have to promise: %s", (line, harmless) => {
    expect(errorKeys(`${BASE}${line}\n`)).toEqual([line.slice(0, line.indexOf("="))]);
    expect(read(`${BASE}${harmless}\n`)).toMatchObject({ ok: true, warnings: [] });
  });

  it("takes broker.id for node.id, and refuses two that differ", () => {
    const withoutId = BASE.replace(/^node\.id=.*\n/m, "");
    const id = /^node\.id=(\d+)/m.exec(BASE)?.[1] ?? "";
    expect(read(`${withoutId}broker.id=${id}\n`)).toMatchObject({ ok: true, config: { nodeId: Number(id) }, warnings: [] });
    expect(read(`${BASE}broker.id=${id}\n`)).toMatchObject({ ok: true, config: { nodeId: Number(id) } });
    expect(errorKeys(`${BASE}broker.id=77\n`)).toEqual(["broker.id"]);
  });

  const numeric = CONFIG_KEYS.flatMap(({ name, type }) => (type.type === "integer" ? [[name, type.min, type.max] as const] : []));
  it.each(numeric)("refuses what is no whole number from %s's range, by its name", (name, min, max) => {
    for (const value of ["", "x", "1.5", "1e3", "0x10", String(min - 1), String(max + 1), "99999999999999999999"])
      expect(errorKeys(`${BASE}${name}=${value}\n`)).toContain(name);
  });

  it.each(CONFIG_KEYS.flatMap(({ name, type }) => (type.type === "long" ? [[name, type.min] as const] : [])))(
    "refuses what is no int64 from %s's range, by its name, and takes Kafka's largest for no limit",
    (name, min) => {
      for (const value of ["", "x", "1.5", "1e3", "0x10", String(min - 1), "9223372036854775808"])
        expect(errorKeys(`${BASE}${name}=${value}\n`)).toContain(name);
      expect(errorKeys(`${BASE}${name}=9223372036854775807\n`)).toEqual([]);
    },
  );

  it("judges the time of records as Kafka does since 4.0, and leaves syncing to the system", () => {
    const { broker } = configOf(BASE);
    expect(broker).toMatchObject({ logMessageTimestampAfterMaxMs: 3_600_000, logMessageTimestampBeforeMaxMs: 2 ** 63 });
    expect(broker).toMatchObject({ logFlushIntervalMessages: 2 ** 63, logFlushIntervalMs: 2 ** 63 });
  });

  /** What may not be any text, and what stays as it is whatever is chosen: the roles are both, in either order. */
  const EXAMPLES: ReadonlyMap<string, string> = new Map([
    ["profile", "test"],
    ["listeners", "PLAINTEXT://h2:9092"],
    ["advertised.listeners", "PLAINTEXT://h2:9092"],
    ["controller.quorum.voters", "1@h2:1"],
    ["controller.listener.names", "PLAINTEXT"],
    ["listener.security.protocol.map", "PLAINTEXT:SSL"],
  ]);
  const SAME_IN_EVERY_WAY = new Set(["process.roles"]);

  it.each(CONFIG_KEYS.filter(({ name }) => !SAME_IN_EVERY_WAY.has(name)))("has no key that nobody reads: $name", ({ name, type, apache }) => {
    const value = EXAMPLES.get(name) ?? (type.type === "boolean" ? String(apache !== "true") : "7");
    expect(read(`${BASE}${name}=${value}\n`)).not.toEqual(read(BASE));
  });

  it.each([
    ["log.dirs=/a , /b/", "/a", ["/b"], [0, 1]],
    ["log.dir=/a,/b", "/a", ["/b"], [0, 1]],
    ["log.dir=/x\nlog.dirs=/a", "/a", [], [0]],
    ["log.dirs=/a,/b\nmetadata.log.dir=/b", "/b", ["/a"], [1, 0]],
    ["log.dirs=/a,/b\nmetadata.log.dir=/m", "/m", ["/a", "/b"], [1, 2]],
    ["", "/tmp/kafka-logs", [], [0]],
  ])("has its metadata log in the first log directory, or where it is told to: %j", (text, logDir, furtherLogDirs, indexes) => {
    const config = configOf(`${BASE}${text}\n`);
    expect(config).toMatchObject({ logDir, furtherLogDirs });
    expect(config.broker.logDirs.map(({ index }) => index)).toEqual(indexes);
  });

  it.each(["log.dirs=", "log.dirs=/a,", "log.dirs=/a,/a/", "metadata.log.dir="])("refuses what names no log directory, or one twice: %s", (text) => {
    expect(errorKeys(`${BASE}${text}\n`)).toEqual([text.slice(0, text.indexOf("="))]);
  });

  it.each(CONFIG_KEYS.filter(({ type }) => type.type === "boolean").map(({ name }) => name))("refuses what is neither true nor false for %s", (name) => {
    for (const value of ["", "yes", "1"]) expect(errorKeys(`${BASE}${name}=${value}\n`)).toEqual([name]);
  });

  it.each([
    ["listeners=PLAINTEXT://h:9092", "node.id"],
    [`${BASE}profile=fast`, "profile"],
    [`${BASE}process.roles=observer`, "process.roles"],
    [`${BASE}process.roles=broker`, "controller.quorum.voters"],
    [`${BASE}process.roles=broker\ncontroller.quorum.voters=1@h:1`, "controller.quorum.voters"],
    ["node.id=1\nprocess.roles=controller\nlisteners=CONTROLLER://h:1", "controller.quorum.voters"],
    ["node.id=1\nprocess.roles=controller\nlisteners=PLAINTEXT://h:9092,CONTROLLER://h:1\ncontroller.quorum.voters=1@h:1", "listeners"],
    ["node.id=1\nprocess.roles=broker\nlisteners=CONTROLLER://h:1\ncontroller.quorum.voters=2@h:1", "listeners"],
    ["node.id=1\nlisteners=9092", "listeners"],
    ["node.id=1\nlisteners=PLAINTEXT://h:70000", "listeners"],
    ["node.id=1\nlisteners=CONTROLLER://h:9093", "listeners"],
    ["node.id=1\nlisteners=PLAINTEXT://h:1,PLAINTEXT://h:2", "listeners"],
    [`${BASE}advertised.listeners=h:1`, "advertised.listeners"],
    [`${BASE}advertised.listeners=OTHER://h:1`, "advertised.listeners"],
    [`${BASE}inter.broker.listener.name=OTHER`, "inter.broker.listener.name"],
    ["node.id=1\nlisteners=SSL://h:1", "listener.security.protocol.map"],
    ["node.id=1\nlisteners=OUT://h:1", "listener.security.protocol.map"],
    ["node.id=1\nlisteners=OUT://h:1\nlistener.security.protocol.map=OUT:SASL_SSL", "listener.security.protocol.map"],
    [`${BASE}controller.quorum.voters=1`, "controller.quorum.voters"],
    [`${BASE}controller.quorum.voters=1@h:1,1@h:2`, "controller.quorum.voters"],
    [`${BASE}controller.quorum.voters=2@h:1`, "controller.quorum.voters"],
    [`${BASE}controller.quorum.voters=1@h:1,99999999999@h:2`, "controller.quorum.voters"],
    ["node.id=1\ngroup.consumer.session.timeout.ms=44999", "group.consumer.session.timeout.ms"],
    ["node.id=1\ngroup.consumer.heartbeat.interval.ms=15001", "group.consumer.heartbeat.interval.ms"],
    ["node.id=1\ngroup.consumer.assignors=uniform,sticky", "group.consumer.assignors"],
    ["node.id=1\ngroup.consumer.assignors=range,org.apache.kafka.coordinator.group.assignor.RangeAssignor", "group.consumer.assignors"],
    ["node.id=1\ngroup.consumer.migration.policy=both", "group.consumer.migration.policy"],
  ])("%j is refused because of %s", (text, key) => {
    expect(errorKeys(text)).toContain(key);
  });

  it("has assignors of consumer groups by their names, or by Kafka's classes", () => {
    const text = "node.id=1\ngroup.consumer.assignors= org.apache.kafka.coordinator.group.assignor.RangeAssignor, uniform";
    expect(configOf(text).broker.groups.consumer.assignors).toEqual(["range", "uniform"]);
    expect(configOf("node.id=1\nprofile=test").broker.groups.consumer).toMatchObject({ sessionTimeoutMs: 3_000, migrationPolicy: "bidirectional" });
  });

  it("advertises what is bound, but no address that can't be dialled", () => {
    const advertised = (text: string) => configOf(`node.id=1\n${text}`).broker.listeners.map((listener) => listener.advertised);
    expect(advertised("listeners=PLAINTEXT://h1:9092")).toEqual([{ host: "h1", port: 9092 }]);
    expect(advertised("listeners=PLAINTEXT://:9092")).toEqual([{ host: "127.0.0.1", port: 9092 }]);
    expect(advertised("listeners=PLAINTEXT://:9092\nadvertised.listeners=PLAINTEXT://out:1")).toEqual([{ host: "out", port: 1 }]);
    expect(advertised("listeners=PLAINTEXT://[::1]:9092")).toEqual([{ host: "::1", port: 9092 }]);
  });

  it("keeps the controller's listener from clients, and maps names to protocols", () => {
    const config = configOf(
      "node.id=1\nlisteners=IN://h1:1, OUT://h1:2, CTRL://h1:3\ncontroller.listener.names=CTRL\ninter.broker.listener.name=IN\nlistener.security.protocol.map=IN:PLAINTEXT, OUT:PLAINTEXT, CTRL:PLAINTEXT",
    );
    expect(config.broker.listeners.map(({ name }) => name)).toEqual(["IN", "OUT"]);
    expect([config.broker.interBrokerListener, config.voters]).toEqual(["IN", [{ nodeId: 1, host: "h1", port: 3 }]]);
  });

  it("has the roles it is given, and is reached by other nodes where the voters or its listeners say, or beside its clients' listener", () => {
    const voters = "controller.quorum.voters=1@c1:1, 2@c2:2";
    expect(configOf(BASE)).toMatchObject({ isBroker: true, isController: true });
    const controller = configOf(`node.id=2\nprocess.roles=controller\nlisteners=CONTROLLER://c2:2\n${voters}`);
    expect(controller).toMatchObject({ isBroker: false, isController: true, controlListener: { host: "c2", advertisedHost: "c2", port: 2 } });
    expect(controller.broker.listeners).toEqual([]);
    const broker = configOf(`node.id=7\nprocess.roles=broker\nlisteners=PLAINTEXT://:9092\nadvertised.listeners=PLAINTEXT://b7:9092\n${voters}`);
    expect(broker).toMatchObject({ isBroker: true, isController: false, controlListener: { host: "0.0.0.0", advertisedHost: "b7", port: 0 } });
    const named = configOf(`node.id=7\nprocess.roles=broker\nlisteners=PLAINTEXT://b7:9092,CONTROLLER://b7:9093\n${voters}`);
    expect(named.controlListener).toEqual({ host: "b7", advertisedHost: "b7", port: 9093 });
  });

  it("is a cluster of its own without voters, and one of several with them", () => {
    expect(configOf(BASE).voters).toEqual([{ nodeId: 1, host: "127.0.0.1", port: 0 }]);
    expect(configOf(`${BASE}controller.quorum.voters=1@a:1, 2@b:2`).voters).toEqual([
      { nodeId: 1, host: "a", port: 1 },
      { nodeId: 2, host: "b", port: 2 },
    ]);
  });
});
