import type { ConnectionId, EffectId } from "./effect.ts";

/** Why an effect failed. `ESTALE`: the slice's file was truncated since. `ESHORT`: fewer bytes than asked for are there. */
export type EffectErrorCode =
  "EIO" | "ENOSPC" | "ENOENT" | "EACCES" | "ESTALE" | "ESHORT" | "EADDRINUSE" | "ECONNREFUSED" | "ECONNRESET" | "EHOSTUNREACH" | "ETIMEDOUT";

export interface EffectError {
  readonly code: EffectErrorCode;
  readonly detail: string;
}

export interface DirectoryEntry {
  readonly name: string;
  readonly isDirectory: boolean;
  /** Bytes; 0 for a directory. */
  readonly size: number;
}

/** Of the volume that a path lies on. */
export interface VolumeSize {
  readonly totalBytes: number;
  /** What this process may still write. */
  readonly usableBytes: number;
}

export type Completion =
  | { readonly type: "appended"; readonly id: EffectId }
  | { readonly type: "synced"; readonly id: EffectId }
  | { readonly type: "read"; readonly id: EffectId; readonly bytes: Uint8Array }
  | { readonly type: "truncated"; readonly id: EffectId }
  | { readonly type: "renamed"; readonly id: EffectId }
  | { readonly type: "deleted"; readonly id: EffectId }
  | { readonly type: "listed"; readonly id: EffectId; readonly entries: readonly DirectoryEntry[] }
  | { readonly type: "volume-stated"; readonly id: EffectId; readonly size: VolumeSize }
  | { readonly type: "directory-made"; readonly id: EffectId }
  | { readonly type: "listening"; readonly id: EffectId; readonly port: number }
  | { readonly type: "dialled"; readonly id: EffectId; readonly connection: ConnectionId }
  | { readonly type: "failed"; readonly id: EffectId; readonly error: EffectError };

/** `end`: the other side closed in order. `reset`: it broke, bytes may be lost. `stale`: we broke it, for a slice had gone. */
export type CloseReason = "end" | "reset" | "stale";

export type ConnectionInput =
  | { readonly type: "accepted"; readonly connection: ConnectionId; readonly listener: string; readonly remote: string }
  /** The bytes are the receiver's to keep; a message connection delivers one whole message each time. */
  | { readonly type: "received"; readonly connection: ConnectionId; readonly bytes: Uint8Array }
  /** What was sent could not all leave at once; the machine should send no more than it must until `drained`. */
  | { readonly type: "blocked"; readonly connection: ConnectionId }
  /** After `blocked`: all that was sent on this connection has left the node's own queues. */
  | { readonly type: "drained"; readonly connection: ConnectionId }
  /** The last input of a connection, whoever closed it. */
  | { readonly type: "closed"; readonly connection: ConnectionId; readonly reason: CloseReason };

export type Input =
  | Completion
  | ConnectionInput
  /** The first input of a machine's life. */
  | { readonly type: "started" }
  /** The deadline last asked for has come. */
  | { readonly type: "deadline" }
  /** The operator asks for a graceful stop (SIGTERM). */
  | { readonly type: "stop" };
