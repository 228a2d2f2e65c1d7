/** To a process, or, with its id negated, to a group of them. Nothing happens where nobody is left: processes end while one looks at them. */
export function sendSignal(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ESRCH")) throw error;
  }
}
