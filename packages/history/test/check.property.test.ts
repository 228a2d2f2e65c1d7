import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { AnomalyName, CheckOptions } from "../src/index.ts";
import { checkHistory } from "../src/index.ts";
import type { Model } from "./model.ts";
import { ackedValues, ALL, makeModel, toHistory, UNKNOWN_VALUE } from "./model.ts";

const PARAMETERS = { seed: 20261121, numRuns: 150 };
const SIZE = 40;

/** The names found in the model after it was spoiled; a position picks what to spoil. */
function namesAfter(seed: number, spoil: (model: Model) => void, options: CheckOptions = ALL): AnomalyName[] {
  const model = makeModel(seed, SIZE);
  spoil(model);
  const verdict = checkHistory(toHistory(model), options);
  return [...new Set(verdict.anomalies.map((anomaly) => anomaly.name))].sort();
}

const always = (expected: AnomalyName[], spoil: (model: Model, at: number) => void): void => {
  fc.assert(
    fc.property(fc.nat(), fc.nat(1000), (seed, at) => {
      expect(namesAfter(seed, (model) => spoil(model, at))).toEqual(expected);
    }),
    PARAMETERS,
  );
};

const everywhere = (model: Model, change: (records: Model["finalRecords"]) => Model["finalRecords"]): void => {
  model.finalRecords = change(model.finalRecords);
  model.polls = model.polls.map(({ process, responses }) => ({ process, responses: [change(responses.flat())] }));
};

const nth = (values: readonly number[], at: number): number => values[at % values.length] ?? 0;

describe("a history of a perfect log with exactly one thing spoiled", () => {
  it("is clean when nothing is spoiled", () => always([], () => {}));

  it("is lost when an acknowledged value is missing from every read", () =>
    always(["lost"], (model, at) => {
      const victim = nth(ackedValues(model), at);
      everywhere(model, (records) => records.filter((record) => record.content !== victim));
    }));

  it("is lost when the log behind an acknowledged value is gone", () =>
    always(["lost"], (model, at) => {
      const victim = nth(ackedValues(model), at);
      const index = model.finalRecords.findIndex((record) => record.content === victim);
      const last = model.finalRecords.findLastIndex((record) => model.sends[record.content as number]?.outcome === "ok");
      everywhere(model, (records) => records.slice(0, Math.min(index, last)));
    }));

  it("is lost when the broker acknowledges without appending and gives the offset to the next", () =>
    always(["lost"], (model, at) => {
      const victim = nth(ackedValues(model), at);
      const from = model.sends[victim]?.offset ?? 0;
      everywhere(model, (records) =>
        records
          .filter((record) => record.content !== victim)
          .map((record) => ({ ...record, offset: record.offset > from ? record.offset - 1 : record.offset })),
      );
      model.sends.forEach((send, value) => {
        if (value !== victim && send.offset !== undefined && send.offset > from) send.offset--;
      });
    }));

  it("is duplicated when a value was appended a second time", () =>
    always(["duplicated"], (model, at) => {
      const victim = nth(ackedValues(model), at);
      everywhere(model, (records) => [...records, { offset: records.length, content: victim }]);
    }));

  it("is reordered against real time or within a process when two records lie the other way round", () => {
    fc.assert(
      fc.property(fc.nat(), fc.nat(1000), (seed, at) => {
        const names = namesAfter(seed, (model) => {
          const acked = ackedValues(model);
          const [first, second] = [acked[0] ?? 0, acked[1 + (at % (acked.length - 1))] ?? 0];
          const [a, b] = [model.sends[first], model.sends[second]];
          if (a === undefined || b === undefined) throw new Error("the model is too small");
          const offsets = [a.offset, b.offset] as const;
          model.sends[first] = { ...a, process: 1, offset: offsets[1] };
          model.sends[second] = { ...b, process: 1, offset: offsets[0] };
          const swap = (content: number | string): number | string => (content === first ? second : content === second ? first : content);
          everywhere(model, (records) => records.map((record) => ({ ...record, content: swap(record.content) })));
        });
        expect(names.length).toBeGreaterThan(0);
        expect(["reordered", "realtime-reordered"]).toEqual(expect.arrayContaining(names));
      }),
      PARAMETERS,
    );
  });

  it("is inconsistent when readers find two acknowledged records the other way round than acknowledged", () => {
    fc.assert(
      fc.property(fc.nat(), fc.nat(1000), (seed, at) => {
        const names = namesAfter(seed, (model) => {
          const acked = ackedValues(model);
          const index = at % (acked.length - 1);
          const [first, second] = [acked[index], acked[index + 1]];
          const swap = (content: number | string): number | string =>
            content === first ? (second ?? content) : content === second ? (first ?? content) : content;
          everywhere(model, (records) => records.map((record) => ({ ...record, content: swap(record.content) })));
        });
        expect(names).toContain("misplaced");
        expect(["misplaced", "reordered", "realtime-reordered"]).toEqual(expect.arrayContaining(names));
      }),
      PARAMETERS,
    );
  });

  it("is phantom when a foreign record is read", () =>
    always(["phantom"], (model) => everywhere(model, (records) => [...records, { offset: records.length, content: "hello" }])));

  it("is phantom when a record of another run is read", () =>
    always(["phantom"], (model) => everywhere(model, (records) => [...records, { offset: records.length, content: "run2/p0/000000/c0/0000" }])));

  it("is phantom when a value is read whose send failed for certain", () =>
    always(["phantom"], (model) => {
      const victim = model.sends.length;
      model.sends.push({ process: 0, invokedUs: 1_000_000, completedUs: 1_000_001, outcome: "fail", offset: undefined });
      everywhere(model, (records) => [...records, { offset: records.length, content: victim }]);
    }));

  it("is an inconsistent offset when one reader finds another value at an offset", () =>
    always(["inconsistent-offset"], (model, at) => {
      const records = model.polls[0]?.responses.flat() ?? [];
      const record = records[at % records.length];
      if (record !== undefined) record.content = UNKNOWN_VALUE;
    }));

  it("is no evidence when nothing was read in the end", () =>
    always(["no-evidence"], (model) => {
      model.hasFinalRead = false;
    }));

  it("is no evidence when nothing was acknowledged", () =>
    always(["no-evidence"], (model) => {
      for (const send of model.sends) send.outcome = "info";
    }));

  it("is a gap when an offset is skipped that nobody accounts for", () =>
    always(["offset-gap"], (model) => {
      const end = model.finalRecords.length;
      const value = model.sends.length;
      model.sends.push({ process: 0, invokedUs: 2_000_000, completedUs: 2_000_001, outcome: "ok", offset: end + 3 });
      everywhere(model, (records) => [...records, { offset: end + 3, content: value }]);
    }));

  it("is a nonmonotonic poll when a response comes again", () =>
    always(["nonmonotonic-poll"], (model, at) => {
      const responses = model.polls[0]?.responses ?? [];
      const again = responses[at % responses.length];
      if (again !== undefined) responses.splice((at % responses.length) + 1, 0, again);
    }));
});
