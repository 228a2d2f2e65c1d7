import { apiOf, apis, PRODUCE_ADVERTISED_MIN_VERSION } from "@samsa/protocol";
import { describe, expect, it } from "vitest";
import { TestBroker } from "../support/test-broker.ts";
import { versionsOf } from "../support/versions.ts";
import { versionCases } from "./version-cases/all.ts";

/** Produce is advertised from 0 on and accepted from 3 on (KAFKA-18659). */
const REFUSED_PRODUCE_VERSIONS = [0, 1, 2];

describe.each(versionCases)("$api", ({ api, serves, refuses }) => {
  it.each(versionsOf(api))(`v%i ${serves[0]}`, serves[1]);
  it.each(versionsOf(api))(`v%i refuses ${refuses[0]}`, refuses[1]);
});

const nameOf = (apiKey: number): string => apiOf(apiKey)?.name ?? `API ${apiKey}`;

describe("The versions that are advertised", () => {
  it("are those that have a case here, one for one", () => {
    const { apiKeys } = TestBroker.serving().client().call("ApiVersions", 0, { clientSoftwareName: "", clientSoftwareVersion: "" });
    const advertised = apiKeys.flatMap(({ apiKey, minVersion, maxVersion }) =>
      Array.from({ length: maxVersion - minVersion + 1 }, (_, index) => `${nameOf(apiKey)} ${minVersion + index}`),
    );
    const tested = versionCases.flatMap(({ api }) => versionsOf(api).map((version) => `${api} ${version}`));
    tested.push(...REFUSED_PRODUCE_VERSIONS.map((version) => `Produce ${version}`));
    expect(
      advertised.filter((pair) => !tested.includes(pair)),
      "advertised and without a case in version-cases/",
    ).toEqual([]);
    expect(
      tested.filter((pair) => !advertised.includes(pair)),
      "with a case and not advertised",
    ).toEqual([]);
    expect(new Set(tested).size).toBe(tested.length);
  });
});

describe("Produce", () => {
  it.each(REFUSED_PRODUCE_VERSIONS)("v%i is advertised, and closes the connection with one line about it", (version) => {
    const host = TestBroker.serving();
    const client = host.client();
    // acks −1, timeout 1 s, no topics: a whole request of those versions.
    client.send(Uint8Array.of(0, 0, 0, 20, 0, 0, 0, version, 0, 0, 0, 1, 0xff, 0xff, 0xff, 0xff, 0, 0, 3, 0xe8, 0, 0, 0, 0));
    expect([client.answers, client.closedAs]).toEqual([[], "end"]);
    expect(host.traces).toContainEqual(expect.objectContaining({ kind: "connection-closed", because: `it asked for API key 0 in version ${version}` }));
  });

  it("is advertised from the lowest version that librdkafka looks for", () => {
    expect([PRODUCE_ADVERTISED_MIN_VERSION, apis.Produce.minVersion]).toEqual([0, 3]);
  });
});

describe("A version below or above those that an API has", () => {
  it.each(versionCases.filter(({ api }) => api !== "ApiVersions").map(({ api }) => api))("closes the connection: %s", (api) => {
    for (const version of [apis[api].minVersion - 1, apis[api].maxVersion + 1]) {
      const client = TestBroker.serving().client();
      client.send(Uint8Array.of(0, 0, 0, 10, 0, apis[api].key, (version >> 8) & 0xff, version & 0xff, 0, 0, 0, 1, 0xff, 0xff));
      expect([version, client.answers, client.closedAs]).toEqual([version, [], "end"]);
    }
  });
});
