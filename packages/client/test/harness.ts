import { encodeUtf8, type Now, Prng, decodeUtf8 } from "@samsa/stdx";
import type { AdminEvent, ClientOptions, ConsumerEvent, ProducerEvent } from "../src/index.ts";
import { type Client, ClientMachine } from "../src/index.ts";
import { FakeCluster } from "./fake-cluster.ts";
import { FakeWorld } from "./fake-world.ts";

export const TOPIC = "orders";

/** Anything of a client that has events. */
interface Source<E> {
  takeEvents(): readonly E[];
}

export interface Harness {
  readonly cluster: FakeCluster;
  readonly world: FakeWorld;
  readonly client: Client;
  /** Another one, of the same machine. */
  addClient(): Client;
  /** Everything that the sources told, in order. */
  readonly events: (ProducerEvent | ConsumerEvent | AdminEvent)[];
  watch(source: Source<ProducerEvent | ConsumerEvent | AdminEvent>): void;
  /** What a program does besides. */
  everyTurn(program: (now: Now) => void): void;
}

/** One client against a fake cluster of three brokers; a program that only collects events. */
export function harness(options: { readonly seed?: number; readonly client?: Partial<ClientOptions> } = {}): Harness {
  const seed = options.seed ?? 1;
  const cluster = new FakeCluster(3);
  const events: Harness["events"] = [];
  const sources: Source<ProducerEvent | ConsumerEvent | AdminEvent>[] = [];
  const bootstrap = [0, 1, 2].map((broker) => ({ host: "fake", port: cluster.portOf(broker) }));
  let clients = 0;
  const addClient = (): Client => machine.addClient({ bootstrap, seed: seed + clients++, requestTimeoutMs: 1000, ...options.client });
  const programs: ((now: Now) => void)[] = [];
  const run = (now: Now): void => {
    for (const source of sources) events.push(...source.takeEvents());
    for (const program of programs) program(now);
  };
  const machine = new ClientMachine(() => ({ run, nextDeadline: () => undefined }));
  const world = new FakeWorld({ cluster, machine, prng: new Prng(seed).fork("world") });
  const watch: Harness["watch"] = (source) => void sources.push(source);
  return { cluster, world, client: addClient(), addClient, events, watch, everyTurn: (program) => void programs.push(program) };
}

export const bytes = encodeUtf8;
export const text = (value: Uint8Array | null): string => decodeUtf8(value ?? new Uint8Array(0));

/** Bytes of a record with this value. */
export const record = (value: string, partition = 0): { topic: string; partition: number; value: Uint8Array } => ({
  topic: TOPIC,
  partition,
  value: bytes(value),
});
