/**
 * The process's timers and clocks as they were when this module was loaded. A cluster may live in a test that puts false ones in their place
 * (`vi.useFakeTimers()`), and its time goes on. The faults' timers and the clocks of the world are these; nothing here looks at `globalThis` again.
 */
export const { setTimeout, clearTimeout, setInterval, clearInterval, setImmediate, queueMicrotask } = globalThis;

/** Milliseconds since the process began, with fractions; never goes back. */
export const monotonicMs: () => number = performance.now.bind(performance);

/** Milliseconds since 1970. */
export const wallClockMs: () => number = Date.now.bind(Date);
