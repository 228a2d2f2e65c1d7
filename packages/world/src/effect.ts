import type { Brand, Micros } from "@samsa/stdx";
import type { TraceBody } from "./trace.ts";

/** Identifies one effect of one node incarnation; its completion carries the same id. */
export type EffectId = Brand<number, "EffectId">;
/** Identifies one connection of one node incarnation; never reused. */
export type ConnectionId = Brand<number, "ConnectionId">;

/**
 * A range of a file that a reply may send without reading it first. `generation` counts the file's truncations:
 * the shell refuses a slice whose generation has passed.
 */
export interface Slice {
  readonly path: string;
  readonly position: number;
  readonly length: number;
  readonly generation: number;
}

/** A piece of an outgoing message: bytes in memory or a slice of a file. */
export type Part = Uint8Array | Slice;

export const isSlice = (part: Part): part is Slice => !(part instanceof Uint8Array);
export const partLength = (part: Part): number => part.length;

/** A byte stream (TCP), or a sequence of messages (WebSocket). */
export type Transport = "stream" | "message";

/**
 * What a machine asks of the disk. Every one comes back as a completion with the same id.
 * Paths are relative to the node's first log directory and use `/`; those of the others begin with `@` and their number (`log-directory.ts`).
 * On one file, appends, truncations, renames and deletes take effect in the order they were asked for; a sync covers
 * every append asked for before it; reads are not ordered with anything. What is urgent does not wait until
 * that which is not has been begun: of this there may be thousands, and whoever waits for something urgent may lose an election by it.
 */
export type DiskEffect =
  | {
      readonly type: "append";
      readonly id: EffectId;
      readonly path: string;
      readonly position: number;
      readonly buffers: readonly Uint8Array[];
      readonly isUrgent?: boolean;
    }
  | { readonly type: "sync"; readonly id: EffectId; readonly path: string; readonly isUrgent?: boolean }
  | { readonly type: "sync-directory"; readonly id: EffectId; readonly path: string; readonly isUrgent?: boolean }
  | { readonly type: "read"; readonly id: EffectId; readonly slice: Slice }
  | {
      readonly type: "truncate";
      readonly id: EffectId;
      readonly path: string;
      readonly length: number;
      readonly generation: number;
      readonly isUrgent?: boolean;
    }
  | {
      readonly type: "rename";
      readonly id: EffectId;
      readonly from: string;
      readonly to: string;
      /**
       * Of `from` from now on. Slices of the one before are read from `to`, until that is deleted or replaced. Left out, slices are of names: the file at
       * `from` has none, or they are of whatever is there.
       */
      readonly generation?: number;
    }
  | { readonly type: "delete"; readonly id: EffectId; readonly path: string }
  | { readonly type: "list"; readonly id: EffectId; readonly path: string }
  | { readonly type: "stat-volume"; readonly id: EffectId; readonly path: string }
  | { readonly type: "make-directory"; readonly id: EffectId; readonly path: string };

/** What a machine asks of the network and gets a completion for. */
export type DialEffect =
  | { readonly type: "listen"; readonly id: EffectId; readonly listener: string; readonly transport: Transport; readonly host: string; readonly port: number }
  | { readonly type: "dial"; readonly id: EffectId; readonly transport: Transport; readonly host: string; readonly port: number };

/** What a machine does to a connection it has; the answer is in later inputs of that connection (`drained`, `closed`). */
export type ConnectionEffect =
  | { readonly type: "send"; readonly connection: ConnectionId; readonly parts: readonly Part[] }
  | { readonly type: "close"; readonly connection: ConnectionId; readonly how: "end" | "reset" }
  | { readonly type: "set-reading"; readonly connection: ConnectionId; readonly isReading: boolean }
  /** The other side of an accepted message connection is no stranger any more: until then it is read no further than `STRANGER_BYTES_MAX`. */
  | { readonly type: "admit"; readonly connection: ConnectionId };

export type Effect =
  | DiskEffect
  | DialEffect
  | ConnectionEffect
  /** The one wake-up the machine wants next; replaces the earlier one. */
  | { readonly type: "deadline"; readonly at: Micros }
  | { readonly type: "trace"; readonly event: TraceBody }
  /** Ends the process: a failed sync of the metadata log, or a completed graceful stop. */
  | { readonly type: "exit"; readonly code: number; readonly reason: string };

type WithoutId<T> = T extends { readonly id: EffectId } ? Omit<T, "id"> : never;
/** An effect with a completion, before the outbox gave it its id. */
export type Request = WithoutId<DiskEffect | DialEffect>;
