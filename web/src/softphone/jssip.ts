/** The softphone on JsSIP: one registration, one call at a time. The only file that names JsSIP. */
import JsSIP from 'jssip';
import type { RTCSession } from 'jssip/lib/RTCSession';
import type { UA } from 'jssip/lib/UA';
import { constraintsOf, readDevices } from './devices';
import { wasInCall } from './in-call';
import type { Devices, DialOptions, EndReason, Phone, PhoneEvent, RemoteParty } from './phone';
import { type Counters, countersOf, qualityBetween } from './quality';
import { TicketSocket } from './socket';

/** What the server says about this seat's browser device when it sells a ticket. */
export type Account = { wsUrl: string; sipUri: string; username: string; displayName: string };

/** Candidates of our own are a courtesy: the server has a fixed address and learns ours from the first check. */
const GATHERING_MS = 150;
/** The server keeps a place for so long. */
const KEPT_MS = 20_000;
const QUALITY_EVERY_MS = 2_000;
/** A way that is gone for so long is asked for anew; shorter holes heal by themselves. */
const LOST_WAY_MS = 1_000;

type Message = { getHeader?: (name: string) => string | undefined; status_code?: number };

export class JsSipPhone implements Phone {
  private ua: UA | null = null;
  private session: RTCSession | null = null;
  private socket: TicketSocket | null = null;
  /** The server's id of the call that is up. */
  private callRef: string | null = null;
  private local: MediaStream | null = null;
  /** Asked for as the page begins, where a call waits for it. */
  private early: Promise<MediaStream | null> | null = null;
  private remote: MediaStream | null = null;
  private devices: Devices = readDevices();
  private readonly audio = new Audio();
  private readonly listeners = new Set<(event: PhoneEvent) => void>();
  /** The server's id of the call that arrived last. */
  private ringing: string | null = null;
  private sampling: ReturnType<typeof setInterval> | null = null;
  private stopped = true;

  /** `buy` sells the ticket for one connection together with the account's data. */
  constructor(private readonly buy: () => Promise<Account>) {
    this.audio.autoplay = true;
  }

  start(): void {
    this.stopped = false;
    if (wasInCall()) {
      this.early = navigator.mediaDevices?.getUserMedia(constraintsOf(this.devices)).catch(() => null) ?? null;
      // The call may be over by now.
      setTimeout(() => {
        if (!this.session) this.release();
      }, KEPT_MS);
    }
    this.tell({ kind: 'connecting' });
    this.buy().then(
      (account) => {
        if (!this.stopped) this.register(account);
      },
      (why: unknown) => {
        this.tell({ kind: 'refused', text: why instanceof Error ? why.message : String(why) });
      },
    );
  }

  stop(keepCall = false): void {
    this.stopped = true;
    if (keepCall && this.session?.isEstablished()) {
      // Audio that ends without a BYE is a place that the server keeps; and without its socket JsSIP says nothing more.
      const connection = this.session.connection;
      this.session = null;
      connection?.close();
      this.socket?.disconnect();
    }
    this.ua?.stop();
    this.ua = null;
    this.socket = null;
    this.release();
  }

  async dial(number: string, options: DialOptions = {}): Promise<void> {
    if (!this.ua || this.session) return;
    const stream = await this.microphone();
    const ua = this.ua;
    if (!stream || !ua || this.session) return;
    const domain = String(ua.get('uri')).replace(/^.*@/, '');
    const target = `sip:${encodeURIComponent(number).replace(/%2B/g, '+').replace(/%2A/gi, '*')}@${domain}`;
    const party: RemoteParty = { number, name: null, called: '', callRef: null };
    const extraHeaders = options.displayed ? [`X-Displayed-Number: ${options.displayed}`] : [];
    const session = ua.call(target, {
      mediaStream: stream,
      mediaConstraints: { audio: true, video: false },
      pcConfig: { iceServers: [] },
      extraHeaders,
    });
    this.take(session, { kind: 'dialled', id: session.id, party });
  }

  async answer(): Promise<void> {
    const session = this.session;
    if (session?.direction !== 'incoming' || session.isEstablished()) return;
    const stream = await this.microphone();
    if (!stream || this.session !== session) return;
    session.answer({
      mediaStream: stream,
      mediaConstraints: { audio: true, video: false },
      pcConfig: { iceServers: [] },
    });
  }

  answerCall(callRef: string): void {
    if (this.ringing === callRef) void this.answer();
  }

  hangUp(): void {
    const session = this.session;
    if (!session) return;
    const declining = session.direction === 'incoming' && !session.isEstablished();
    try {
      session.terminate(declining ? { status_code: 603 } : {});
    } catch {
      // The call ended by itself in the same moment; its own event follows.
    }
  }

  hold(on: boolean): void {
    if (!this.session?.isEstablished() || !this.ua?.isConnected()) return;
    if (on) this.session.hold();
    else this.session.unhold();
  }

  mute(on: boolean): void {
    if (on) this.session?.mute({ audio: true });
    else this.session?.unmute({ audio: true });
  }

  sendDigit(digit: string): void {
    const session = this.session;
    if (!session) return;
    session.sendDTMF(digit, {
      transportType: JsSIP.C.DTMF_TRANSPORT.RFC2833 as never,
      duration: 100,
      interToneGap: 70,
    });
    this.tell({ kind: 'digit', id: session.id, digit });
  }

  setDevices(devices: Devices): void {
    const changed = devices.microphone !== this.devices.microphone || devices.processing !== this.devices.processing;
    this.devices = devices;
    void this.route();
    if (changed && this.local) void this.changeMicrophone();
  }

  streams(): { local: MediaStream | null; remote: MediaStream | null } {
    return { local: this.local, remote: this.remote };
  }

  onEvent(listener: (event: PhoneEvent) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  private tell(event: PhoneEvent): void {
    for (const listener of this.listeners) listener(event);
  }

  private register(account: Account): void {
    const domain = account.sipUri.replace(/^.*@/, '');
    let first: Account | null = account;
    const socket = new TicketSocket(domain, async () => {
      const fresh = first ?? (await this.buy());
      first = null;
      return fresh;
    });
    this.socket = socket;
    const ua = new JsSIP.UA({
      sockets: [socket],
      uri: account.sipUri,
      display_name: account.displayName,
      register_expires: 300,
      session_timers: false,
      connection_recovery_min_interval: 1,
      connection_recovery_max_interval: 5,
      user_agent: 'Patchbay softphone',
    });
    ua.on('connecting', () => this.tell({ kind: 'connecting' }));
    ua.on('disconnected', () => this.tell({ kind: 'lost' }));
    ua.on('registered', () => {
      this.tell({ kind: 'ready' });
      // Where signalling had to find its way anew, audio may have to.
      if (this.session?.connection && lostItsWay(this.session.connection)) this.findWay(this.session);
    });
    ua.on('registrationFailed', (event) => {
      const code = event.response?.status_code;
      if (code) this.tell({ kind: 'refused', text: `${code} ${event.response.reason_phrase}` });
    });
    ua.on('newRTCSession', ((event: { originator: string; session: RTCSession; request: unknown }) => {
      if (event.originator === 'remote') this.arrive(event.session, event.request as Message);
    }) as never);
    this.ua = ua;
    ua.start();
  }

  private arrive(session: RTCSession, request: Message): void {
    const identity = session.remote_identity;
    const number = decodeURIComponent(identity.uri.user ?? '');
    const name = identity.display_name && identity.display_name !== number ? identity.display_name : null;
    const party: RemoteParty = {
      number,
      name,
      called: request.getHeader?.('X-Called') ?? '',
      callRef: callRefOf(request),
    };
    const kept = keptOf(request);
    if (this.session && (!kept || party.callRef !== this.callRef)) {
      session.terminate({ status_code: 486 });
      return;
    }
    if (kept) {
      void this.regain(session, party, kept);
      return;
    }
    this.ringing = party.callRef;
    this.take(session, { kind: 'incoming', id: session.id, party });
    // RFC 5373: a call that somebody placed for this seat, here or in another program. It rings until the microphone is there,
    // so that nobody is heard without having heard something.
    if (/^auto/i.test(request.getHeader?.('Answer-Mode') ?? '')) void this.answer();
  }

  /**
   * The server kept our place in a call, and this session fills it: the page was reloaded, another tab had the phone, or the
   * network was away for longer than its session could bear. Nothing rings.
   */
  private async regain(session: RTCSession, party: RemoteParty, kept: Kept): Promise<void> {
    const before = this.session;
    const muted = before?.isMuted().audio ?? false;
    if (this.sampling !== null) clearInterval(this.sampling);
    this.sampling = null;
    // From here on nothing that the old session says is heard.
    this.take(session, null);
    this.callRef = party.callRef;
    this.local ??= (await this.early) ?? null;
    this.early = null;
    const stream = this.local ?? (await this.microphone());
    if (!stream || this.session !== session) return;
    session.on('accepted', () => {
      this.tell({ kind: 'regained', id: session.id, party, direction: kept.direction, since: kept.since });
      if (muted) session.mute({ audio: true });
      if (kept.held) session.hold();
      before?.connection?.close();
    });
    session.answer({
      mediaStream: stream,
      mediaConstraints: { audio: true, video: false },
      pcConfig: { iceServers: [] },
    });
  }

  private take(session: RTCSession, first: PhoneEvent | null): void {
    this.session = session;
    this.callRef = first && 'party' in first ? first.party.callRef : null;
    if (first) this.tell(first);
    const id = session.id;
    session.on('progress', ((event: { originator: string; response?: Message & { body?: string } }) => {
      if (event.originator !== 'remote') return;
      this.tell({ kind: 'ringing', id, early: Boolean(event.response?.body), callRef: callRefOf(event.response) });
    }) as never);
    session.on('accepted', ((event: { response?: Message }) => {
      this.callRef = callRefOf(event.response) ?? this.callRef;
      if (first) this.tell({ kind: 'answered', id, callRef: callRefOf(event.response) });
      this.sample(session);
    }) as never);
    session.on('hold', (event) =>
      this.tell({ kind: 'held', id, by: event.originator === 'local' ? 'us' : 'them', on: true }),
    );
    session.on('unhold', (event) =>
      this.tell({ kind: 'held', id, by: event.originator === 'local' ? 'us' : 'them', on: false }),
    );
    session.on('muted', () => this.tell({ kind: 'muted', id, on: true }));
    session.on('unmuted', () => this.tell({ kind: 'muted', id, on: false }));
    session.on('ended', (event) => this.over(session, event as never));
    session.on('failed', (event) => this.over(session, event as never));
    let hurried = false;
    session.on('icecandidate', (event) => {
      if (hurried) return;
      hurried = true;
      setTimeout(
        () => {
          // The next description gathers anew.
          hurried = false;
          event.ready();
        },
        first ? GATHERING_MS : 0,
      );
    });
    const listen = (connection: RTCPeerConnection) => {
      connection.addEventListener('track', (event) => this.hear(event.streams[0] ?? new MediaStream([event.track])));
      connection.addEventListener('iceconnectionstatechange', () => {
        if (!lostItsWay(connection)) return;
        setTimeout(() => {
          if (this.session === session && lostItsWay(connection)) this.findWay(session);
        }, LOST_WAY_MS);
      });
    };
    // JsSIP makes the connection inside `call`, before anybody can listen, and inside `answer` later on.
    if (session.connection) listen(session.connection);
    else session.on('peerconnection', (event) => listen(event.peerconnection));
  }

  /** Another network, or the same one after a sleep: new addresses, the same keys. The other side hears no break of its own. */
  private findWay(session: RTCSession): void {
    if (!session.isEstablished() || !this.ua?.isConnected()) return;
    session.renegotiate({ rtcOfferConstraints: { iceRestart: true } });
  }

  private hear(stream: MediaStream): void {
    this.remote = stream;
    this.audio.srcObject = stream;
    void this.route();
    void this.audio.play().catch(() => undefined);
  }

  private over(session: RTCSession, event: EndEvent): void {
    if (this.session !== session) return;
    this.session = null;
    this.release();
    const reason = reasonOf(event, session);
    // What the page itself says in full needs no English sentence of the server beside it.
    const detail = reason === 'email_unverified' ? null : textOf(event);
    this.tell({ kind: 'ended', id: session.id, reason, detail, callRef: callRefOf(event.message) });
  }

  private release(): void {
    void this.early?.then((stream) => {
      for (const track of stream?.getTracks() ?? []) track.stop();
    });
    this.early = null;
    if (this.sampling !== null) clearInterval(this.sampling);
    this.sampling = null;
    for (const track of this.local?.getTracks() ?? []) track.stop();
    this.local = this.remote = null;
    this.audio.srcObject = null;
  }

  private async microphone(): Promise<MediaStream | null> {
    try {
      this.local = await navigator.mediaDevices.getUserMedia(constraintsOf(this.devices));
      return this.local;
    } catch (why) {
      const id = this.session?.id ?? 'microphone';
      if (!this.session) {
        this.tell({ kind: 'dialled', id, party: { number: '', name: null, called: '', callRef: null } });
      }
      this.tell({ kind: 'ended', id, reason: 'microphone', detail: why instanceof Error ? why.name : null });
      this.session?.terminate({ status_code: 480 });
      this.session = null;
      return null;
    }
  }

  private async changeMicrophone(): Promise<void> {
    const sender = this.session?.connection?.getSenders().find((it) => it.track?.kind === 'audio');
    if (!sender) return;
    const fresh = await navigator.mediaDevices.getUserMedia(constraintsOf(this.devices));
    const track = fresh.getAudioTracks()[0];
    if (!track) return;
    track.enabled = sender.track?.enabled ?? true;
    await sender.replaceTrack(track);
    for (const old of this.local?.getTracks() ?? []) old.stop();
    this.local = fresh;
  }

  private async route(): Promise<void> {
    const sink = this.audio as HTMLAudioElement & { setSinkId?: (id: string) => Promise<void> };
    // A speaker that was unplugged: the system's own takes over.
    await sink.setSinkId?.(this.devices.speaker).catch(() => sink.setSinkId?.(''));
  }

  private sample(session: RTCSession): void {
    if (this.sampling !== null) return;
    let before: Counters | null = null;
    this.sampling = setInterval(async () => {
      const report = await session.connection?.getStats();
      if (!report || this.session !== session) return;
      const entries: { type: string }[] = [];
      report.forEach((entry: { type: string }) => {
        entries.push(entry);
      });
      const now = countersOf(entries as never);
      if (before) this.tell({ kind: 'quality', id: session.id, quality: qualityBetween(before, now) });
      before = now;
    }, QUALITY_EVERY_MS);
  }
}

const lostItsWay = (connection: RTCPeerConnection): boolean =>
  connection.iceConnectionState === 'disconnected' || connection.iceConnectionState === 'failed';

type EndEvent = { originator: string; cause: string; message?: Message | null };

/** What an end means, from who caused it and the SIP status. */
export function reasonOf(
  event: EndEvent,
  session: { direction: string; isEstablished(): boolean; start_time: Date | null },
): EndReason {
  const causes = JsSIP.C.causes;
  const answered = session.start_time !== null;
  if (event.cause === causes.USER_DENIED_MEDIA_ACCESS) return 'microphone';
  if (event.cause === causes.CONNECTION_ERROR) return 'connection';
  if (answered) return event.originator === 'local' ? 'hung_up_here' : 'hung_up_there';
  if (session.direction === 'incoming') {
    if (event.originator === 'local') return 'declined_here';
    const reason = event.message?.getHeader?.('Reason') ?? '';
    return /call completed elsewhere|answered elsewhere|cause=200/i.test(reason) ? 'answered_elsewhere' : 'missed';
  }
  if (event.originator === 'local' && event.cause === causes.CANCELED) return 'cancelled';
  return reasonOfStatus(event.message?.status_code ?? 0, event.message?.getHeader?.('Reason') ?? '');
}

function reasonOfStatus(status: number, reason: string): EndReason {
  switch (status) {
    case 486:
    case 600:
      return 'busy';
    case 603:
      return 'declined';
    case 404:
    case 484:
    case 604:
      return 'not_found';
    case 403:
      // Q.850 50, requested facility not subscribed: lines to the outside are not open yet.
      if (/cause=50\b/.test(reason)) return 'email_unverified';
      // Q.850 57, not authorised: a spending limit.
      return /cause=57\b/.test(reason) ? 'capped' : 'forbidden';
    case 402:
      return 'no_credit';
    case 480:
    case 408:
      return 'no_answer';
    case 503:
      return 'congested';
    case 488:
      return 'no_common_media';
    case 502:
    case 504:
      return 'unreachable';
    default:
      return 'failed';
  }
}

/** How a call was that the server kept for us. */
type Kept = { direction: 'in' | 'out'; since: number; held: boolean };

function keptOf(request: Message): Kept | null {
  const header = request.getHeader?.('X-Regain');
  const found = header && /^(in|out);since=(\d+)(;held)?$/.exec(header);
  if (!found) return null;
  return { direction: found[1] as Kept['direction'], since: Number(found[2]) || Date.now(), held: Boolean(found[3]) };
}

/** The record's id, which the server tells the company's own seats only. */
const callRefOf = (message?: Message | null): string | null => message?.getHeader?.('X-Call-Ref') ?? null;

/** The sentence of the Reason header (RFC 3326), when the server sent one. */
function textOf(event: EndEvent): string | null {
  const reason = event.message?.getHeader?.('Reason') ?? '';
  const text = /text="([^"]*)"/.exec(reason)?.[1] ?? '';
  // A bare cause code says nothing to a person.
  return text && !/^[a-z_]+$/.test(text) ? text : null;
}
