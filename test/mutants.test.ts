import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { mutants } from "../mutants/index.ts";
import { raftMutants } from "../mutants/raft.ts";
import { documentText } from "../scripts/mutants/document.ts";
import { frozenSeedOf } from "../scripts/mutants/frozen-seeds.ts";

for (const { id, edits } of [...mutants, ...raftMutants.map((mutant) => ({ ...mutant, id: `raft-ts ${mutant.id}` }))]) {
  test(`mutant ${id} edits what stands in the source exactly once`, () => {
    for (const { file, find } of edits) expect(readFileSync(file, "utf8").split(find).length - 1, `${file}: ${find}`).toBe(1);
  });
}

test("docs/mutants.md is what the mutants and their frozen finds say (node scripts/mutants.ts --document writes it)", () => {
  expect(readFileSync("docs/mutants.md", "utf8")).toBe(documentText());
});

test("every mutant of raft-ts was found: by a seed that is frozen, or by a transcript", () => {
  expect(raftMutants.filter(({ id, transcript }) => transcript === undefined && frozenSeedOf(id) === undefined).map(({ id }) => id)).toEqual([]);
});
