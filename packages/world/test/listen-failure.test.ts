import { expect, test } from "vitest";
import { listenFailure } from "../src/index.ts";

const where = { listener: "PLAINTEXT", host: "localhost", port: 9092 };

test.each([
  ["EADDRINUSE", "another program listens there: stop that one, or give the listener another port"],
  ["EACCES", "this user may not listen there: give the listener a port from 1024 on"],
  ["EHOSTUNREACH", "give the listener an address of this machine"],
] as const)("a listener that fails with %s is named, and what to do is said", (code, whatToDo) => {
  expect(listenFailure(where, { code, detail: "" })).toBe(`listener PLAINTEXT can't be opened on localhost:9092: ${whatToDo} (${code})`);
  expect(listenFailure(where, { code, detail: "in the system's words" })).toContain(`${whatToDo} (in the system's words)`);
});
