import type { Micros, Now } from "@samsa/stdx";
import type { Transport } from "./effect.ts";
import type { CloseReason, DirectoryEntry, EffectError, VolumeSize } from "./input.ts";
import type { TraceEvent } from "./trace.ts";

export type Outcome<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: EffectError };
/** Called exactly once, never from inside the call that takes it. */
export type Done<T> = (outcome: Outcome<T>) => void;

export const succeeded = <T>(value: T): Outcome<T> => ({ ok: true, value });
export const failed = (code: EffectError["code"], detail: string): Outcome<never> => ({ ok: false, error: { code, detail } });

/** Where an append writes. */
export interface AppendPlace {
  readonly path: string;
  readonly position: number;
  readonly isUrgent?: boolean | undefined;
}

/**
 * A node's log directories: see `DiskEffect` for what a path means. The shell has at most one changing operation in flight per file.
 * `isUrgent`: before all that are not and wait.
 */
export interface DiskPort {
  /** Writes all buffers, creating the file if it is not there; fails as a whole. */
  append(place: AppendPlace, buffers: readonly Uint8Array[], done: Done<void>): void;
  sync(path: string, done: Done<void>, isUrgent?: boolean): void;
  syncDirectory(path: string, done: Done<void>, isUrgent?: boolean): void;
  /** `ESHORT` where the file ends before `position + length`. */
  read(path: string, position: number, length: number, done: Done<Uint8Array>): void;
  /** As `read`, of bytes that are given to `write` of a connection, once, or to nobody: their memory is used again when they have left. */
  readToSend(path: string, position: number, length: number, done: Done<Uint8Array>): void;
  truncate(path: string, length: number, done: Done<void>, isUrgent?: boolean): void;
  rename(from: string, to: string, done: Done<void>): void;
  delete(path: string, done: Done<void>): void;
  /** Sorted by name. `ENOENT` where the directory is not there. */
  list(path: string, done: Done<readonly DirectoryEntry[]>): void;
  /** How large the volume of a directory is, and what of it is free. */
  statVolume(path: string, done: Done<VolumeSize>): void;
  /** With parents; it is no error if it is there. */
  makeDirectory(path: string, done: Done<void>): void;
}

export interface ConnectionHandler {
  received(bytes: Uint8Array): void;
  /** May be written to again after a `write` that returned false. */
  drained(): void;
  closed(reason: CloseReason): void;
}

/**
 * What is read of an accepted message connection before it is admitted, give or take one read of a socket: whoever has not said who it is gets
 * no memory for large messages. The rest waits on the other side.
 */
export const STRANGER_BYTES_MAX = 16 * 1024;

/** One end of a connection. After `closed` nothing more comes and every call does nothing. */
export interface PortConnection {
  readonly remote: string;
  attach(handler: ConnectionHandler): void;
  /** The chunks belong to the network from here on. One call is one message on a message connection. False: wait for `drained`. */
  write(chunks: readonly Uint8Array[]): boolean;
  setReading(isReading: boolean): void;
  /** Ends the bound of `STRANGER_BYTES_MAX`; nothing on any other connection than an accepted one for messages. */
  admit(): void;
  /** Closes after what was written. */
  end(): void;
  /** Closes at once; what was written may be lost. */
  reset(): void;
}

export interface Endpoint {
  readonly transport: Transport;
  readonly host: string;
  readonly port: number;
}

export interface NetworkPort {
  /** Gives the port that is bound (of use when 0 was asked for). `EADDRINUSE` where it is taken. */
  listen(endpoint: Endpoint, accept: (connection: PortConnection) => void, done: Done<number>): void;
  /** `ECONNREFUSED`: no process listens there; any other failure proves nothing. */
  dial(endpoint: Endpoint, done: Done<PortConnection>): void;
}

export interface ClockPort {
  now(): Now;
  /** One wake-up; a later call replaces the earlier. */
  wakeAt(at: Micros, wake: () => void): void;
  /** Runs `turn` when the inputs that are ready now have been handed over; never inside the call. */
  soon(turn: () => void): void;
}

export interface TracePort {
  readonly isListening: boolean;
  emit(event: TraceEvent): void;
}

/** Everything a world gives to one node. */
export interface WorldPorts {
  readonly disk: DiskPort;
  readonly network: NetworkPort;
  readonly clock: ClockPort;
  readonly trace: TracePort;
  readonly seed: number;
  readonly bootId: string;
  /** The node asks to end, or is broken (code ≠ 0). No call comes after it. */
  exit(code: number, reason: string): void;
}
