import { Prng } from "@samsa/stdx";
import { test } from "vitest";
import { LogHarness } from "../support/log-harness.ts";
import { RandomWork, modelOf } from "../support/random-work.ts";
test("dbg", () => {
  const prng = new Prng(629208);
  const harness = new LogHarness({ config: { segmentBytes: 700 } });
  const work = new RandomWork(harness, prng.fork("work"));
  const order = prng.fork("order");
  harness.recover();
  const L: string[] = [];
  const isOver = (): boolean => harness.disk.happened.length >= 189;
  while (!harness.log.isReady && !isOver()) harness.stepDisk();
  for (let call = 0; call < 60 && !isOver(); call++) {
    harness.turn(() => {
      for (let left = order.between(1, 3); left > 0; left--) { work.act(); L.push(`end ${harness.log.appendedEnd} start ${harness.log.logStartOffset} synced ${harness.log.syncedEnd}`); }
    });
    L.push("turn " + JSON.stringify(harness.lastEffects.filter((e) => e.type !== "trace").map((e) => `${e.type} ${(e as any).path} ${(e as any).position} ${(e as any).length}`)));
    for (let left = order.between(0, 6); left > 0 && harness.disk.waiting.length > 0 && !isOver(); left--) {harness.stepDisk(order.below(harness.disk.waiting.length)); L.push("  happened " + harness.disk.happened.at(-1)+` synced ${harness.log.syncedEnd}`);}
  }
  const d = harness.disk.losePower("torn", prng.fork("crash"));
  L.push("before " + harness.disk.names("orders-0").map((n) => n + " " + harness.disk.contentOf("orders-0/" + n)?.length+ " "+(harness.disk as any).files.get("orders-0/"+n).durable.length));
  L.push("after " + d.names("orders-0").map((n) => n + " " + d.contentOf("orders-0/" + n)?.length));
  const r = new LogHarness({ disk: d }).recovered();
  L.push(JSON.stringify(r.trace), JSON.stringify(modelOf(r)).slice(0,300), JSON.stringify(work.model).slice(0,300));
  console.log(L.slice(-40).join("\n"));
});
