import { afterEach, expect, test, vi } from "vitest";
import { commandLine } from "../../src/local-cluster/directory-option.ts";

afterEach(() => void vi.unstubAllEnvs());

test("what is suggested next is typed as the user has typed this", () => {
  vi.stubEnv("SAMSA_COMMAND", "bin/samsa");
  expect(commandLine("status", {})).toBe("bin/samsa status");
  expect(commandLine("kill 1", { data: "here" })).toBe("bin/samsa kill 1 --data here");
});

test("without a script around it, it is typed by the program's own name", () => {
  vi.stubEnv("SAMSA_COMMAND", undefined);
  const [node = "", program = "", ...rest] = process.argv;
  const by = (path: string): string => {
    process.argv = [node, path];
    try {
      return commandLine("status", {});
    } finally {
      process.argv = [node, program, ...rest];
    }
  };
  expect(by("dist/samsa.mjs")).toBe("node dist/samsa.mjs status");
  expect(by("/project/node_modules/.bin/samsa")).toBe("samsa status");
});
