import type { RaftMessage } from "./message.ts";

/** What happens to a node. */
export type RaftInput =
  /** `message` has the shape that `parseRaftMessage` checks; `from` is the authenticated id of its sender. */
  | { readonly type: "message"; readonly from: number; readonly message: RaftMessage }
  /** The write with this id is durable. */
  | { readonly type: "persisted"; readonly id: number }
  /** A dial was refused: no process is there. If it was the leader, a pre-vote starts after a short random delay. */
  | { readonly type: "peer-refused"; readonly peer: number }
  /** A new connection to the peer: what was in flight on the old one may be lost. */
  | { readonly type: "peer-reconnected"; readonly peer: number }
  /** `nextDeadlineUs` has come. */
  | { readonly type: "deadline" };
