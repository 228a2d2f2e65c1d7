import { readFileSync } from "node:fs";
import { beforeAll, expect, test } from "vitest";
import { CONFIG_KEYS } from "@samsa/server";
import { TOPIC_CONFIGS } from "@samsa/controller";
import { ownCommands, toolNames } from "../../scripts/documents/cli-document.ts";
import { generatedDocuments } from "../../scripts/documents/generated-documents.ts";

let documents: ReadonlyMap<string, string>;
// Twenty processes say their help.
beforeAll(async () => {
  documents = await generatedDocuments();
}, 60_000);

const text = (path: string): string => documents.get(path) ?? "";

test("every document that is written from the code is as the code is; npm run documents writes them", () => {
  expect(documents.size).toBe(4);
  for (const [path, made] of documents) expect(readFileSync(path, "utf8"), path).toBe(made);
});

test("the configs have every key of a node and of a topic, each with a word on what it does", () => {
  const rows = text("docs/reference/configs.md").split("\n");
  for (const name of [...CONFIG_KEYS.map((key) => key.name), ...TOPIC_CONFIGS.keys()])
    expect(
      rows.filter((row) => row.startsWith(`| \`${name}\` |`) && /\| [A-Z`][^|]+\. \|$/.test(row)),
      name,
    ).not.toEqual([]);
});

test("what is refused or has no effect is told as such", () => {
  const rowOf = (name: string): string =>
    text("docs/reference/configs.md")
      .split("\n")
      .find((row) => row.startsWith(`| \`${name}\` |`)) ?? "";
  expect(rowOf("remote.storage.enable")).toContain("| refused: all records stay on the brokers; leave it at false |");
  expect(rowOf("preallocate")).toContain("| no effect |");
  expect(rowOf("segment.bytes")).toContain("| yes |");
  expect(rowOf("num.io.threads")).toContain("| no effect |");
  expect(rowOf("log.message.timestamp.type")).toContain("| at once |");
  expect(rowOf("max.connections")).toContain("| at once |");
  expect(rowOf("num.replica.fetchers")).toContain("| restart |");
});

test("the command line has every command and every tool, and the help of each", () => {
  const sections = text("docs/reference/cli.md").split(/^### /m).slice(1);
  const names = ["samsa", ...ownCommands().map((name) => `samsa ${name}`), ...toolNames()];
  expect(sections.map((section) => section.split("\n")[0])).toEqual(names);
  expect(sections.filter((section) => !/^```\n\S[^`]{20}/m.test(section) && !section.includes("USAGE"))).toEqual([]);
});

test("the API has what the packages export, and of a class what is public", () => {
  const headings = [...text("docs/reference/api.md").matchAll(/^###+ (.*)$/gm)].map(([, heading = ""]) => heading);
  expect(headings).toEqual(
    expect.arrayContaining(["Cluster", "Cluster.start", "cluster.start", "cluster.leaderOf", "fault[Symbol.dispose]", "RaftNode", "raftNode.step"]),
  );
  expect(headings).not.toContain("cluster.startAll");
  expect(headings).not.toContain("fault.fire");
  expect(headings).not.toContain("fault.constructor");
  expect(text("docs/reference/api.md")).toContain("stop(id: number, options: WaitOptions = {}): Promise<void>\n```\n\nAs SIGTERM:");
});

test("llms.txt leads to files that there are", () => {
  const links = [...text("llms.txt").matchAll(/\]\(([^)]+)\)/g)].map(([, path = ""]) => path);
  expect(links.length).toBeGreaterThan(20);
  for (const path of links) expect(readFileSync(path, "utf8").length, path).toBeGreaterThan(0);
});
