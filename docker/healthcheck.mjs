/** Exit code 0 if the node's listener takes a connection: `healthcheck.mjs PORT [HOST]`. */
import { connect } from "node:net";

const socket = connect({ port: Number(process.argv[2]), host: process.argv[3] ?? "127.0.0.1", timeout: 1_500 });
const end = (code) => () => process.exit(code);
socket.once("connect", end(0)).once("error", end(1)).once("timeout", end(1));
