import { createServer, type Server } from "node:net";
import type { Endpoint } from "@samsa/world";

/**
 * Ports of the loopback interface, bound before anybody is told of them: between "find a free port" and "bind it" there is no moment in which another
 * program could take it. Each is listened on here until the node it is for takes the listening socket over.
 */
export class ReservedPorts {
  private readonly servers = new Map<number, Server>();

  static async reserve(host: string, count: number): Promise<{ readonly reserved: ReservedPorts; readonly ports: readonly number[] }> {
    const reserved = new ReservedPorts();
    try {
      const ports = await Promise.all(Array.from({ length: count }, () => reserved.bind(host)));
      return { reserved, ports };
    } catch (error) {
      reserved.release();
      throw error;
    }
  }

  /** Once; a node that starts again binds its port itself. */
  take(endpoint: Endpoint): Server | undefined {
    const server = this.servers.get(endpoint.port);
    this.servers.delete(endpoint.port);
    return server;
  }

  /** Those that nobody took. */
  release(): void {
    for (const server of this.servers.values()) server.close();
    this.servers.clear();
  }

  private bind(host: string): Promise<number> {
    return new Promise((resolve, reject) => {
      const server = createServer((socket) => socket.destroy());
      server.once("error", reject);
      server.listen({ host, port: 0 }, () => {
        const address = server.address();
        if (address === null || typeof address === "string") return reject(new Error("a TCP server has no port"));
        this.servers.set(address.port, server);
        resolve(address.port);
      });
    });
  }
}
