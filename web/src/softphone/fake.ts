/** A phone that does what a script says: for component tests and for looking at pages without a server. */
import type { Devices, DialOptions, Phone, PhoneEvent } from './phone';

export class FakePhone implements Phone {
  readonly log: string[] = [];
  private readonly listeners = new Set<(event: PhoneEvent) => void>();
  private id = 0;

  start(): void {
    this.log.push('start');
    this.tell({ kind: 'connecting' });
    this.tell({ kind: 'ready' });
  }
  stop(_keepCall = false): void {
    this.log.push('stop');
  }
  async dial(number: string, options: DialOptions = {}): Promise<void> {
    this.log.push(`dial ${number}${options.displayed ? ` as ${options.displayed}` : ''}`);
    this.id += 1;
    this.tell({ kind: 'dialled', id: this.call(), party: { number, name: null, called: '', callRef: null } });
  }
  async answer(): Promise<void> {
    this.log.push('answer');
    this.tell({ kind: 'answered', id: this.call(), callRef: null });
  }
  answerCall(callRef: string): void {
    this.log.push(`answer ${callRef}`);
    this.tell({ kind: 'answered', id: this.call(), callRef });
  }
  hangUp(): void {
    this.log.push('hang up');
    this.tell({ kind: 'ended', id: this.call(), reason: 'hung_up_here', detail: null });
  }
  hold(on: boolean): void {
    this.log.push(`hold ${on}`);
    this.tell({ kind: 'held', id: this.call(), by: 'us', on });
  }
  mute(on: boolean): void {
    this.log.push(`mute ${on}`);
    this.tell({ kind: 'muted', id: this.call(), on });
  }
  sendDigit(digit: string): void {
    this.log.push(`digit ${digit}`);
    this.tell({ kind: 'digit', id: this.call(), digit });
  }
  setDevices(devices: Devices): void {
    this.log.push(`devices ${devices.microphone}`);
  }
  streams(): { local: MediaStream | null; remote: MediaStream | null } {
    return { local: null, remote: null };
  }
  onEvent(listener: (event: PhoneEvent) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** The script: something happens out there. */
  tell(event: PhoneEvent): void {
    for (const listener of this.listeners) listener(event);
  }
  /** The id of the current call. */
  call(): string {
    return `fake-${this.id}`;
  }
  /** Somebody calls. */
  ring(number: string, name: string | null, called: string): void {
    this.id += 1;
    this.tell({ kind: 'incoming', id: this.call(), party: { number, name, called, callRef: `call_${this.id}` } });
  }
}
