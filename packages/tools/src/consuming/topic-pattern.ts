import { isInternalTopic } from "../admin/topic-filter.ts";
import { listTopics } from "../admin/topics.ts";
import { JavaException } from "../java-exception.ts";
import type { Session } from "../session/session.ts";
import type { GroupReading } from "./group-reading.ts";

/** While no topic is there yet, somebody waits for one. */
const NONE_YET_MS = 1000;

/** Throws where it is no regular expression. */
export function topicPattern(text: string): RegExp {
  try {
    return new RegExp(`^(?:${text})$`, "u");
  } catch (error) {
    const why = error instanceof Error ? error.message.replace(/^Invalid regular expression: /, "") : String(error);
    throw new JavaException("java.util.regex.PatternSyntaxException", why);
  }
}

/** Has the group read every topic whose name is one of these, also those that come later. */
export class PatternSubscription implements Disposable {
  private readonly options: { readonly session: Session; readonly reading: GroupReading; readonly pattern: RegExp; readonly refreshMs: number };
  private subscribed = "";
  private timer: NodeJS.Timeout | undefined;
  private isOver = false;

  constructor(options: PatternSubscription["options"]) {
    this.options = options;
  }

  /** Looks for topics, now and from now on. Rejects where the first look fails. */
  async begin(): Promise<void> {
    const { session, reading, pattern, refreshMs } = this.options;
    const names = (await listTopics(session)).map(({ name }) => name).filter((name) => pattern.test(name) && !isInternalTopic(name));
    if (this.isOver) return;
    if (names.length > 0 && names.join() !== this.subscribed) {
      this.subscribed = names.join();
      await reading.subscribe(names);
    }
    const againMs = this.subscribed === "" ? Math.min(NONE_YET_MS, refreshMs) : refreshMs;
    // Later looks that fail are made again.
    this.timer = setTimeout(() => this.begin().catch(() => this.again(againMs)), againMs);
  }

  [Symbol.dispose](): void {
    this.isOver = true;
    clearTimeout(this.timer);
  }

  private again(afterMs: number): void {
    if (!this.isOver) this.timer = setTimeout(() => this.begin().catch(() => this.again(afterMs)), afterMs);
  }
}
