import type { RaftMessage } from "./message.ts";
import type { ReplicaKey } from "./replica-key.ts";

/** What happens to a node. */
export type RaftInput =
  /** `message` has the shape that `parseRaftMessage` checks; `from` is the authenticated identity of its sender. */
  | { readonly type: "message"; readonly from: ReplicaKey; readonly message: RaftMessage }
  /** The write with this id is durable. */
  | { readonly type: "persisted"; readonly id: number }
  /** The application's state after the entry at `index`, for which a `take-snapshot` asked. It may come any time later; `data` must not change any more. */
  | { readonly type: "snapshot-taken"; readonly index: number; readonly data: Uint8Array }
  /** The snapshot with this id is durable. */
  | { readonly type: "snapshot-stored"; readonly id: number }
  /** A dial was refused: no process is there. If it was the leader, a pre-vote starts after a short random delay. */
  | { readonly type: "peer-refused"; readonly peer: number }
  /** A new connection to the peer: what was in flight on the old one may be lost. */
  | { readonly type: "peer-reconnected"; readonly peer: number }
  /** `nextDeadlineUs` has come. */
  | { readonly type: "deadline" };
