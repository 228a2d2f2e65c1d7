import type { Transport } from "../effect.ts";
import type { ConformanceCase, ConformanceWorld, DyingProcess, Wait } from "./case.ts";
import { check, pass, until } from "./case.ts";
import { ScriptedNode } from "./scripted-node.ts";

/** Enough for a dial to arrive, well before the process is dead. */
const ARRIVAL_MS = 20;

function* beginDying(world: ConformanceWorld, transport: Transport): Generator<Wait, DyingProcess, void> {
  let process: DyingProcess | undefined;
  world.dying(transport, (dying) => (process = dying));
  yield until("a process is dying", () => process !== undefined);
  check(process !== undefined, "it is there");
  return process;
}

function* checkRefused(node: ScriptedNode, transport: Transport, { host, port }: DyingProcess): Generator<Wait, void, void> {
  const again = node.ask({ type: "dial", transport, host, port });
  yield until("the next dial is done", () => again.isDone);
  check(again.error?.code === "ECONNREFUSED", "whoever dials the dead is refused", { completion: again.completion });
}

/** What others see of a process that was killed: its listener may outlive it for a moment. A refused dial is a proof; being accepted is none. */
export const deathCases: readonly ConformanceCase[] = [
  {
    name: "stream: a dial to a dying process is accepted, its connection is reset in the end, and the next dial is refused",
    *run(world) {
      const node = new ScriptedNode(world.nodes[0].ports);
      const dying = yield* beginDying(world, "stream");
      const { host, port } = dying;
      const dialled = node.ask({ type: "dial", transport: "stream", host, port });
      yield until("the dial is done", () => dialled.isDone);
      const log = node.log(dialled.as("dialled").connection);
      check(!log.isClosed, "it is open");
      dying.end();
      yield until("it is closed", () => log.isClosed);
      check(log.closed[0] === "reset" && log.receivedBytes === 0, "by a reset, without a word", { closed: log.closed });
      yield* checkRefused(node, "stream", dying);
    },
  },
  {
    name: "message: a dial to a dying process gets no answer, fails with a reset in the end, and the next one is refused",
    *run(world) {
      const node = new ScriptedNode(world.nodes[0].ports);
      const dying = yield* beginDying(world, "message");
      const { host, port } = dying;
      const dialled = node.ask({ type: "dial", transport: "message", host, port });
      yield pass(world, ARRIVAL_MS);
      check(!dialled.isDone, "nobody answers the upgrade", { completion: dialled.completion });
      dying.end();
      yield until("the dial is done", () => dialled.isDone);
      check(dialled.error?.code === "ECONNRESET", "it proves nothing", { completion: dialled.completion });
      yield* checkRefused(node, "message", dying);
    },
  },
];
