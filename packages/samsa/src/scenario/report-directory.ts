import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { indexPage, type IndexedReport, reportPage } from "@samsa/scenario-runner";
import { UsageError } from "../usage-error.ts";
import type { FinishedRun } from "./output.ts";

/** Where pages go, one for each run and a table of them where there are several. Throws `UsageError` where nothing can be written. */
export class ReportDirectory {
  private readonly directory: string;
  private readonly reports: IndexedReport[] = [];

  constructor(directory: string) {
    this.directory = directory;
    this.tried(() => mkdirSync(directory, { recursive: true }));
  }

  /** `command` runs it again. Returns the page's path. */
  add({ scenario, result, outcome, seed }: FinishedRun, command: string): string {
    const input = { scenario, result, outcome, command };
    const report = { file: this.fileOf(scenario.name, seed?.seed), input };
    this.reports.push(report);
    return this.write(report.file, reportPage(input));
  }

  /** Returns the path of the table; undefined where there is one page, or none. */
  finish(): string | undefined {
    return this.reports.length > 1 ? this.write("index.html", indexPage(this.reports)) : undefined;
  }

  /** `NAME.html`; again with another seed `NAME-seed-8.html`, or else `NAME-2.html`. */
  private fileOf(name: string, seed: number | undefined): string {
    const taken = new Set(this.reports.map(({ file }) => file));
    const plain = `${name}.html`;
    if (!taken.has(plain)) return plain;
    const seeded = `${name}-seed-${seed}.html`;
    if (seed !== undefined && !taken.has(seeded)) return seeded;
    let count = 2;
    while (taken.has(`${name}-${count}.html`)) count++;
    return `${name}-${count}.html`;
  }

  private write(file: string, text: string): string {
    const path = join(this.directory, file);
    this.tried(() => writeFileSync(path, text));
    return path;
  }

  private tried(step: () => unknown): void {
    try {
      step();
    } catch (error) {
      throw new UsageError(`--report: ${this.directory} can't be written: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
}
