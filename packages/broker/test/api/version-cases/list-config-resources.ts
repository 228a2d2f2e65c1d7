import { ErrorCode } from "@samsa/protocol";
import { expect } from "vitest";
import { TestBroker, TOPIC } from "../../support/test-broker.ts";
import type { VersionCase } from "./version-case.ts";

const FIRST_VERSION_WITH_TYPES = 1;
const TOPIC_TYPE = 2;
const BROKER_TYPE = 4;
const LOGGER_TYPE = 8;
const GROUP_TYPE = 32;

export const listConfigResources: VersionCase = {
  api: "ListConfigResources",
  serves: [
    "lists topics, brokers and groups that have configs; the first version asks for subscriptions to metrics, of which there are none",
    (version) => {
      const host = TestBroker.serving();
      host.commit([{ type: "config", resourceType: "group", resourceName: "g", key: "consumer.session.timeout.ms", value: "50000" }]);
      const { errorCode, configResources } = host.client().call("ListConfigResources", version, { resourceTypes: [] });
      expect(errorCode).toBe(0);
      const all = [
        { resourceName: TOPIC, resourceType: TOPIC_TYPE },
        { resourceName: "1", resourceType: BROKER_TYPE },
        { resourceName: "1", resourceType: LOGGER_TYPE },
        { resourceName: "g", resourceType: GROUP_TYPE },
      ];
      expect(configResources).toMatchObject(version < FIRST_VERSION_WITH_TYPES ? [] : all);
      expect(configResources.length).toBe(version < FIRST_VERSION_WITH_TYPES ? 0 : all.length);
    },
  ],
  refuses: [
    "a kind of resource that there is not, and before there were kinds a request that is cut off",
    (version) => {
      const client = TestBroker.serving().client();
      if (version >= FIRST_VERSION_WITH_TYPES) {
        const answer = client.call("ListConfigResources", version, { resourceTypes: [TOPIC_TYPE, 99] });
        expect(answer).toMatchObject({ errorCode: ErrorCode.UNSUPPORTED_VERSION, configResources: [] });
      } else {
        client.send(Uint8Array.of(0, 0, 0, 11, 0, 74, 0, version, 0, 0, 0, 1, 0xff, 0xff, 0));
        expect([client.answers, client.closedAs]).toEqual([[], "end"]);
      }
    },
  ],
};
