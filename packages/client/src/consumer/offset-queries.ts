import { afterMs, type Micros, type Now } from "@samsa/stdx";
import type { Backoff } from "../backoff.ts";
import type { ClusterConnection } from "../cluster/cluster-connection.ts";
import { earlier, stillToCome } from "../deadline.ts";
import { type ConsumerConfig, isolationCode } from "./consumer-config.ts";
import type { ConsumerEvent, OffsetQuery } from "./consumer-event.ts";
import { LeaderLookup, type Lookup } from "./leader-lookup.ts";
import { offsetQuestion } from "./offset-lookup.ts";

export interface OffsetQueriesOptions {
  readonly cluster: ClusterConnection;
  readonly config: ConsumerConfig;
  readonly backoff: Backoff;
  readonly tell: (answer: ConsumerEvent) => void;
}

interface OpenQuery {
  readonly lookup: Lookup;
  /** Undefined until there was a turn. */
  expiresAt: Micros | undefined;
  readonly refuse: (error: string) => void;
  readonly wantLess: () => void;
}

/** Questions for offsets of any partitions. Each has one answer, after `default.api.timeout.ms` at the latest; so long the topic's metadata are wanted. */
export class OffsetQueries {
  private readonly options: OffsetQueriesOptions;
  private readonly open = new Set<OpenQuery>();

  constructor(options: OffsetQueriesOptions) {
    this.options = options;
  }

  ask(topic: string, partition: number, query: OffsetQuery): void {
    const { cluster, config, tell } = this.options;
    const refuse = (error: string): void => tell({ type: "error", topic, partition, error, isFatal: true, query });
    const question = offsetQuestion({ topic, partition, query, isolationLevel: isolationCode(config.isolationLevel) });
    const lookup = new LeaderLookup(question, (result) => {
      if ("error" in result) refuse(result.error);
      else tell({ type: "offset", topic, partition, query, offset: result.value.offset, timestampMs: result.value.timestampMs });
    });
    this.open.add({ lookup, expiresAt: undefined, refuse, wantLess: cluster.wantAwhile([topic]) });
  }

  /** Nobody will be asked any more. */
  end(error: string): void {
    for (const query of this.open) this.giveUp(query, error);
  }

  pump(now: Now): void {
    const { cluster, config, backoff } = this.options;
    for (const query of this.open) {
      query.expiresAt ??= afterMs(now, config.defaultApiTimeoutMs);
      query.lookup.pump(cluster, backoff, now);
      if (query.lookup.isDone) this.close(query);
      else if (query.expiresAt <= now.monotonicUs) this.giveUp(query, "REQUEST_TIMED_OUT");
    }
  }

  nextDeadline(now: Now): Micros | undefined {
    let at: Micros | undefined;
    for (const { lookup, expiresAt } of this.open) at = earlier(at, earlier(lookup.nextDeadline(now), stillToCome(expiresAt, now)));
    return at;
  }

  private giveUp(query: OpenQuery, error: string): void {
    if (!query.lookup.isDone) query.refuse(error);
    query.lookup.cancel();
    this.close(query);
  }

  private close(query: OpenQuery): void {
    this.open.delete(query);
    query.wantLess();
  }
}
