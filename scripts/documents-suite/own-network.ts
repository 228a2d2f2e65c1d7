import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";

const MARK = "SAMSA_DOCUMENTS_NETWORK";

/**
 * Documents name ports, such as 9092, and somebody may have them. Where the system lets it (Linux), the suite therefore starts itself again with a
 * network of its own, in which all ports are free and nothing but the loopback interface is there. Gives the exit code of that one; undefined: this is
 * it, or there is none, and the machine's own ports are used.
 */
export async function inOwnNetwork(): Promise<number | undefined> {
  if (process.env[MARK] !== undefined) return undefined;
  const flags = process.getuid?.() === 0 ? ["--net"] : ["--map-root-user", "--net"];
  if (spawnSync("unshare", [...flags, "ip", "link", "set", "lo", "up"], { stdio: "ignore" }).status !== 0) {
    process.stdout.write("no network of its own is to be had here (unshare): the ports that documents name must be free\n");
    return undefined;
  }
  const script = 'ip link set lo up && exec "$@"';
  const child = spawn("unshare", [...flags, "sh", "-c", script, "sh", process.execPath, ...process.argv.slice(1)], {
    stdio: "inherit",
    env: { ...process.env, [MARK]: "own" },
  });
  // The terminal tells both; the one that does the work ends first.
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => child.kill(signal));
  const [code] = (await once(child, "exit")) as [number | null];
  return code ?? 1;
}
