import { messagesOf } from "./api-file.ts";
import type { ApiDescription } from "./description.ts";
import { structsOf } from "./message.ts";

/** All interfaces are exported from one place: their names and the keys must be unique, and the keys in order. */
export function checkNames(apis: readonly ApiDescription[]): void {
  const owners = new Map<string, string>();
  let previousKey = -1;
  for (const api of apis) {
    if (api.key <= previousKey) throw new Error(`${api.name}: key ${api.key} after key ${previousKey}`);
    previousKey = api.key;
    for (const struct of messagesOf(api).flatMap(structsOf)) {
      if (struct.isShared === true) continue;
      const owner = owners.get(struct.struct);
      if (owner !== undefined) throw new Error(`${api.name} and ${owner} both have a struct ${struct.struct}`);
      owners.set(struct.struct, api.name);
    }
  }
}
