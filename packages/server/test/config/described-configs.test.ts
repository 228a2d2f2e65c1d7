import { BROKER_CONFIGS } from "@samsa/controller";
import { expect, test } from "vitest";
import { CONFIG_KEYS } from "../../src/config/keys.ts";
import { readNodeConfig } from "../../src/config/node-config.ts";

/** Kafka's own has no default, and goes by another key then. */
const WITHOUT_DEFAULT: ReadonlySet<string> = new Set(["log.flush.interval.ms"]);

test("every key that a node reads is described with the default that the node goes by", () => {
  const differ = CONFIG_KEYS.filter(({ name, apache }) => {
    const described = BROKER_CONFIGS.get(name);
    return described === undefined || (described.default !== (apache ?? null) && !WITHOUT_DEFAULT.has(name));
  });
  expect(differ.map(({ name, apache }) => [name, apache, BROKER_CONFIGS.get(name)?.default])).toEqual([]);
});

test("what is told of a node's configs is what it was given, known or not, over what its profile gives", () => {
  const given = new Map([
    ["node.id", "1"],
    ["profile", "test"],
    ["replica.lag.time.max.ms", "7"],
    ["no.such.key", "x"],
  ]);
  const result = readNodeConfig(given);
  const properties = result.ok ? result.config.broker.properties : undefined;
  expect(Object.fromEntries(properties ?? [])).toMatchObject({ ...Object.fromEntries(given), "broker.session.timeout.ms": "3000" });
});
