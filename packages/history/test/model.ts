import { Prng } from "@samsa/stdx";
import type { CheckOptions, Send } from "../src/index.ts";
import { History } from "../src/index.ts";

export const TARGET = { topic: "orders", partition: 0 };
export const ALL: CheckOptions = { acks: "all", isIdempotent: true, maxInFlight: 5 };

/** A value of every model whose send ended unknown and never reached the log. */
export const UNKNOWN_VALUE = 0;

/** One send of the model: what the producer did and was told. */
export interface ModelSend {
  readonly process: number;
  readonly invokedUs: number;
  readonly completedUs: number;
  outcome: "ok" | "info" | "fail";
  offset: number | undefined;
}

/** A record as the readers of the model see it: a value, or a foreign text. */
export interface ModelRecord {
  offset: number;
  content: number | string;
}

/** A run of a perfect one-process log, as plain data that a test may spoil before it becomes a history. */
export interface Model {
  readonly sends: ModelSend[];
  finalRecords: ModelRecord[];
  polls: { process: number; responses: ModelRecord[][] }[];
  hasFinalRead: boolean;
}

/** Processes send one record after the other; the log takes each somewhere between invocation and completion. */
export function makeModel(seed: number, size: number): Model {
  const prng = new Prng(seed);
  const sends: ModelSend[] = [];
  const log: ModelRecord[] = [];
  for (let value = 0; value < size; value++) {
    const invokedUs = value * 10;
    const kind = prng.below(10);
    const outcome = value === UNKNOWN_VALUE || kind === 0 ? "info" : kind === 1 ? "fail" : "ok";
    const isAppended = outcome === "ok" || (outcome === "info" && value !== UNKNOWN_VALUE && prng.below(2) === 0);
    const offset = log.length;
    if (isAppended) log.push({ offset, content: value });
    sends.push({ process: prng.below(3), invokedUs, completedUs: invokedUs + 5 + prng.below(60), outcome, offset: isAppended ? offset : undefined });
  }
  const polls = [7, 8].map((process) => ({ process, responses: chunk(log, prng) }));
  return { sends, finalRecords: log.map((record) => ({ ...record })), polls, hasFinalRead: true };
}

function chunk(log: readonly ModelRecord[], prng: Prng): ModelRecord[][] {
  const responses: ModelRecord[][] = [];
  for (let at = 0; at < log.length;) {
    const length = 1 + prng.below(5);
    responses.push(log.slice(at, at + length).map((record) => ({ ...record })));
    at += length;
  }
  return responses;
}

export function toHistory(model: Model): History {
  const history = new History("run1");
  const sends: Send[] = model.sends.map((send) => history.invokeSend(send.process, TARGET, send.invokedUs));
  model.sends.forEach((send, value) => complete(history, sends[value] as Send, send));
  const textOf = (record: ModelRecord): { offset: number; text: string } => ({
    offset: record.offset,
    text: typeof record.content === "string" ? record.content : history.payloadOf({ ...TARGET, value: record.content }),
  });
  for (const { process, responses } of model.polls) for (const response of responses) history.poll(process, TARGET, response.map(textOf));
  if (model.hasFinalRead) {
    const endOffset = (model.finalRecords.at(-1)?.offset ?? -1) + 1;
    const read = history.beginFinalRead(9, TARGET, { startOffset: 0, endOffset });
    history.addToFinalRead(read, TARGET, model.finalRecords.map(textOf));
    read.complete();
  }
  return history;
}

function complete(history: History, send: Send, { outcome, offset, completedUs }: ModelSend): void {
  if (outcome === "ok") history.ackSend(send, offset, completedUs);
  else if (outcome === "fail") history.endSend(send, { error: "NOT_ENOUGH_REPLICAS", hadIndefiniteAttempt: false }, completedUs);
  else history.endSend(send, { error: "REQUEST_TIMED_OUT", hadIndefiniteAttempt: false }, completedUs);
}

/** Values that were acknowledged, in the order of their offsets. */
export const ackedValues = (model: Model): number[] =>
  model.finalRecords.map((record) => record.content as number).filter((value) => model.sends[value]?.outcome === "ok");
