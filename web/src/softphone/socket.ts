/**
 * A JsSIP socket that buys a fresh single-use ticket for each connection: the address is good for one upgrade only, so it
 * cannot be fixed at the start. See RFC 7118 for SIP over WebSocket.
 */

/** Where to connect now. */
export type Ticket = { wsUrl: string };

export class TicketSocket {
  via_transport = 'WS';
  readonly url: string;
  readonly sip_uri: string;
  onconnect: () => void = () => undefined;
  ondisconnect: (error: boolean, code?: number, reason?: string) => void = () => undefined;
  ondata: (data: unknown) => void = () => undefined;
  private socket: WebSocket | null = null;
  private buying = false;

  constructor(
    domain: string,
    private readonly buy: () => Promise<Ticket>,
  ) {
    this.url = `ws://${domain}`;
    this.sip_uri = `sip:${domain};transport=ws`;
  }

  connect(): void {
    if (this.isConnected() || this.isConnecting()) return;
    this.disconnect();
    this.buying = true;
    this.buy().then(
      (ticket) => {
        if (this.buying) this.open(ticket.wsUrl);
        this.buying = false;
      },
      () => {
        const wanted = this.buying;
        this.buying = false;
        if (wanted) this.ondisconnect(true, 1006, 'no ticket');
      },
    );
  }

  disconnect(): void {
    this.buying = false;
    const socket = this.socket;
    this.socket = null;
    if (!socket) return;
    socket.onopen = socket.onclose = socket.onmessage = socket.onerror = null;
    socket.close();
  }

  send(message: string | ArrayBufferLike | Blob | ArrayBufferView): boolean {
    if (!this.socket || this.socket.readyState !== WebSocket.OPEN) return false;
    this.socket.send(message as string);
    return true;
  }

  isConnected(): boolean {
    return this.socket?.readyState === WebSocket.OPEN;
  }

  isConnecting(): boolean {
    return this.buying || this.socket?.readyState === WebSocket.CONNECTING;
  }

  private open(url: string): void {
    const socket = new WebSocket(url, 'sip');
    socket.binaryType = 'arraybuffer';
    socket.onopen = () => this.onconnect();
    socket.onclose = (event) => this.ondisconnect(!event.wasClean, event.code, event.reason);
    socket.onmessage = (event) => this.ondata(event.data);
    this.socket = socket;
  }
}
