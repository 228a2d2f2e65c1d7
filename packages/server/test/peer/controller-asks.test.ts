import type { ControllerReply, ControllerRequest } from "@samsa/controller";
import { brokerEpoch, nodeId } from "@samsa/stdx";
import { describe, expect, it } from "vitest";
import { ControllerAsks } from "../../src/peer/controller-asks.ts";
import { at } from "../support/effects.ts";

const ASK: ControllerRequest = { type: "allocate-producer-ids", brokerId: nodeId(1), brokerEpoch: brokerEpoch(0) };
const REPLY: ControllerReply = { type: "allocate-producer-ids", error: "NONE", firstProducerId: 7, count: 1 };

function asking(leader: number, canSend = true) {
  const sent: { readonly to: number; readonly token: number }[] = [];
  const transport = {
    self: nodeId(1),
    leader: nodeId(leader),
    askPeer: (peer: number, token: number): boolean => {
      if (canSend) sent.push({ to: peer, token });
      return canSend;
    },
    askSelf: (token: number): void => void sent.push({ to: 1, token }),
  };
  const asks = new ControllerAsks(transport);
  const answers: (ControllerReply | undefined)[] = [];
  const ask = (ms = 0): void => asks.ask(ASK, (reply) => void answers.push(reply), at(ms));
  return { asks, transport, sent, answers, ask };
}

describe("Questions to the controller", () => {
  it("go to the leader, wherever it is, and come back with its answer", () => {
    for (const leader of [1, 2]) {
      const { asks, sent, answers, ask } = asking(leader);
      ask();
      asks.answered(sent[0]?.token ?? 0, nodeId(leader), REPLY, at(1));
      expect([sent.map(({ to }) => to), answers, asks.nextDeadlineUs]).toEqual([[leader], [REPLY], undefined]);
    }
  });

  it("are answered as unknown after 2 s; what comes later is not heard", () => {
    const { asks, sent, answers, ask } = asking(2);
    ask();
    expect(asks.nextDeadlineUs).toBe(2_000_000);
    asks.deadline(at(2_000));
    asks.endTurn(at(2_000));
    asks.answered(sent[0]?.token ?? 0, nodeId(2), REPLY, at(2_001));
    expect(answers).toEqual([undefined]);
  });

  it("are waited for as long as whoever asks says", () => {
    const { asks } = asking(2);
    asks.ask(ASK, () => undefined, at(0), 10_000);
    expect(asks.nextDeadlineUs).toBe(10_000_000);
  });

  it("are answered as unknown when the link to the one who was asked breaks, and only then", () => {
    const { asks, answers, ask } = asking(2);
    ask();
    asks.peerLost(nodeId(3));
    expect(asks.hasFailed).toBe(false);
    asks.peerLost(nodeId(2));
    asks.endTurn(at(1));
    expect(answers).toEqual([undefined]);
  });

  it.each([
    ["nobody leads", -1, true],
    ["the link is down", 2, false],
  ])("are answered as unknown, never from within the question, where %s", (_, leader, canSend) => {
    const { asks, answers, ask } = asking(leader, canSend);
    ask();
    expect([answers, asks.hasFailed]).toEqual([[], true]);
    asks.endTurn(at(0));
    expect([answers, asks.hasFailed]).toEqual([[undefined], false]);
  });

  it("take no answer from another node, nor of another kind, nor a second one", () => {
    const { asks, sent, answers, ask } = asking(2);
    ask();
    const token = sent[0]?.token ?? 0;
    asks.answered(token, nodeId(3), REPLY, at(1));
    asks.answered(token, nodeId(2), { type: "register-broker", error: "NONE", brokerEpoch: brokerEpoch(1) }, at(1));
    asks.answered(token + 1, nodeId(2), REPLY, at(1));
    expect(answers).toEqual([]);
    asks.answered(token, nodeId(2), REPLY, at(1));
    asks.answered(token, nodeId(2), REPLY, at(1));
    expect(answers).toEqual([REPLY]);
  });

  it("are at most 10 000 at a time", () => {
    const { asks, sent, answers, ask } = asking(2);
    for (let i = 0; i < 10_001; i++) ask();
    asks.endTurn(at(0));
    expect([sent.length, answers.length]).toEqual([10_000, 1]);
  });
});
