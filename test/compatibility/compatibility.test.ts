import { join } from "node:path";
import { expect, test } from "vitest";
import { TestBroker } from "../../packages/broker/test/support/test-broker.ts";
import { FOREIGN_CLIENTS } from "../../packages/scenario-runner/src/foreign-clients/clients.ts";
import { readFileSync } from "node:fs";
import { APACHE_KAFKA_VERSIONS } from "./apache-kafka-versions.ts";
import { compatibilityDocument } from "./compatibility-document.ts";

const ROOT = join(import.meta.dirname, "../..");
const { apiKeys } = TestBroker.serving().client().call("ApiVersions", 3, { clientSoftwareName: "test", clientSoftwareVersion: "1" });

test("docs/compatibility.md says what the code says; with -u it is written", async () => {
  await expect(compatibilityDocument(apiKeys)).toMatchFileSnapshot(join(ROOT, "docs/compatibility.md"));
});

test("what is advertised is what Apache Kafka advertises, in the same versions", () => {
  const theirs = new Map(APACHE_KAFKA_VERSIONS.map(([key, , min, max]) => [key, `${min}-${max}`]));
  expect(apiKeys.filter(({ apiKey, minVersion, maxVersion }) => theirs.get(apiKey) !== `${minVersion}-${maxVersion}`)).toEqual([]);
});

test("clients have the versions that the project installs", () => {
  const { dependencies } = JSON.parse(readFileSync(join(ROOT, "packages/scenario-runner/package.json"), "utf8")) as { dependencies: Record<string, string> };
  const scriptOf = (name: string): string => readFileSync(join(ROOT, "scripts/peers", name), "utf8");
  expect(FOREIGN_CLIENTS).toMatchObject({
    kafkajs: { version: dependencies["kafkajs"] },
    "@platformatic/kafka": { version: dependencies["@platformatic/kafka"] },
  });
  expect(scriptOf("confluent-kafka")).toContain(` ${FOREIGN_CLIENTS["confluent-kafka"].version}\n`);
  expect(scriptOf("kafka-python")).toContain(` ${FOREIGN_CLIENTS["kafka-python"].version} `);
  expect(scriptOf("kafka-tools")).toContain(`KAFKA_VERSION:-${FOREIGN_CLIENTS["Apache Kafka"].version}}`);
});
