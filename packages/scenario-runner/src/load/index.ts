export { AckProbe } from "./ack-probe.ts";
export { consumeLoad, type ConsumeLoadOptions } from "./consume-load.ts";
export { apiKeysOf, brokersOf, createLoadTopic, endOffsetsOf, leadersOf, LoadRefused, type LoadTopic, waitForLeaders } from "./load-topic.ts";
export { pacedLoad, type PacedLoadOptions } from "./paced-load.ts";
export { produceLoad, type ProduceLoadOptions, produceOnce } from "./produce-load.ts";
export { bytesPerSecond, recordsPerSecond, type Throughput } from "./throughput.ts";
export { type Address, ConnectionEnded, decodeAnswer, frameOf, WireConnection } from "./wire-connection.ts";
