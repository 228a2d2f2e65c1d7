import { ErrorCode } from "@samsa/protocol";
import { expect } from "vitest";
import { TestBroker } from "../../support/test-broker.ts";
import type { VersionCase } from "./version-case.ts";

const FIRST_VERSION_WITH_SOFTWARE = 3;
const RANGE = { apiKey: 18, minVersion: 0, maxVersion: 4 };

export const apiVersions: VersionCase = {
  api: "ApiVersions",
  serves: [
    "names every API in ascending order, itself among them",
    (version) => {
      const software = version >= FIRST_VERSION_WITH_SOFTWARE ? ["test", "1.0"] : ["", ""];
      const [clientSoftwareName = "", clientSoftwareVersion = ""] = software;
      const host = TestBroker.serving({ topics: [{ type: "feature-level", name: "metadata.version", level: 29 }] });
      const answer = host.client().call("ApiVersions", version, { clientSoftwareName, clientSoftwareVersion });
      expect(answer.errorCode).toBe(0);
      const isShown = version >= FIRST_VERSION_WITH_SOFTWARE;
      expect(answer.supportedFeatures.map(({ name }) => name)).toEqual(isShown ? ["metadata.version", "samsa.version"] : []);
      expect(answer.finalizedFeatures).toMatchObject(isShown ? [{ name: "metadata.version", minVersionLevel: 29, maxVersionLevel: 29 }] : []);
      expect(answer.finalizedFeaturesEpoch).toBe(isShown ? 1 : -1);
      expect(answer.apiKeys).toContainEqual(expect.objectContaining(RANGE));
      const keys = answer.apiKeys.map(({ apiKey }) => apiKey);
      expect(keys).toEqual([...new Set(keys)].toSorted((a, b) => a - b));
    },
  ],
  refuses: [
    "software without a name, and before there were names a request that is cut off",
    (version) => {
      const client = TestBroker.serving().client();
      if (version >= FIRST_VERSION_WITH_SOFTWARE) {
        const answer = client.call("ApiVersions", version, { clientSoftwareName: "", clientSoftwareVersion: "" });
        expect(answer).toMatchObject({ errorCode: ErrorCode.INVALID_REQUEST, apiKeys: [] });
      } else {
        client.send(Uint8Array.of(0, 0, 0, 9, 0, 18, 0, version, 0, 0, 0, 1, 0));
        expect([client.answers, client.closedAs]).toEqual([[], "end"]);
      }
    },
  ],
};
