import type { EffectError, EffectErrorCode, Outcome } from "@samsa/world";

/** What the system's error codes mean to a machine; anything else is a broken disk. */
const DISK_CODES: ReadonlyMap<string, EffectErrorCode> = new Map([
  ["ENOSPC", "ENOSPC"],
  ["EDQUOT", "ENOSPC"],
  ["ENOENT", "ENOENT"],
  ["ENOTDIR", "ENOENT"],
  ["EACCES", "EACCES"],
  ["EPERM", "EACCES"],
  ["EROFS", "EACCES"],
]);

/** What the system's error codes mean for a dial or a listen; anything else proves nothing about the other side. */
const NETWORK_CODES: ReadonlyMap<string, EffectErrorCode> = new Map([
  ["EADDRINUSE", "EADDRINUSE"],
  ["EACCES", "EACCES"],
  ["EPERM", "EACCES"],
  ["ECONNREFUSED", "ECONNREFUSED"],
  ["ECONNRESET", "ECONNRESET"],
  ["EPIPE", "ECONNRESET"],
  ["ETIMEDOUT", "ETIMEDOUT"],
]);

const systemCode = (error: Error): string => ("code" in error && typeof error.code === "string" ? error.code : "");

export const diskError = (error: Error): EffectError => ({ code: DISK_CODES.get(systemCode(error)) ?? "EIO", detail: error.message });
export const networkError = (error: Error): EffectError => ({
  code: NETWORK_CODES.get(systemCode(error)) ?? "EHOSTUNREACH",
  detail: error.message || systemCode(error),
});

export const diskFailure = (error: Error): Outcome<never> => ({ ok: false, error: diskError(error) });
export const networkFailure = (error: Error): Outcome<never> => ({ ok: false, error: networkError(error) });
