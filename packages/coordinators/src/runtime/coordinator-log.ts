import type { ErrorName } from "@samsa/protocol";
import type { Now, Offset } from "@samsa/stdx";

/** Where a coordinator's records go: the partition that this broker leads. */
export interface CoordinatorLog<Rec> {
  /** One atomic batch; `endOffset` is the offset after its last record. What is appended may still be lost until the high watermark has passed it. */
  append(records: readonly Rec[], now: Now): Appended | NotAppended;
}

export interface Appended {
  readonly type: "appended";
  readonly endOffset: Offset;
}

/** Nothing is in the log. */
export interface NotAppended {
  readonly type: "failed";
  readonly error: ErrorName;
}
