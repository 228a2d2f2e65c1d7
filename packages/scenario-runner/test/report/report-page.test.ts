import { Script } from "node:vm";
import { describe, expect, test } from "vitest";
import { indexPage, reportPage, standaloneSvg, type ReportInput } from "../../src/index.ts";
import { elementsOf } from "./elements-of.ts";
import { FAILOVER, handmadeReport, simulatedRun } from "./reported-run.ts";

const HARMLESS = { name: "orders", sentence: "broker 2 is killed" };
const failover = async (): Promise<ReportInput> => ({
  scenario: FAILOVER,
  result: await simulatedRun(),
  outcome: { isAsExpected: true, inWords: "clean" },
  command: "samsa scenario run failover --seed 7",
});

/** Without tags, blanks as one. */
const textOf = (html: string): string =>
  html
    .replaceAll(/<(script|style)[^]*?<\/\1>/g, " ")
    .replaceAll(/<[^>]*>/g, " ")
    .replaceAll(/\s+/g, " ");

describe("a page", () => {
  test("says title, verdict, each line of the story, and how to run it again", async () => {
    const input = await failover();
    const text = textOf(reportPage(input));
    expect(text).toContain("A leader dies and returns");
    expect(text).toContain(`Clean: every one of ${input.result.verdict.counts.acked} acknowledged records is there, once and in order`);
    for (const entry of input.result.timeline) expect(text).toContain(entry.text);
    expect(text).toContain("samsa scenario run failover --seed 7");
  });

  test("names the records that are lost, with why that was allowed", () => {
    const input = handmadeReport({ cluster: { brokers: 3 }, partitions: 1, durationMs: 5_000 }, HARMLESS);
    expect(textOf(reportPage(input))).toMatch(
      /lost orders-0 12 34 broker 2 is killed lost orders-0 12 34 broker 2 is killed allowed because broker 2 is killed/,
    );
  });

  test("fetches nothing, and says so to the browser", async () => {
    const html = reportPage(await failover());
    expect(html).toContain("default-src 'none'");
    expect(html.replaceAll("http://www.w3.org/2000/svg", "")).not.toMatch(/https?:|url\((?!#)|@import|\ssrc=/);
  });

  test("has in its tables the numbers of its charts", async () => {
    const input = await failover();
    const html = reportPage(input);
    const [, counts = ""] = html.split("<details>");
    for (const [index, { acked }] of input.result.recording.partitions.entries()) {
      const column = [...counts.matchAll(/<tr><th scope="row"[^>]*>[^<]*<\/th>(.*?)<\/tr>/g)].map(([, row = ""]) =>
        Number([...row.matchAll(/<td[^>]*>(\d+)/g)][index]?.[1]),
      );
      expect(column).toEqual(acked);
    }
  });

  test("has a moment in the picture for each line of the story", async () => {
    const html = reportPage(await failover());
    const moments = [...html.matchAll(/href="#(m\d+)"/g)].map(([, id]) => id);
    expect(moments.length).toBeGreaterThan(5);
    for (const id of moments) expect(html).toContain(`id="${id}"`);
  });

  test("of a minute of six nodes with everything in it is smaller than 300 kB, and so is one of an hour", () => {
    const shape = { cluster: { brokers: 3, controllers: 3 }, partitions: 8 };
    expect(reportPage(handmadeReport({ ...shape, durationMs: 60_000 }, HARMLESS)).length).toBeLessThan(300_000);
    const hour = reportPage(handmadeReport({ ...shape, partitions: 1, durationMs: 3_600_000 }, HARMLESS));
    expect(hour).toContain("lines more");
  });

  test("has a script that can be read, and data that it can read", async () => {
    const html = reportPage(await failover());
    const data = /<script type="application\/json" id="data">(.*?)<\/script>/s.exec(html)?.[1] ?? "";
    expect(JSON.parse(data)).toMatchObject({ bucketMs: 100, partitions: [{ name: "orders-0" }, {}, {}] });
    const script = /<script>(.*?)<\/script>/s.exec(html)?.[1] ?? "";
    expect(() => new Script(script)).not.toThrow();
  });
});

test("the table of several pages leads to each, and says which did not end as expected", async () => {
  const good = await failover();
  const bad = handmadeReport({ cluster: { brokers: 3 }, partitions: 1, durationMs: 5_000 }, HARMLESS);
  const html = indexPage([
    { file: "failover.html", input: good },
    { file: "orders 2.html", input: bad },
  ]);
  expect(html).toContain('href="failover.html"');
  expect(html).toContain('href="orders%202.html"');
  expect(textOf(html)).toContain("1 of 2 ended as expected");
  expect(() => elementsOf(html)).not.toThrow();
});

test("the picture that stands by itself is well-formed, has title and verdict, and is small", async () => {
  const svg = standaloneSvg(await failover());
  expect(elementsOf(svg.trim()).size).toBeGreaterThan(5);
  expect(svg).toContain("A leader dies and returns");
  expect(svg).toContain("Clean: every one of");
  expect(svg.length).toBeLessThan(60_000);
});
