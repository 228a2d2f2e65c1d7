/**
 * What the promise gives, or "stopped" as soon as the signal is aborted. Unlike `Promise.race` with one promise for all calls it leaves nothing at the
 * signal: that promise would keep what every call has given, for as long as the tool runs.
 */
export function unlessStopped<T>(promise: Promise<T>, stop: AbortSignal): Promise<T | "stopped"> {
  return new Promise((resolve, reject) => {
    const stopped = (): void => resolve("stopped");
    const forget = (): void => stop.removeEventListener("abort", stopped);
    if (stop.aborted) stopped();
    else stop.addEventListener("abort", stopped);
    promise.then(resolve, reject);
    promise.then(forget, forget);
  });
}
