import { EMPTY_IMAGE, type MetadataImage, type MetadataRecord, replayBatch } from "@samsa/metadata";
import { expect, it } from "vitest";
import type { NodeView } from "../../src/cluster/cluster.ts";
import { combined } from "../../src/cluster/cluster-shape.ts";
import { ControllerView } from "../../src/invariants/controller-view.ts";
import { Ghost } from "../../src/invariants/ghost.ts";

const config = (value: string): MetadataRecord => ({ type: "config", resourceType: "broker", resourceName: "", key: "num.partitions", value });
const imageOf = (...entries: readonly (readonly MetadataRecord[])[]): MetadataImage =>
  entries.reduce((image, records, at) => replayBatch(image, records, at + 1).image, EMPTY_IMAGE);

/** What is reported of one node with that image, when these entries are known to be committed and no other node was ever looked at. */
function reportsOf(entries: readonly (readonly MetadataRecord[])[], image: MetadataImage, commitIndex = entries.length): string[] {
  const reports: string[] = [];
  const check = new ControllerView((invariant) => reports.push(invariant));
  const ghost = new Ghost(combined(3));
  for (const [at, records] of entries.entries())
    ghost.transitions.push({ before: imageOf(...entries.slice(0, at)), after: imageOf(...entries.slice(0, at + 1)), records });
  const view = { id: 1, incarnation: 1, node: { controller: { image }, quorum: { node: { commitIndex } } } } as unknown as NodeView;
  check.afterTurn(view, ghost);
  return reports;
}

it("is content with an image that is what the entries make of it", () => {
  expect(reportsOf([[config("1")], [config("2")]], imageOf([config("1")], [config("2")]))).toEqual([]);
  expect(reportsOf([[config("1")], [config("2")]], imageOf([config("1")]))).toEqual([]);
});

it("is not content with another one, as a bad snapshot would make it, though no other node was seen at that index (I-M2)", () => {
  expect(reportsOf([[config("1")], [config("2")]], imageOf([config("1")], [config("3")]))).toEqual(["I-M2"]);
  expect(reportsOf([[config("1")], [config("2")]], imageOf([], [config("9")]))).toEqual(["I-M2"]);
});

it("is not content with an image beyond what is committed (I-M1)", () => {
  expect(reportsOf([[config("1")], [config("2")]], imageOf([config("1")], [config("2")]), 1)).toEqual(["I-M1"]);
});
