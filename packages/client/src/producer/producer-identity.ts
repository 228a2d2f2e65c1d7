import { apis } from "@samsa/protocol";
import type { Micros, Now } from "@samsa/stdx";
import { afterMs } from "@samsa/stdx";
import type { Backoff } from "../backoff.ts";
import type { Call } from "../cluster/call.ts";
import type { ClusterConnection } from "../cluster/cluster-connection.ts";
import { isUnsendable } from "../errors.ts";
import { errorName, isRetriable } from "@samsa/protocol";
import { MAX_PRODUCER_EPOCH, type ProducerIdAndEpoch } from "./sequence.ts";

type State =
  | { readonly type: "none"; readonly notBefore: Micros | undefined }
  | { readonly type: "asking" }
  | { readonly type: "known"; readonly identity: ProducerIdAndEpoch }
  | { readonly type: "refused"; readonly error: string };

/**
 * Who an idempotent producer is.
 *
 * | state | on | to |
 * |---|---|---|
 * | none | a broker is ready | asking |
 * | asking | an id | known |
 * | asking | an error that may pass | none (back-off) |
 * | asking | any other error | refused: the producer can't go on |
 * | known | bump | known with the next epoch, or none behind the last epoch (KIP-360) |
 */
export class ProducerIdentity {
  private readonly cluster: ClusterConnection;
  private readonly backoff: Backoff;
  private readonly firstProducerEpoch: number;
  private state: State = { type: "none", notBefore: undefined };
  private failures = 0;

  /** `firstProducerEpoch`: of every id, on top of what the broker says. */
  constructor(cluster: ClusterConnection, backoff: Backoff, firstProducerEpoch: number) {
    this.cluster = cluster;
    this.backoff = backoff;
    this.firstProducerEpoch = firstProducerEpoch;
  }

  get current(): ProducerIdAndEpoch | undefined {
    return this.state.type === "known" ? this.state.identity : undefined;
  }

  /** Why there will be no identity. */
  get refusal(): string | undefined {
    return this.state.type === "refused" ? this.state.error : undefined;
  }

  /** The next epoch: what was sent under earlier ones is fenced off wherever the new one was seen. */
  bump(): void {
    if (this.state.type !== "known") return;
    const { producerId, producerEpoch } = this.state.identity;
    if (producerEpoch >= MAX_PRODUCER_EPOCH) this.state = { type: "none", notBefore: undefined };
    else this.state = { type: "known", identity: { producerId, producerEpoch: producerEpoch + 1 } };
  }

  pump(now: Now): void {
    if (this.state.type !== "none" || (this.state.notBefore ?? 0) > now.monotonicUs) return;
    const broker = this.cluster.anyReady(now);
    if (broker === undefined) return;
    this.state = { type: "asking" };
    this.cluster.send(broker, this.call(), now);
  }

  nextDeadline(now: Now): Micros | undefined {
    return this.state.type === "none" && (this.state.notBefore ?? 0) > now.monotonicUs ? this.state.notBefore : undefined;
  }

  private call(): Call<"InitProducerId"> {
    return {
      api: apis.InitProducerId,
      request: () => ({ transactionalId: null, transactionTimeoutMs: 0x7fff_ffff, producerId: -1, producerEpoch: -1 }),
      answered: ({ errorCode, producerId, producerEpoch }, now) => {
        if (errorCode === 0) {
          this.failures = 0;
          this.state = { type: "known", identity: { producerId, producerEpoch: producerEpoch + this.firstProducerEpoch } };
        } else if (isRetriable(errorCode)) this.pause(now);
        else this.state = { type: "refused", error: errorName(errorCode) };
      },
      failed: ({ error }, now) => {
        if (isUnsendable(error)) this.state = { type: "refused", error };
        else this.pause(now);
      },
    };
  }

  private pause(now: Now): void {
    this.failures++;
    this.state = { type: "none", notBefore: afterMs(now, this.backoff.delayMs(this.failures)) };
  }
}
