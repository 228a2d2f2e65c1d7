import fc from "fast-check";
import { expect, test } from "vitest";
import { AnswerCounter } from "../src/requests/answer-counter.ts";

test("counts frames however they are cut", () => {
  fc.assert(
    fc.property(fc.array(fc.nat(600), { maxLength: 20 }), fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 1 }), (sizes, cuts) => {
      const frames = sizes.map((size) => {
        const frame = Buffer.alloc(4 + size, 0xff);
        frame.writeUInt32BE(size);
        return frame;
      });
      const bytes = Buffer.concat(frames);
      const counter = new AnswerCounter();
      let counted = 0;
      let position = 0;
      for (let index = 0; position < bytes.length; index++) {
        const length = cuts[index % cuts.length] ?? 1;
        counted += counter.push(bytes.subarray(position, position + length));
        position += length;
        const whole = frames.filter((_frame, until) => Buffer.concat(frames.slice(0, until + 1)).length <= position).length;
        expect(counted).toBe(whole);
      }
    }),
    { numRuns: 200 },
  );
});
