export interface Figure {
  readonly contender: string;
  readonly what: string;
  readonly unit: string;
  readonly value: number;
}

export interface Summary {
  readonly what: string;
  readonly unit: string;
  readonly contender: string;
  readonly rounds: number;
  readonly min: number;
  readonly median: number;
  readonly max: number;
}

/** What was measured, round by round; summed up as medians. */
export class Figures {
  private readonly all: Figure[] = [];

  add(figure: Figure): void {
    this.all.push(figure);
  }

  summary(): readonly Summary[] {
    const groups = Map.groupBy(this.all, ({ what, contender }) => `${what}\n${contender}`);
    return [...groups.values()].map((group) => {
      const values = group.map(({ value }) => value).sort((a, b) => a - b);
      const [{ what, unit, contender }] = group as [Figure];
      return { what, unit, contender, rounds: values.length, min: values[0] as number, median: medianOf(values), max: values.at(-1) as number };
    });
  }

  table(): string {
    const header = ["what", "of", "median", "min", "max", "rounds", "unit", "÷ peer"];
    const summary = this.summary();
    const rows = summary.map(({ what, unit, contender, rounds, min, median, max }) => {
      const peer = summary.find((other) => other.what === what && other.contender !== contender);
      const ratio = contender === "peer" || peer === undefined ? "" : (median / peer.median).toFixed(2);
      return [what, contender, text(median), text(min), text(max), String(rounds), unit, ratio];
    });
    const widths = header.map((title, column) => Math.max(title.length, ...rows.map((row) => (row[column] as string).length)));
    return [header, ...rows]
      .map(
        (row) =>
          `${row
            .map((cell, column) => cell.padEnd(widths[column] as number))
            .join("  ")
            .trimEnd()}\n`,
      )
      .join("");
  }
}

const text = (value: number): string => value.toFixed(value < 100 ? 1 : 0);

function medianOf(sorted: readonly number[]): number {
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? (sorted[middle] as number) : ((sorted[middle - 1] as number) + (sorted[middle] as number)) / 2;
}
