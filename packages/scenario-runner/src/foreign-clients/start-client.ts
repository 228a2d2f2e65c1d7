import type { ClientKind } from "./clients.ts";
import type { Told } from "./command.ts";
import { ForeignClient } from "./foreign-client.ts";

/** Throws where the client is not on this machine. */
export function startClient(kind: ClientKind, bootstrap: string, told?: (told: Told) => void): ForeignClient {
  if (kind.command === undefined) throw new Error(`${kind.name} is not on this machine: ${kind.missing} installs it`);
  return new ForeignClient({ command: kind.command, bootstrap, ...(told === undefined ? {} : { told }) });
}
