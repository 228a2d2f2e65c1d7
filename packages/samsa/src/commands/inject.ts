import { readFileSync } from "node:fs";
import { MachineFailed } from "@samsa/world-node";
import { injectFault } from "../inject-fault.ts";
import { integerOption, readOptions } from "../options.ts";
import { parseFault } from "../parse-fault.ts";
import { UsageError } from "../usage-error.ts";

const HELP = `samsa inject --control HOST:PORT --node ID --secret-file FILE JSON

Asks a node that was started with --enable-faults to do itself harm, over its control listener.

  --control HOST:PORT   the node's address in controller.quorum.voters
  --node ID             its node.id
  --secret-file FILE    the cluster's secret (samsa.cluster.secret.file)

  samsa inject --control 127.0.0.1:9093 --node 1 --secret-file cluster.secret '{"type":"slow-disk","byMs":200,"forMs":10000}'
  samsa inject --control 127.0.0.1:9093 --node 1 --secret-file cluster.secret '{"type":"plant","plant":"drop-acked","topic":"orders","afterBatches":10}'
  samsa inject --control 127.0.0.1:9093 --node 1 --secret-file cluster.secret '{"type":"cut","endpoints":["127.0.0.1:9094"]}'
  samsa inject --control 127.0.0.1:9093 --node 1 --secret-file cluster.secret '{"type":"heal"}'
`;

const OPTIONS = { control: { type: "string" }, node: { type: "string" }, "secret-file": { type: "string" } } as const;

const CANT_ASK = 69;

/** 0: the node does it; 1: it does not, and says why; 69: it can't be asked. */
export async function runInject(args: readonly string[]): Promise<number> {
  const parsed = readOptions(args, OPTIONS, HELP);
  if (parsed === undefined) return 0;
  const { values, positionals } = parsed;
  const [text, ...rest] = positionals;
  if (values.control === undefined || values.node === undefined || values["secret-file"] === undefined || text === undefined || rest.length > 0) {
    throw new UsageError("--control, --node, --secret-file and one JSON are needed; samsa inject --help shows an example");
  }
  const node = integerOption("node", values.node, 0);
  const fault = parseFault(text, node);
  try {
    const error = await injectFault({ ...addressOf(values.control), node, secret: readSecret(values["secret-file"]), fault });
    process.stdout.write(error === null ? `node ${node}: ${fault.type} is injected\n` : `node ${node} refuses ${fault.type}: ${error}\n`);
    return error === null ? 0 : 1;
  } catch (error) {
    if (!(error instanceof MachineFailed)) throw error;
    process.stderr.write(`samsa: ${error.message}\n`);
    return CANT_ASK;
  }
}

function addressOf(text: string): { readonly host: string; readonly port: number } {
  const match = /^(\[[0-9a-fA-F:]+\]|[^:]+):(\d{1,5})$/.exec(text);
  const [, host, port] = match ?? [];
  if (host === undefined || port === undefined) throw new UsageError(`--control is ${JSON.stringify(text)}; it must be HOST:PORT`);
  return { host: host.replace(/^\[|\]$/g, ""), port: Number(port) };
}

function readSecret(path: string): Uint8Array {
  try {
    return Buffer.from(readFileSync(path, "utf8").trim(), "utf8");
  } catch (error) {
    throw new UsageError(`the secret ${path} can't be read: ${error instanceof Error ? error.message : String(error)}`);
  }
}
