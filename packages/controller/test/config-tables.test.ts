import { BROKER_CONFIGS, type BrokerConfigDefinition, type ConfigType, TOPIC_CONFIGS } from "@samsa/controller";
import { expect, test } from "vitest";
import { valueFault } from "../src/config-type.ts";

const kindOf = ({ type }: ConfigType): string => type;

test("every default is a value that its config takes", () => {
  const wrong = [...TOPIC_CONFIGS, ...BROKER_CONFIGS].filter(([, config]) => config.default !== null && valueFault(config.type, config.default) !== undefined);
  expect(wrong.map(([name]) => name)).toEqual([]);
});

test("a topic goes by a broker config of its own type, range and default, which may change while brokers run", () => {
  const differ: string[] = [];
  for (const [name, topic] of TOPIC_CONFIGS) {
    if (topic.synonym === undefined) continue;
    const broker: BrokerConfigDefinition | undefined = BROKER_CONFIGS.get(topic.synonym);
    const isAlike =
      broker !== undefined && kindOf(broker.type) === kindOf(topic.type) && (broker.default ?? topic.default) === topic.default && broker.isDynamic;
    if (!isAlike) differ.push(name);
  }
  expect(differ).toEqual([]);
});

test("there are Kafka 4.3's 33 topic configs, and every config says in a sentence what it is", () => {
  expect(TOPIC_CONFIGS.size).toBe(33);
  for (const [name, { about }] of [...TOPIC_CONFIGS, ...BROKER_CONFIGS]) expect(about, name).toMatch(/^[A-Z].+[^.]\.$/);
});
