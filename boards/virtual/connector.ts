/** A box's RS485 connector, plugged into a line, and the office's end of that line that follows the speed
 *  of this box. */

import type { LinePort } from "./devices/line-port.ts";
import type { Line, LineHost } from "./line.ts";

export class Connector {
  port: LinePort;
  private host: LineHost | null = null;

  constructor(
    private line: Line,
    private readonly name: string,
    private readonly nowUs: () => number,
  ) {
    this.port = line.attach(name, nowUs);
  }

  /** The office's end; it hears what is sent from now on. */
  office(): LineHost {
    this.host ??= this.line.host("office");
    return this.host;
  }

  /** The box has opened its port. */
  opened(baud: number, format: number): void {
    this.host?.open(baud, format);
  }

  /** Into another line, whose boxes have this box's time. */
  plugInto(line: Line): void {
    const { opened, baud, format } = this.port;
    this.port.close(this.nowUs());
    this.line = line;
    this.port = line.attach(this.name, this.nowUs);
    if (opened) this.port.open(baud, format, this.nowUs());
    if (this.host !== null) this.host = line.host("office", baud, format);
  }
}
