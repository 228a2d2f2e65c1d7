import { spawnSync } from "node:child_process";

const UP = "ip link set lo up";

/**
 * Documents name ports, such as 9092, and somebody may have them; two documents name the same ones. Where the system lets it (Linux), a command can be
 * run in a network of its own, in which all ports are free and there is nothing but the loopback interface. Gives what is to be put before such a
 * command; undefined where that is not to be had.
 */
export function ownNetwork(): readonly string[] | undefined {
  const unshare = ["unshare", ...(process.getuid?.() === 0 ? ["--net"] : ["--map-root-user", "--net"]), "sh", "-c"];
  const [program = "", ...args] = [...unshare, UP];
  return spawnSync(program, args, { stdio: "ignore" }).status === 0 ? [...unshare, `${UP} && exec "$@"`, "sh"] : undefined;
}
