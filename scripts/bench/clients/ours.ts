import {
  AckProbe,
  type Address,
  consumeLoad,
  endOffsetsOf,
  leadersOf,
  pacedLoad,
  produceLoad,
  type Throughput,
  waitForLeaders,
} from "@samsa/scenario-runner/load";
import {
  type AckStream,
  BATCH_BYTES,
  type Latencies,
  latenciesOf,
  type LoadClient,
  type LoadRun,
  type Produced,
  RECORDS_PER_SECOND,
  type TailReader,
} from "./load-client.ts";

const IN_FLIGHT = 5;
const WARM_UP_MS = 1_500;
const MAX_PARTITION_BYTES = 1024 * 1024;
const TIMEOUT_MS = 60_000;

/** Raw requests of this project, encoded once and sent again and again: its own share of the processor is the smallest. */
export const OURS: LoadClient = { id: "ours", name: "our raw requests", produce, consume, tail, latency, acknowledge };

const leaders = ({ brokers, topic }: LoadRun): Promise<readonly Address[]> => waitForLeaders([...brokers.values()], topic, TIMEOUT_MS);

async function produce(run: LoadRun, acks: -1 | 1): Promise<Produced> {
  const { topic, recordBytes, forMs } = run;
  const options = { topic, leaders: await leaders(run), recordBytes, batchBytes: BATCH_BYTES, inFlight: IN_FLIGHT, acks, warmUpMs: WARM_UP_MS, forMs };
  const throughput = await produceLoad(options);
  return { ...throughput, sentBytes: throughput.bytes * (1 + WARM_UP_MS / forMs) };
}

async function consume(run: LoadRun): Promise<Throughput> {
  const { topic, forMs } = run;
  return consumeLoad({ topic, leaders: await leaders(run), maxPartitionBytes: MAX_PARTITION_BYTES, warmUpMs: WARM_UP_MS, forMs });
}

async function tail(run: LoadRun): Promise<TailReader> {
  const { topic, brokers } = run;
  const led = await leadersOf([...brokers.values()], topic, TIMEOUT_MS);
  const startOffsets = await endOffsetsOf(topic, led, TIMEOUT_MS);
  const stopping = new AbortController();
  const options = { topic, leaders: led, maxPartitionBytes: MAX_PARTITION_BYTES, startOffsets };
  const consumed = consumeLoad({ ...options, warmUpMs: 0, forMs: Number.POSITIVE_INFINITY, signal: stopping.signal });
  return {
    stop: () => {
      stopping.abort();
      return consumed;
    },
  };
}

async function latency(run: LoadRun): Promise<Latencies> {
  const { topic, recordBytes, forMs } = run;
  return latenciesOf(await pacedLoad({ topic, leaders: await leaders(run), recordBytes, recordsPerSecond: RECORDS_PER_SECOND, warmUpMs: WARM_UP_MS, forMs }));
}

function acknowledge({ brokers, topic }: LoadRun, onAck: () => void): AckStream {
  return new AckProbe({ brokers, topic: topic.name, onAck });
}
