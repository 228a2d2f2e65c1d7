import { describe, expect, it } from "vitest";
import { addressText, parseAddress, parseQuorumVoters } from "../src/control-address.ts";

describe("The addresses of voters", () => {
  it("are names, and addresses of both families, as Kafka writes them", () => {
    expect(parseQuorumVoters("1@one:9093, 2@127.0.0.1:9094,3@[::1]:9095")).toEqual([
      { nodeId: 1, host: "one", port: 9093 },
      { nodeId: 2, host: "127.0.0.1", port: 9094 },
      { nodeId: 3, host: "::1", port: 9095 },
    ]);
  });

  it.each(["", "1", "1@one", "one:9093", "1@one:x", "1@one:65536", "1@:9093", "-1@one:9093", "1@a:1,1@b:2", "2147483648@one:1", "1@[one:9093", "1@o ne:1"])(
    "are refused as a whole where one is none: %o",
    (text) => {
      expect(parseQuorumVoters(text)).toBeUndefined();
    },
  );

  it.each([
    [{ host: "one", port: 1 }, "one:1"],
    [{ host: "fe80::1", port: 65_535 }, "[fe80::1]:65535"],
  ])("are written so that they can be read again: %o", (address, text) => {
    expect([addressText(address), parseAddress(text)]).toEqual([text, address]);
  });
});
