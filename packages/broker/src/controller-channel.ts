import type { ControllerReply, ControllerRequest } from "@samsa/controller";
import type { Now } from "@samsa/stdx";

/** `undefined`: the outcome is unknown (no controller, connection lost, time-out); the request may have been done. */
export type OnReply<T extends ControllerRequest["type"]> = (reply: Extract<ControllerReply, { type: T }> | undefined, now: Now) => void;

/**
 * The way to the active controller, wherever it is. It repeats nothing: whoever asks decides whether to ask again, and how long an answer may take
 * before its outcome counts as unknown.
 */
export interface ControllerChannel {
  ask<R extends ControllerRequest>(request: R, onReply: OnReply<R["type"]>, now: Now, timeoutMs?: number): void;
}
