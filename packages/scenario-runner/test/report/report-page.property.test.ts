import { assert, constantFrom, oneof, property, record, string } from "fast-check";
import { expect, test } from "vitest";
import { indexPage, reportPage, standaloneSvg } from "../../src/index.ts";
import { elementsOf } from "./elements-of.ts";
import { handmadeReport } from "./reported-run.ts";

const SHAPE = { cluster: { brokers: 3, controllers: 1 }, partitions: 2, durationMs: 9_000 };
const HOSTILE = [
  "<script>alert(1)</script>",
  "</script><img src=x onerror=alert(1)>",
  '" onload="alert(1)',
  "' onclick='alert(1)",
  "&lt;&amp;&#x27;",
  "<!--",
  "]]>",
  "]]><svg/onload=alert(1)>",
  "\u0000\u0008\uD800",
  "\u2028</title>",
  "javascript:alert(1)",
];
const words = oneof(constantFrom(...HOSTILE), string({ unit: "binary", maxLength: 30 }), string({ maxLength: 30 }));
const foreign = record({ name: words, sentence: words });

const BENIGN = handmadeReport(SHAPE, { name: "orders", sentence: "a word" });

test("a page is well-formed and has the elements it has with harmless names, whatever the names are", () => {
  const harmless = elementsOf(reportPage(BENIGN));
  assert(
    property(foreign, (names) => {
      expect([...elementsOf(reportPage(handmadeReport(SHAPE, names)))].filter((element) => !harmless.has(element))).toEqual([]);
    }),
    { numRuns: 40, examples: HOSTILE.map((text) => [{ name: text, sentence: text }] as const) },
  );
});

test("so are the table of pages and the picture that stands by itself", () => {
  const reports = (names: { readonly name: string; readonly sentence: string }) => {
    const input = handmadeReport(SHAPE, names);
    return [indexPage([{ file: "a.html", input }]), standaloneSvg(input)];
  };
  const harmless = reports({ name: "orders", sentence: "a word" }).map(elementsOf);
  assert(
    property(foreign, (names) => {
      const strange = reports(names).flatMap((page, index) => [...elementsOf(page)].filter((element) => harmless[index]?.has(element) !== true));
      expect(strange).toEqual([]);
    }),
    { numRuns: 40, examples: HOSTILE.map((text) => [{ name: text, sentence: text }] as const) },
  );
});
