import type { Now } from "@samsa/stdx";
import { type Completable, type Completion, type EffectId, inLogDirectory, type Outbox } from "@samsa/world";
import type { LogDirectories } from "./log-directories.ts";

export interface DirectorySurveyOptions {
  readonly outbox: Outbox;
  readonly directories: LogDirectories;
  /** One of them can't be listed. */
  readonly failed: (index: number, detail: string, now: Now) => void;
  readonly done: (now: Now) => void;
}

/** Finds out, once at the start of a broker with several log directories, in which of them each partition lies. */
export class DirectorySurvey implements Completable {
  private readonly options: DirectorySurveyOptions;
  private readonly asked = new Map<EffectId, number>();

  constructor(options: DirectorySurveyOptions) {
    this.options = options;
  }

  /** `done` is called later, or at once where there is only one. */
  start(now: Now): void {
    const { directories, outbox, done } = this.options;
    if (!directories.isSeveral) return done(now);
    for (const { index } of directories.online) this.asked.set(outbox.request({ type: "list", path: inLogDirectory(index, "") }, this), index);
  }

  complete(completion: Completion, now: Now): void {
    const { directories, failed, done } = this.options;
    const index = this.asked.get(completion.id);
    this.asked.delete(completion.id);
    if (index !== undefined && completion.type === "listed")
      directories.surveyed(
        index,
        completion.entries.filter(({ isDirectory }) => isDirectory).map(({ name }) => name),
      );
    else if (index !== undefined && completion.type === "failed") failed(index, `listing it: ${completion.error.code} ${completion.error.detail}`, now);
    if (this.asked.size === 0) done(now);
  }
}
