import { type AddressInfo, createServer, type Server } from "node:net";
import { expect, test } from "vitest";
import { blockAt, choosePorts, demandFree } from "../../src/local-cluster/ports.ts";

/** On a port that the system chose. */
async function occupy(): Promise<{ readonly port: number; readonly server: Server }> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
  return { port: (server.address() as AddressInfo).port, server };
}

test("control listeners are beside those of clients, above them where there is room", () => {
  expect(blockAt(9_092, 3)).toEqual({ client: 9_092, control: 19_092 });
  expect(blockAt(60_000, 3)).toEqual({ client: 60_000, control: 50_000 });
  expect(blockAt(55_534, 2)).toEqual({ client: 55_534, control: 65_534 });
  expect(blockAt(55_535, 2)).toEqual({ client: 55_535, control: 45_535 });
  expect(blockAt(65_534, 3)).toBeUndefined();
  expect(blockAt(0, 1)).toBeUndefined();
});

test("an occupied port is named, with what to do", async () => {
  const { port, server } = await occupy();
  await expect(demandFree([port], "choose another one with --port P")).rejects.toThrow(
    `port ${port} is in use by another program (who: lsof -i :${port}); end it, or choose another one with --port P`,
  );
  await expect(choosePorts(1, port)).rejects.toThrow(`port ${port} is in use`);
  await new Promise((resolve) => server.close(resolve));
  await expect(demandFree([port], "")).resolves.toBeUndefined();
});
