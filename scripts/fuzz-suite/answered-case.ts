import { ErrorCode } from "@samsa/protocol";
import { isSilent, patienceMs, readAnswer, type ReadRequest } from "./expectation.ts";
import type { Values } from "./message-writer.ts";
import type { Played } from "./target.ts";

/** A request and what became of it. */
export interface Outcome {
  readonly asked: ReadRequest;
  /** Undefined: the client can't know; it may have been done. */
  readonly answer: Values | undefined;
}

export interface CaseVerdict {
  readonly outcomes: readonly Outcome[];
  readonly problems: readonly string[];
}

/** Longer than a round, so that a server may still be waiting. */
const ROUND_MS = 1_000;
/** Requests after which a server may end the connection although it could read them: it says so, or can't say its answer. */
const MAY_END = /^(SaslHandshake|SaslAuthenticate)$/;

/** The connection rule: every request is answered in order and readably, or the connection is closed. */
export function judgeConnection({ fuzzCase, expectation, answers, isClosed }: Played): CaseVerdict {
  const problems: string[] = [];
  const spoken = expectation.requests.filter((request) => !isSilent(request));
  const outcomes = expectation.requests.map((asked): Outcome => {
    const index = spoken.indexOf(asked);
    const frame = index < 0 ? undefined : answers[index];
    if (frame === undefined) return { asked, answer: undefined };
    const answer = readAnswer(asked, frame);
    if (typeof answer !== "string") return { asked, answer };
    problems.push(answer);
    return { asked, answer: undefined };
  });
  if (answers.length > spoken.length) problems.push(`${answers.length} answers to ${spoken.length} requests`);
  if (expectation.end === "closed" && !isClosed) problems.push("it can't be read, and the connection stays open");
  const isPatient = spoken.some((request) => patienceMs(request) >= ROUND_MS);
  if (!isClosed && answers.length < spoken.length && !isPatient) problems.push(`only ${answers.length} answers to ${spoken.length} requests`);
  if (isClosed && expectation.end !== "closed" && !mayEnd(outcomes) && fuzzCase.mutation === "none") problems.push("what can be read closed the connection");
  return { outcomes, problems };
}

/**
 * Without an answer for one of those the connection may be closed: acks=0 that failed, and answers that repeat what no answer can say. So it may
 * where a proof did not hold, and was told so.
 */
const mayEnd = (outcomes: readonly Outcome[]): boolean =>
  outcomes.some(({ answer }) => answer?.["errorCode"] === ErrorCode.SASL_AUTHENTICATION_FAILED) ||
  outcomes.some(({ asked, answer }) => answer === undefined && (isSilent(asked) || MAY_END.test(asked.api.name) || hasUnsayable(asked.request)));

/** A text of the request that grows when it is said again, or is longer than an answer may say. */
const hasUnsayable = (request: Values): boolean =>
  JSON.stringify(request, (_, value: unknown) => (typeof value === "bigint" ? String(value) : value)).length > 10_000;
