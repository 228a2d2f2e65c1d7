import { Writable } from "node:stream";
import { expect, test } from "vitest";
import { StandardOutput } from "../src/standard-output.ts";

/** Takes a piece when the test says so. */
function slowStream(): { readonly stream: Writable; take(error?: Error): void } {
  const taken: ((error?: Error) => void)[] = [];
  const stream = new Writable({ highWaterMark: 4, write: (_chunk, _encoding, done) => void taken.push(done) });
  return { stream, take: (error) => taken.shift()?.(error) };
}

const bytes = (length: number): Uint8Array => new Uint8Array(length);

test("whoever writes to a stream waits until it has taken that", async () => {
  const { stream, take } = slowStream();
  const stdout = new StandardOutput(stream);
  const first = stdout.write(bytes(3));
  let isThrough = false;
  const waiting = stdout.write(bytes(3)).then((isRead) => {
    isThrough = true;
    return isRead;
  });
  take();
  expect(await first).toBe(true);
  await new Promise(setImmediate);
  expect(isThrough).toBe(false);
  take();
  expect(await waiting).toBe(true);
});

test("is told when nobody reads it any more, and from then on always", async () => {
  const { stream, take } = slowStream();
  const stdout = new StandardOutput(stream);
  const waiting = stdout.write(bytes(1));
  take(Object.assign(new Error("write EPIPE"), { code: "EPIPE" }));
  expect(await waiting).toBe(false);
  expect(await stdout.write(bytes(1))).toBe(false);
});
