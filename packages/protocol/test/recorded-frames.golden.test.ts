import { toHex } from "@samsa/stdx";
import { describe, expect, test } from "vitest";
import type { FetchResponse, ProduceRequest } from "../src/index.ts";
import {
  API_KEYS,
  apiOf,
  correlationIdOf,
  decodeRequestHeader,
  decodeResponseHeader,
  encodeRequestHeader,
  encodeResponseHeader,
  errorOf,
  Reader,
  Writer,
} from "../src/index.ts";
import { batches, checkBatch, compressionOf, decodeRecords, validateProducedBatch } from "../src/records/index.ts";
import { type RecordedPair, recordedPairs } from "./recorded-frames.ts";

const pairs = recordedPairs();
const titleOf = (pair: RecordedPair): string => `${pair.apiName} ${pair.apiVersion} of ${pair.client}`;
const groups = [...new Set(pairs.map(titleOf))].map((title): [string, RecordedPair[]] => [title, pairs.filter((pair) => titleOf(pair) === title)]);

function decodeRequest(pair: RecordedPair) {
  const header = decodeRequestHeader(pair.request);
  if (header.api === undefined) throw new Error(`no API ${pair.apiKey}`);
  const body = header.api.decodeRequest(header.bodyReader, header.apiVersion);
  return { header, body, api: header.api };
}

function decodeResponse(pair: RecordedPair, frame: Uint8Array) {
  const api = apiOf(pair.apiKey);
  if (api === undefined) throw new Error(`no API ${pair.apiKey}`);
  const reader = new Reader(frame);
  const correlationId = decodeResponseHeader(reader, api, pair.apiVersion);
  return { correlationId, body: api.decodeResponse(reader, pair.apiVersion), api, reader };
}

describe.each(groups)("%s", (_, group) => {
  test("requests decode with nothing left over and encode to the same bytes", () => {
    for (const pair of group) {
      const { header, body, api } = decodeRequest(pair);
      expect(header.apiKey).toBe(pair.apiKey);
      expect(header.apiVersion).toBe(pair.apiVersion);
      const rest = header.bodyReader.remaining;
      if (rest > 0) expect([pair.client, pair.apiKey, pair.apiVersion, rest]).toEqual(["librdkafka 2.16.0", 3, 13, 3]);
      const writer = new Writer();
      encodeRequestHeader(writer, api, header);
      api.encodeRequest(writer, body as never, pair.apiVersion);
      expect(toHex(writer.finishBytes())).toBe(toHex(pair.request.subarray(0, pair.request.length - rest)));
    }
  });

  test("responses decode with nothing left over and encode to the same bytes", () => {
    for (const pair of group) {
      if (pair.response === null) continue;
      const { correlationId, body, api, reader } = decodeResponse(pair, pair.response);
      expect(correlationId).toBe(decodeRequestHeader(pair.request).correlationId);
      expect(correlationIdOf(pair.response)).toBe(correlationId);
      expect(reader.remaining).toBe(0);
      const writer = new Writer();
      encodeResponseHeader(writer, api, pair.apiVersion, correlationId);
      api.encodeResponse(writer, body as never, pair.apiVersion);
      expect(toHex(writer.finishBytes())).toBe(toHex(pair.response));
    }
  });
});

test("the set of recordings is whole", () => {
  expect(pairs.length).toBe(947);
  const notRecorded = ["SaslHandshake", "SaslAuthenticate"];
  expect(new Set([...pairs.map((pair) => pair.apiName), ...notRecorded])).toEqual(new Set(Object.keys(API_KEYS)));
});

test("exactly one recorded request has bytes left over", () => {
  const withRest = pairs.filter((pair) => decodeRequest(pair).header.bodyReader.remaining > 0);
  expect(withRest.map((pair) => [pair.client, pair.apiName, pair.apiVersion])).toEqual([["librdkafka 2.16.0", "Metadata", 13]]);
});

test("every produced batch is one that a broker may append", () => {
  let seen = 0;
  for (const pair of pairs.filter(({ apiKey }) => apiKey === 0)) {
    const request = decodeRequest(pair).body as ProduceRequest;
    for (const { records } of request.topicData.flatMap((topic) => topic.partitionData)) {
      const rules = { maxMessageBytes: 1_048_588, isCompacted: false, apiVersion: pair.apiVersion };
      expect([pair.note, validateProducedBatch(records, rules)]).toEqual([pair.note, undefined]);
      seen++;
    }
  }
  expect(seen).toBeGreaterThan(60);
});

test("every fetched batch is sound, and its records decode when they are not compressed", () => {
  let records = 0;
  for (const pair of pairs.filter(({ apiKey, response }) => apiKey === 1 && response !== null)) {
    const response = decodeResponse(pair, pair.response ?? new Uint8Array(0)).body as FetchResponse;
    for (const partition of response.responses.flatMap((topic) => topic.partitions)) {
      if (partition.records === null) continue;
      expect(errorOf(partition.errorCode)).toBeDefined();
      for (const position of batches(partition.records)) {
        expect(checkBatch(partition.records, position)).toBeUndefined();
        if (compressionOf(partition.records, position) === "none") records += decodeRecords(partition.records, position).length;
      }
    }
  }
  expect(records).toBeGreaterThan(100);
});
