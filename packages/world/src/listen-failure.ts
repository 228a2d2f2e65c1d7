import type { EffectError } from "./input.ts";

/** Why a node has no listener, and what the user may do: the reason of its end. */
export function listenFailure(
  { listener, host, port }: { readonly listener: string; readonly host: string; readonly port: number },
  error: EffectError,
): string {
  const whatToDo =
    error.code === "EADDRINUSE"
      ? "another program listens there: stop that one, or give the listener another port"
      : error.code === "EACCES"
        ? "this user may not listen there: give the listener a port from 1024 on"
        : "give the listener an address of this machine";
  return `listener ${listener} can't be opened on ${host}:${port}: ${whatToDo} (${error.detail === "" ? error.code : error.detail})`;
}
