import type { ErrorName } from "@samsa/protocol";
import { afterMs, type Micros, type Now } from "@samsa/stdx";
import type { Timers } from "../../../runtime/timers.ts";
import type { ConsumerGroupState } from "../consumer-group-state.ts";
import { regexRecord } from "../consumer-records.ts";
import type { GroupDraft } from "../group-draft.ts";
import { hashOf, membersWithRegex, regexesOf } from "../subscriptions.ts";
import { sameNames } from "../topic-names.ts";
import type { TopicsView } from "../topics-view.ts";
import { RegexSearch, type TopicNames } from "./regex-search.ts";
import type { TopicPatterns } from "./topic-pattern.ts";

export interface GroupRegexesOptions {
  readonly timers: Timers;
  readonly topics: () => TopicsView;
  readonly patterns: TopicPatterns;
  readonly group: (groupId: string) => ConsumerGroupState | undefined;
  /** Decides on a group; says why the log takes nothing. */
  readonly decide: (groupId: string, decision: (draft: GroupDraft) => void, now: Now) => ErrorName | undefined;
}

/** Between two looks at a group's expressions because topics have come or gone; a new expression is looked at at once. */
export const REFRESH_INTERVAL_MS = 10_000;
/** What may be tried in one turn for all groups of a coordinator, so that large clusters and many expressions do not hold up everything else. */
export const STEPS_PER_TURN = 500_000;
/** After a log that took nothing. */
const RETRY_MS = 500;
/** The same topics will never fit: they wait for other ones. */
const NOT_TO_BE_RETRIED: ReadonlySet<ErrorName> = new Set<ErrorName>(["MESSAGE_TOO_LARGE", "RECORD_LIST_TOO_LARGE", "INVALID_REQUEST"]);
const WORK = "consumer-regexes";
const refreshKey = (groupId: string): string => `consumer-regexes-refresh ${groupId}`;

/** One of one group. */
interface Expression {
  readonly groupId: string;
  readonly regex: string;
}

/** Both may have any character in them: the length tells where one ends. */
const keyOf = ({ groupId, regex }: Expression): string => `${groupId.length} ${groupId} ${regex}`;

interface UnderWay {
  readonly expression: Expression;
  readonly search: RegexSearch;
}

/**
 * Which topics the regular expressions of groups stand for: found apart from heartbeats, since that takes time, one expression after the other whosever
 * they are, each written into the log by itself, and looked at anew when topics have come or gone. Members hear of it when their group has a new target.
 */
export class GroupRegexes {
  private readonly options: GroupRegexesOptions;
  /** By key, in the order in which they came. */
  private readonly waiting = new Map<string, Expression>();
  private underWay: UnderWay | undefined;
  /** By group: when all its expressions were looked at last. */
  private readonly lookedAt = new Map<string, Micros>();
  /** Undefined: they have changed. */
  private names: TopicNames | undefined;

  constructor(options: GroupRegexesOptions) {
    this.options = options;
  }

  /** Nobody has looked for the topics of these. */
  resolve(groupId: string, regexes: Iterable<string>, now: Now): void {
    if (!this.lookedAt.has(groupId)) this.lookedAt.set(groupId, now.monotonicUs);
    for (const regex of regexes) this.enqueue({ groupId, regex });
    if (!this.options.timers.has(WORK)) this.workIn(0, now);
  }

  /** Topics have come or gone. */
  topicsChanged(groups: Iterable<ConsumerGroupState>, now: Now): void {
    const { timers } = this.options;
    this.names = undefined;
    for (const { groupId, regexMembers } of groups) {
      if (regexMembers.size === 0 || timers.has(refreshKey(groupId))) continue;
      const lookedAt = this.lookedAt.get(groupId);
      const dueUs = lookedAt === undefined ? now.monotonicUs : afterMs({ ...now, monotonicUs: lookedAt }, REFRESH_INTERVAL_MS);
      timers.schedule(refreshKey(groupId), Math.max(0, (dueUs - now.monotonicUs) / 1000), (at) => this.refresh(groupId, at), now);
    }
  }

  /** The group is gone. */
  forget(groupId: string): void {
    this.options.timers.cancel(refreshKey(groupId));
    this.lookedAt.delete(groupId);
    for (const [key, expression] of this.waiting) if (expression.groupId === groupId) this.waiting.delete(key);
    if (this.underWay?.expression.groupId === groupId) this.underWay = undefined;
  }

  private refresh(groupId: string, now: Now): void {
    const group = this.options.group(groupId);
    if (group === undefined) return;
    this.lookedAt.set(groupId, now.monotonicUs);
    this.resolve(groupId, regexesOf(group), now);
  }

  /** Once: it is looked at when its turn comes, and what is under way goes by the topics as they are, or it is looked at again. */
  private enqueue(expression: Expression): void {
    const key = keyOf(expression);
    const isUnderWay = this.underWay !== undefined && keyOf(this.underWay.expression) === key && this.underWay.search.topics === this.names;
    if (!isUnderWay) this.waiting.set(key, expression);
  }

  private workIn(delayMs: number, now: Now): void {
    this.options.timers.schedule(WORK, delayMs, (at) => this.work(at), now);
  }

  private work(now: Now): void {
    let stepsLeft = STEPS_PER_TURN;
    while (stepsLeft > 0) {
      const next = this.underWay ?? this.nextWaiting();
      if (next === undefined) return;
      this.underWay = next;
      stepsLeft = next.search.advance(stepsLeft);
      const { matched } = next.search;
      if (matched === undefined) break;
      this.underWay = undefined;
      const error = this.decide(next, matched, now);
      if (error === undefined || NOT_TO_BE_RETRIED.has(error)) continue;
      this.waiting.set(keyOf(next.expression), next.expression);
      return this.workIn(RETRY_MS, now);
    }
    this.workIn(0, now);
  }

  /** One that is new and whose topics there is no room for matches nothing: what its members had before is to be given to others. */
  private decide(next: UnderWay, matched: readonly string[], now: Now): ErrorName | undefined {
    const { groupId, regex } = next.expression;
    const error = this.options.decide(groupId, (draft) => this.write(draft, next, matched, now), now);
    const isKnown = this.options.group(groupId)?.regexes.get(regex) !== undefined;
    if (error === undefined || !NOT_TO_BE_RETRIED.has(error) || isKnown) return error;
    return this.options.decide(groupId, (draft) => this.write(draft, next, [], now), now);
  }

  /** One that is new and matches nothing is new, too: who has it may have had another one, and what that one matched is to be given to others. */
  private write(draft: GroupDraft, { expression: { regex }, search }: UnderWay, topics: readonly string[], { wallMs: timestamp }: Now): void {
    const before = draft.group.regexes.get(regex);
    if (membersWithRegex(draft.group, regex) === 0 || (before !== undefined && sameNames(before.topics, topics))) return;
    draft.write(regexRecord(draft.groupId, regex, { topics, version: search.topics.version, timestamp }));
    draft.bumpEpoch(hashOf(draft.group, this.options.topics()));
  }

  /** Of those that some member has still. */
  private nextWaiting(): UnderWay | undefined {
    for (const [key, expression] of this.waiting) {
      this.waiting.delete(key);
      const group = this.options.group(expression.groupId);
      if (group === undefined || membersWithRegex(group, expression.regex) === 0) continue;
      return { expression, search: new RegexSearch(this.options.patterns.of(expression.regex), (this.names ??= namesOf(this.options.topics()))) };
    }
    return undefined;
  }
}

const namesOf = (topics: TopicsView): TopicNames => ({ version: topics.index, names: Array.from(topics.topics(), ({ name }) => name).sort() });
