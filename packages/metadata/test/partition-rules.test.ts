import { effectiveMinIsr, EMPTY_IMAGE, imageViolations, type MetadataRecord, replayBatch } from "@samsa/metadata";
import { expect, test } from "vitest";
import { change, config, fencing, ids, registration, topicRecords } from "./records.ts";

const imageOf = (...batches: MetadataRecord[][]) => batches.reduce((image, records) => replayBatch(image, records, image.index + 1).image, EMPTY_IMAGE);
const BROKERS = [1, 2, 3].flatMap((id) => [registration(id, id - 1), fencing("unfence-broker", id, id - 1)]);

test("the minimum is the topic's, else the cluster's, else 1, and never more than there are replicas", () => {
  const image = imageOf([...topicRecords(1), config("broker", "", "min.insync.replicas", "2"), config("topic", "t1", "min.insync.replicas", "3")]);
  expect(effectiveMinIsr(EMPTY_IMAGE, "t1", 3)).toBe(1);
  expect(effectiveMinIsr(image, "t2", 3)).toBe(2);
  expect(effectiveMinIsr(image, "t1", 3)).toBe(3);
  expect(effectiveMinIsr(image, "t1", 2)).toBe(2);
});

test("a healthy image has no violations", () => {
  expect(imageViolations(imageOf(BROKERS, topicRecords(1)))).toEqual([]);
});

test("I-P14: a fenced broker in an ISR, and an ELR beside a full ISR, are found", () => {
  const fenced = imageOf(BROKERS, topicRecords(1), [fencing("fence-broker", 2, 1)]);
  expect(imageViolations(fenced)).toEqual(["t1-0: fenced brokers 2 in the ISR"]);
  const elr = imageOf(BROKERS, topicRecords(1), [change(1, 0, { isr: ids(1, 2), elr: ids(3) })]);
  expect(imageViolations(elr)).toEqual(["t1-0: ELR 3 although the ISR has its minimum"]);
});
