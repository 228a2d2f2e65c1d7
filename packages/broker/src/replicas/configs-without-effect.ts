import { topicConfigsWithoutEffect } from "@samsa/controller";
import type { Outbox } from "@samsa/world";

/** Tells the operator of topic configs without effect: once each, not for every topic that sets them. */
export class ConfigsWithoutEffect {
  private readonly outbox: Outbox;
  private readonly told = new Set<string>();

  constructor(outbox: Outbox) {
    this.outbox = outbox;
  }

  tell(topic: string, overrides: ReadonlyMap<string, string>): void {
    if (overrides.size === 0) return;
    const configs = topicConfigsWithoutEffect(overrides).filter((name) => !this.told.has(name));
    for (const name of configs) this.told.add(name);
    if (configs.length > 0) this.outbox.trace({ kind: "configs-without-effect", topic, configs });
  }
}
