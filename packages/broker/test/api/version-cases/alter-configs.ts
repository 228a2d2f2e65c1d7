import { ErrorCode } from "@samsa/protocol";
import { expect } from "vitest";
import { TestBroker, TOPIC } from "../../support/test-broker.ts";
import { forwarded } from "./controller-answers.ts";
import type { VersionCase } from "./version-case.ts";

const TOPIC_TYPE = 2;
const UNKNOWN_TYPE = 99;
const refusedWith = (resourceType: number) => [{ errorCode: ErrorCode.INVALID_REQUEST, errorMessage: `Unknown resource type ${resourceType}`, resourceType }];

const legacy = (resourceType: number) => ({
  resources: [{ resourceType, resourceName: TOPIC, configs: [{ name: "flush.ms", value: "7" }] }],
  validateOnly: true,
});
const incremental = (resourceType: number) => ({
  resources: [{ resourceType, resourceName: TOPIC, configs: [{ name: "flush.ms", configOperation: 1, value: null }] }],
  validateOnly: false,
});

const altered = [{ resourceType: "topic", resourceName: TOPIC, error: "NONE", message: null }] as const;
const done = [{ errorCode: 0, errorMessage: null, resourceType: TOPIC_TYPE, resourceName: TOPIC }];

export const alterConfigs: VersionCase = {
  api: "AlterConfigs",
  serves: [
    "has the controller replace a topic's configs",
    (version) => {
      const { command, answer } = forwarded(
        { api: "AlterConfigs", version, request: legacy(TOPIC_TYPE) },
        { type: "alter-configs", error: "NONE", resources: altered },
      );
      const resources = [{ resourceType: "topic", resourceName: TOPIC, configs: [{ name: "flush.ms", value: "7" }] }];
      expect(command).toEqual({ type: "alter-configs", resources, validateOnly: true });
      expect(answer.responses).toMatchObject(done);
    },
  ],
  refuses: [
    "a kind of resource that there is not, and asks nobody",
    (version) => {
      const host = TestBroker.serving();
      expect(host.client().call("AlterConfigs", version, legacy(UNKNOWN_TYPE)).responses).toMatchObject(refusedWith(UNKNOWN_TYPE));
      expect(host.asked).toEqual([]);
    },
  ],
};

export const incrementalAlterConfigs: VersionCase = {
  api: "IncrementalAlterConfigs",
  serves: [
    "has the controller change a topic's configs one by one",
    (version) => {
      const { command, answer } = forwarded(
        { api: "IncrementalAlterConfigs", version, request: incremental(TOPIC_TYPE) },
        { type: "incremental-alter-configs", error: "NONE", resources: altered },
      );
      const resources = [{ resourceType: "topic", resourceName: TOPIC, changes: [{ name: "flush.ms", operation: "delete", value: null }] }];
      expect(command).toEqual({ type: "incremental-alter-configs", resources, validateOnly: false });
      expect(answer.responses).toMatchObject(done);
    },
  ],
  refuses: [
    "a kind of resource that there is not, and asks nobody",
    (version) => {
      const host = TestBroker.serving();
      expect(host.client().call("IncrementalAlterConfigs", version, incremental(UNKNOWN_TYPE)).responses).toMatchObject(refusedWith(UNKNOWN_TYPE));
      expect(host.asked).toEqual([]);
    },
  ],
};
