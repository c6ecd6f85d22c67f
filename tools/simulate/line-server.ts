/** Opens a simulated line to masters of the same machine. Each TCP client is a host on the line: its bytes
 *  enter with their character times from the moment they come, it gets what the others send, and clients
 *  that talk at once garble each other. A pty is a TCP client too, made by socat. Clients know no speed:
 *  they have the one that the first box has opened. */

import { spawn, type ChildProcess } from "node:child_process";
import { existsSync, lstatSync, readlinkSync, rmSync } from "node:fs";
import { createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import type { Line, LineHost } from "../../boards/virtual/line.ts";
import { needSocat } from "../../scripts/need.ts";
import { InputError } from "./errors.ts";
import type { LinePlace } from "./line-place.ts";

const ADDRESS = "127.0.0.1"; // of this machine only: the line knows no passwords of its own
const PTY_WAIT_MS = 5000;
const PTY_LOOK_MS = 20;

/** What a port has opened. */
export interface Speed {
  baud: number;
  format: number;
}

export class LineServer {
  /** Where the line is open: "tcp:127.0.0.1:4000", "pty:/tmp/line". */
  readonly places: string[] = [];
  /** Set when a helper ended that should not. */
  failure: string | null = null;
  private readonly clients = new Map<Socket, LineHost>();
  private readonly servers: Server[] = [];
  private readonly helpers: ChildProcess[] = [];
  private client_count = 0;
  private is_closing = false;

  /** `makeEar` is called for each client; its result is given what that client sends. */
  constructor(
    private readonly line: Line,
    private speed: Speed,
    private readonly makeEar: () => (bytes: Uint8Array) => void,
  ) {}

  /** The first box has another speed now. */
  follow({ baud, format }: Speed): void {
    this.speed = { baud, format };
    for (const host of this.clients.values()) host.open(baud, format);
  }

  /** Opens a place; throws InputError when that cannot be. */
  async open(place: LinePlace): Promise<void> {
    if (place.kind === "tcp") {
      const port = await this.listen(place.port);
      this.places.push(`tcp:${ADDRESS}:${port}`);
      return;
    }
    checkPlace(place);
    await this.openPty(place.path, await this.listen(0));
    this.places.push(`pty:${place.path}`);
  }

  /** Hands on what has arrived for each client; to be called after each step of the line. */
  poll(): void {
    for (const [socket, host] of this.clients) {
      const bytes = host.receive();
      if (bytes.length > 0) socket.write(bytes);
    }
  }

  /** Ends all that was opened. */
  close(): void {
    this.is_closing = true;
    for (const helper of this.helpers) helper.kill();
    for (const socket of this.clients.keys()) socket.destroy();
    for (const server of this.servers) server.close();
  }

  private async listen(port: number): Promise<number> {
    const server = createServer({ noDelay: true }, (socket) => this.connected(socket));
    this.servers.push(server);
    await new Promise<void>((done, fail) => {
      server.once("error", fail);
      server.listen(port, ADDRESS, done);
    }).catch((error: Error) => {
      throw new InputError(`--line: tcp:${port}: ${error.message}`);
    });
    return (server.address() as AddressInfo).port;
  }

  private connected(socket: Socket): void {
    const host = this.line.host(
      `client ${++this.client_count}`,
      this.speed.baud,
      this.speed.format,
    );
    this.clients.set(socket, host);
    const ear = this.makeEar();
    socket.on("data", (bytes) => {
      ear(bytes);
      host.send(bytes);
    });
    socket.on("error", () => undefined); // a client that went away; "close" follows
    socket.on("close", () => {
      this.clients.delete(socket);
      host.detach();
    });
  }

  private async openPty(path: string, port: number): Promise<void> {
    needSocat();
    const ends = [`pty,link=${path},raw,echo=0`, `tcp:${ADDRESS}:${port},nodelay`];
    const helper = spawn("socat", ends, { stdio: ["ignore", "ignore", "pipe"] });
    this.helpers.push(helper);
    let said = "";
    let is_over = false;
    helper.stderr.on("data", (text: Buffer) => (said += text.toString()));
    helper.on("exit", () => {
      is_over = true;
      if (!this.is_closing) this.failure = `--line: pty:${path}: socat ended: ${said.trim()}`;
    });
    for (let waited_ms = 0; !existsSync(path); waited_ms += PTY_LOOK_MS) {
      if (is_over || waited_ms > PTY_WAIT_MS) {
        throw new InputError(`--line: pty:${path}: ${said.trim() || "socat made no link"}`);
      }
      await sleep(PTY_LOOK_MS);
    }
  }
}

/** Throws InputError when a place can be seen not to work; a link that a run before has left behind is
 *  taken away, anything else stays. */
export function checkPlace(place: LinePlace): void {
  if (place.kind !== "pty") return;
  const { path } = place;
  const entry = lstatSync(path, { throwIfNoEntry: false });
  if (entry === undefined) return;
  const is_left = entry.isSymbolicLink() && readlinkSync(path).startsWith("/dev/pts/");
  if (!is_left || existsSync(path)) throw new InputError(`--line: pty:${path} is there already`);
  rmSync(path);
}
