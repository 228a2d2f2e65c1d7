import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { encodePayload, outcomeOfError, parsePayload } from "../src/index.ts";

const payloads = fc.record({ runId: fc.stringMatching(/^[a-z0-9.-]{1,10}$/), partition: fc.nat(100), value: fc.nat(10_000_000), process: fc.nat(100) });

describe("the payload of a record", () => {
  it("reads as text", () => {
    expect(encodePayload("orders", { runId: "run7", partition: 0, value: 123, process: 3 })).toMatch(/^run7\/p0\/000123\/c3\/[0-9a-f]{4}$/);
  });

  it("comes back as it was written", () => {
    fc.assert(
      fc.property(payloads, (payload) => {
        expect(parsePayload("orders", encodePayload("orders", payload))).toEqual({ ok: true, payload });
      }),
      { seed: 7 },
    );
  });

  it("is refused when one character was changed", () => {
    fc.assert(
      fc.property(payloads, fc.nat(1000), (payload, at) => {
        const text = encodePayload("orders", payload);
        const index = at % text.length;
        const mangled = `${text.slice(0, index)}${text[index] === "5" ? "6" : "5"}${text.slice(index + 1)}`;
        expect(parsePayload("orders", mangled).ok).toBe(false);
      }),
      { seed: 7, numRuns: 1000 },
    );
  });

  it("is refused in another topic", () => {
    const text = encodePayload("orders", { runId: "run7", partition: 0, value: 123, process: 3 });
    expect(parsePayload("payments", text).ok).toBe(false);
  });
});

describe("the outcome of a send that ended with an error", () => {
  it("is certain only for errors that come before the append", () => {
    expect(outcomeOfError("NOT_ENOUGH_REPLICAS", false)).toBe("fail");
    expect(outcomeOfError("NOT_ENOUGH_REPLICAS_AFTER_APPEND", false)).toBe("info");
    expect(outcomeOfError("NOT_LEADER_OR_FOLLOWER", false)).toBe("info");
    expect(outcomeOfError("REQUEST_TIMED_OUT", false)).toBe("info");
    expect(outcomeOfError("an error nobody knows", false)).toBe("info");
  });

  it("is unknown after an attempt whose fate is unknown", () => {
    expect(outcomeOfError("NOT_ENOUGH_REPLICAS", true)).toBe("info");
  });
});
