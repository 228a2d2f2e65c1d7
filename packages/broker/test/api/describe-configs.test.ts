import type { MetadataRecord } from "@samsa/metadata";
import { type ApiMessages, ErrorCode } from "@samsa/protocol";
import { describe, expect, it } from "vitest";
import { TestBroker, TOPIC, topicRecords } from "../support/test-broker.ts";

const TOPIC_TYPE = 2;
const BROKER = 4;
const LOGGER = 8;
const METRICS = 16;
const GROUP = 32;
const OWN = 1;
const DYNAMIC = 2;
const ALL = 3;
const FILE = 4;
const DEFAULT = 5;

type Result = ApiMessages["DescribeConfigs"]["response"]["results"][number];
type Setting = readonly [resourceName: string, key: string, value: string];

const ofBrokers = (...settings: readonly Setting[]): MetadataRecord[] =>
  settings.map(([resourceName, key, value]) => ({ type: "config", resourceType: "broker", resourceName, key, value }));

const serving = (settings: readonly Setting[] = [], properties: Readonly<Record<string, string>> = {}, configs: Readonly<Record<string, string>> = {}) =>
  TestBroker.serving({ topics: [...topicRecords({ configs }), ...ofBrokers(...settings)], config: { properties: new Map(Object.entries(properties)) } });

function ask(host: TestBroker, resourceType: number, resourceName: string, names: readonly string[] | null = null): Result {
  const resources = [{ resourceType, resourceName, configurationKeys: names }];
  const { results } = host.client().call("DescribeConfigs", 4, { resources, includeSynonyms: true, includeDocumentation: true });
  const [result] = results;
  if (result === undefined) throw new Error("no result");
  return result;
}

const told = ({ configs }: Result) =>
  configs.map(({ name, value, configSource, synonyms }) => [name, value, configSource, synonyms.map((one) => `${one.source}:${one.name}=${one.value}`)]);

describe("A topic's configs", () => {
  it("are all of them where none is named, as an empty list or as no list", () => {
    const host = serving();
    const all = ask(host, TOPIC_TYPE, TOPIC).configs.map(({ name }) => name);
    expect(all.length).toBeGreaterThan(20);
    expect(ask(host, TOPIC_TYPE, TOPIC, []).configs.map(({ name }) => name)).toEqual(all);
  });

  it("are its own, else this broker's, else those of all brokers, else the file's, else the defaults", () => {
    const settings: Setting[] = [
      ["", "message.max.bytes", "30"],
      ["1", "message.max.bytes", "20"],
      ["2", "message.max.bytes", "99"],
      ["", "min.insync.replicas", "2"],
    ];
    const host = serving(settings, { "message.max.bytes": "40", "log.segment.bytes": "2000000" }, { "max.message.bytes": "10" });
    expect(told(ask(host, TOPIC_TYPE, TOPIC, ["max.message.bytes", "min.insync.replicas", "segment.bytes", "cleanup.policy"]))).toEqual([
      ["cleanup.policy", "delete", DEFAULT, ["5:log.cleanup.policy=delete"]],
      [
        "max.message.bytes",
        "10",
        OWN,
        ["1:max.message.bytes=10", "2:message.max.bytes=20", "3:message.max.bytes=30", "4:message.max.bytes=40", "5:message.max.bytes=1048588"],
      ],
      ["min.insync.replicas", "2", ALL, ["3:min.insync.replicas=2", "5:min.insync.replicas=1"]],
      ["segment.bytes", "2000000", FILE, ["4:log.segment.bytes=2000000", "5:log.segment.bytes=1073741824"]],
    ]);
  });

  it("go by hours and minutes where there are no milliseconds, and by those then, though other names are no synonyms by themselves", () => {
    const names = ["retention.ms", "segment.ms", "flush.ms"];
    expect(told(ask(serving(), TOPIC_TYPE, TOPIC, names))).toEqual([
      ["flush.ms", "9223372036854775807", DEFAULT, []],
      ["retention.ms", "604800000", DEFAULT, []],
      ["segment.ms", "604800000", DEFAULT, []],
    ]);
    const coarse = serving([], { "log.retention.hours": "2", "log.roll.hours": "1" });
    expect(told(ask(coarse, TOPIC_TYPE, TOPIC, names.slice(0, 2)))).toEqual([
      ["retention.ms", "7200000", DEFAULT, []],
      ["segment.ms", "3600000", DEFAULT, []],
    ]);
    const minutes = serving([], { "log.retention.hours": "-1", "log.retention.minutes": "3" });
    expect(told(ask(minutes, TOPIC_TYPE, TOPIC, ["retention.ms"]))).toEqual([["retention.ms", "180000", DEFAULT, []]]);
    const forEver = serving([], { "log.retention.hours": "-1" });
    expect(told(ask(forEver, TOPIC_TYPE, TOPIC, ["retention.ms"]))).toEqual([["retention.ms", "-1", DEFAULT, []]]);
    const exact = serving([["1", "log.retention.ms", "7"]]);
    expect(told(ask(exact, TOPIC_TYPE, TOPIC, ["retention.ms"]))).toEqual([
      ["retention.ms", "7", DYNAMIC, ["2:log.retention.ms=7", "5:log.retention.hours=168"]],
    ]);
  });

  it("are all 33 where no names are given, none where the names are unknown or there are none, and may all be changed", () => {
    const host = serving();
    const all = ask(host, TOPIC_TYPE, TOPIC);
    expect(all.configs).toHaveLength(33);
    expect(all.configs.filter(({ readOnly, isSensitive, documentation }) => readOnly || isSensitive || documentation === null)).toEqual([]);
    expect(ask(host, TOPIC_TYPE, TOPIC, ["nope"])).toMatchObject({ errorCode: 0, configs: [] });
  });

  it("come without synonyms and words where nobody asked for them", () => {
    const resources = [{ resourceType: TOPIC_TYPE, resourceName: TOPIC, configurationKeys: null }];
    const answer = serving().client().call("DescribeConfigs", 4, { resources, includeSynonyms: false, includeDocumentation: false });
    expect(answer.results[0]?.configs.filter(({ synonyms, documentation }) => synonyms.length > 0 || documentation !== null)).toEqual([]);
  });
});

describe("A broker's configs", () => {
  it("are what it was given, what was set while it runs, and defaults", () => {
    const host = serving([["1", "log.retention.ms", "7"]], { "num.partitions": "6", "log.dirs": "/data" });
    expect(told(ask(host, BROKER, "1", ["log.retention.ms", "log.roll.ms", "log.dirs", "num.partitions", "num.io.threads", "broker.rack"]))).toEqual([
      ["broker.rack", null, DEFAULT, []],
      ["log.dirs", "/data", FILE, ["4:log.dirs=/data"]],
      ["log.retention.ms", "7", DYNAMIC, ["2:log.retention.ms=7", "5:log.retention.hours=168"]],
      ["log.roll.ms", null, DEFAULT, []],
      ["num.io.threads", "8", DEFAULT, ["5:num.io.threads=8"]],
      ["num.partitions", "6", FILE, ["4:num.partitions=6", "5:num.partitions=1"]],
    ]);
  });

  it("may be changed while it runs, or not", () => {
    const { configs } = ask(serving(), BROKER, "1", ["num.partitions", "message.max.bytes", "listeners"]);
    expect(configs.map(({ name, readOnly }) => [name, readOnly])).toEqual([
      ["listeners", true],
      ["message.max.bytes", false],
      ["num.partitions", true],
    ]);
  });

  it("that nobody knows may be secrets: they are named, and their values are not shown", () => {
    const { configs } = ask(serving([], { "some.password": "hunter2" }), BROKER, "1", ["some.password"]);
    expect(configs).toMatchObject([
      { name: "some.password", value: null, isSensitive: true, readOnly: true, configSource: FILE, configType: 0, synonyms: [{ value: null, source: FILE }] },
    ]);
  });

  it("that can't be in a file are shown where they are set", () => {
    const name = "follower.replication.throttled.rate";
    expect(ask(serving(), BROKER, "1", [name]).configs).toEqual([]);
    expect(told(ask(serving([["1", name, "5"]]), BROKER, "1", [name]))).toEqual([[name, "5", DYNAMIC, [`2:${name}=5`]]]);
  });

  it("of all brokers are what is set for all, and nothing else", () => {
    const host = serving(
      [
        ["", "message.max.bytes", "30"],
        ["1", "message.max.bytes", "20"],
      ],
      { "message.max.bytes": "40" },
    );
    expect(told(ask(host, BROKER, ""))).toEqual([["message.max.bytes", "30", ALL, ["3:message.max.bytes=30"]]]);
  });
});

it.each<[string, readonly [number, string], readonly [keyof typeof ErrorCode, string]]>([
  ["another broker", [BROKER, "2"], ["INVALID_REQUEST", "Unexpected broker id, expected 1 or empty string, but received 2"]],
  ["a broker without a number", [BROKER, "x"], ["INVALID_REQUEST", "Broker id must be an integer, but it is: x"]],
  ["another broker's loggers", [LOGGER, "2"], ["INVALID_REQUEST", "Unexpected broker id, expected 1 but received 2"]],
  ["loggers of nobody", [LOGGER, ""], ["INVALID_REQUEST", "Broker id must not be empty"]],
  ["a subscription without a name", [METRICS, ""], ["INVALID_REQUEST", "Client metrics subscription name must not be empty"]],
  ["a group without a name", [GROUP, ""], ["INVALID_REQUEST", "Group name must not be empty"]],
  ["a topic without a name", [TOPIC_TYPE, ""], ["INVALID_TOPIC_EXCEPTION", "Topic name is invalid: the empty string is not allowed"]],
  ["a topic that is not there", [TOPIC_TYPE, "nope"], ["UNKNOWN_TOPIC_OR_PARTITION", ""]],
])("%s can't be described, in Kafka's words", (_, [resourceType, resourceName], [error, errorMessage]) => {
  expect(ask(serving(), resourceType, resourceName)).toMatchObject({ errorCode: ErrorCode[error], errorMessage, resourceType, resourceName, configs: [] });
});

it("describes metrics and groups by their defaults, and no loggers", () => {
  const host = serving();
  expect(told(ask(host, METRICS, "m"))).toEqual([
    ["interval.ms", "300000", DEFAULT, []],
    ["match", "", DEFAULT, []],
    ["metrics", "", DEFAULT, []],
  ]);
  expect(told(ask(host, GROUP, "g", ["consumer.session.timeout.ms"]))).toEqual([
    ["consumer.session.timeout.ms", "45000", DEFAULT, ["5:group.consumer.session.timeout.ms=45000"]],
  ]);
  host.commit([{ type: "config", resourceType: "group", resourceName: "g", key: "consumer.session.timeout.ms", value: "50000" }]);
  expect(told(ask(host, GROUP, "g", ["consumer.session.timeout.ms"]))).toEqual([
    ["consumer.session.timeout.ms", "50000", 8, ["8:consumer.session.timeout.ms=50000", "5:group.consumer.session.timeout.ms=45000"]],
  ]);
  expect(ask(host, LOGGER, "1")).toMatchObject({ errorCode: 0, configs: [] });
});

it("describes nothing at all where one kind of resource is unknown", () => {
  const resources = [99, TOPIC_TYPE].map((resourceType) => ({ resourceType, resourceName: TOPIC, configurationKeys: null }));
  const { results } = serving().client().call("DescribeConfigs", 4, { resources, includeSynonyms: false, includeDocumentation: false });
  expect(results.map(({ errorCode, configs }) => [errorCode, configs])).toEqual([
    [ErrorCode.INVALID_REQUEST, []],
    [ErrorCode.INVALID_REQUEST, []],
  ]);
});

it("answers a short request with 330,000 configs at most", () => {
  const resources = Array.from({ length: 10_500 }, () => ({ resourceType: TOPIC_TYPE, resourceName: TOPIC, configurationKeys: null }));
  const { results } = serving().client().call("DescribeConfigs", 4, { resources, includeSynonyms: false, includeDocumentation: false });
  const described = results.filter(({ errorCode }) => errorCode === 0);
  expect(described.length).toBe(Math.ceil(330_000 / 34));
  expect(results.at(-1)).toMatchObject({ errorCode: ErrorCode.INVALID_REQUEST, configs: [] });
});
