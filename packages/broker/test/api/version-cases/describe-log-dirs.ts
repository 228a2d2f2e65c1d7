import { ErrorCode, newDescribeLogDirsRequest } from "@samsa/protocol";
import { micros, type Now, wallMs } from "@samsa/stdx";
import { expect } from "vitest";
import { produceRequest } from "../../support/requests.ts";
import { TestBroker } from "../../support/test-broker.ts";
import type { VersionCase } from "./version-case.ts";

const NOW: Now = { monotonicUs: micros(0), wallMs: wallMs(0) };

export const describeLogDirs: VersionCase = {
  api: "DescribeLogDirs",
  serves: [
    "tells what lies in each log directory, and how large it is",
    (version) => {
      const client = TestBroker.serving().client();
      client.call("Produce", 9, produceRequest(9));
      const [result, ...others] = client.call("DescribeLogDirs", version, newDescribeLogDirsRequest({ topics: null })).results;
      expect([result?.errorCode, result?.logDir, others]).toEqual([0, "data", []]);
      expect([result?.totalBytes, result?.usableBytes]).toEqual(version >= 4 ? [1000, 900] : [-1, -1]);
      const [partition] = result?.topics[0]?.partitions ?? [];
      expect(partition).toMatchObject({ partitionIndex: 0, offsetLag: 0, isFutureKey: false });
      expect(partition?.partitionSize).toBeGreaterThan(60);
    },
  ],
  refuses: [
    "topics that are not here by leaving them out, and a log directory that has failed by its error",
    (version) => {
      const host = TestBroker.serving();
      const client = host.client();
      const unknown = newDescribeLogDirsRequest({ topics: [{ topic: "unknown", partitions: [0] }] });
      expect(client.call("DescribeLogDirs", version, unknown).results).toMatchObject([{ errorCode: 0, topics: [] }]);
      host.broker.replicas.directoryFailed(0, "the test says so", NOW);
      const [failed] = client.call("DescribeLogDirs", version, newDescribeLogDirsRequest({ topics: null })).results;
      expect(failed).toMatchObject({ errorCode: ErrorCode.KAFKA_STORAGE_ERROR, logDir: "data", topics: [], totalBytes: -1, usableBytes: -1 });
    },
  ],
};
