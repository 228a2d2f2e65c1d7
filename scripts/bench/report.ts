import { loadavg } from "node:os";
import type { Figure, Figures } from "./figures.ts";

/** What a run says: figures for the table, progress meanwhile, and what it did not do. */
export class Report {
  private readonly figures: Figures;
  private readonly told = new Set<string>();

  constructor(figures: Figures) {
    this.figures = figures;
  }

  note({ name }: { readonly name: string }, what: string, unit: string, value: number): void {
    const figure: Figure = { contender: name, what, unit, value };
    this.figures.add(figure);
    this.tell(`${name}: ${what} ${value.toFixed(value < 100 ? 1 : 0)} ${unit} (load ${loadavg()[0]?.toFixed(1)})`);
  }

  tell(line: string): void {
    process.stderr.write(`${line}\n`);
  }

  tellOnce(line: string): void {
    if (this.told.has(line)) return;
    this.told.add(line);
    this.tell(line);
  }

  skipped(what: string, because: string): void {
    this.tellOnce(`NOT MEASURED: ${what}: ${because}`);
  }
}
