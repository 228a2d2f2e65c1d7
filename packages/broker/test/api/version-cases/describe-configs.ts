import { ErrorCode } from "@samsa/protocol";
import { expect } from "vitest";
import { TestBroker, TOPIC, topicRecords } from "../../support/test-broker.ts";
import type { VersionCase } from "./version-case.ts";

const FIRST_VERSION_WITH_TYPES = 3;
const TOPIC_TYPE = 2;
const RETENTION_MS_TYPE = 5;

function describe(version: number, resourceName: string) {
  const host = TestBroker.serving({ topics: topicRecords({ configs: { "retention.ms": "7" } }) });
  const resources = [{ resourceType: TOPIC_TYPE, resourceName, configurationKeys: ["retention.ms"] }];
  return host.client().call("DescribeConfigs", version, { resources, includeSynonyms: true, includeDocumentation: version >= FIRST_VERSION_WITH_TYPES });
}

export const describeConfigs: VersionCase = {
  api: "DescribeConfigs",
  serves: [
    "describes a topic's config: value, source, synonyms, and its type and meaning where the version can say them",
    (version) => {
      const { results } = describe(version, TOPIC);
      const isTyped = version >= FIRST_VERSION_WITH_TYPES;
      expect(results).toMatchObject([
        {
          errorCode: 0,
          configs: [
            {
              name: "retention.ms",
              value: "7",
              readOnly: false,
              isSensitive: false,
              configSource: 1,
              configType: isTyped ? RETENTION_MS_TYPE : 0,
              synonyms: [{ name: "retention.ms", value: "7", source: 1 }],
            },
          ],
        },
      ]);
      expect(results[0]?.configs[0]?.documentation).toMatch(isTyped ? /^Age / : /^$/);
    },
  ],
  refuses: [
    "a topic that is not there",
    (version) => {
      expect(describe(version, "nope").results).toMatchObject([{ errorCode: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, resourceName: "nope", configs: [] }]);
    },
  ],
};
