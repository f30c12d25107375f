/** What happens in a simulated call, as lines of a talk. */
import type { NameOf, Words } from './kind';
import type { What } from './queries';

export type Line = { who: 'flow' | 'caller' | 'note'; text: string };

const named = (id: string, nameOf: NameOf): string => {
  const what = id.startsWith('que_')
    ? 'queue'
    : id.startsWith('tea_')
      ? 'team'
      : id.startsWith('prm_')
        ? 'prompt'
        : 'seat';
  return nameOf(what, id);
};

export function lineOf(what: What, nameOf: NameOf, translate: unknown): Line {
  const say = translate as Words;
  switch (what.kind) {
    case 'says':
      return { who: 'flow', text: what.text };
    case 'plays':
      return { who: 'flow', text: `♪ ${nameOf('prompt', what.prompt)}` };
    case 'beeps':
      return { who: 'flow', text: say('happens.beeps') };
    case 'key':
      return { who: 'caller', text: what.key };
    case 'asks':
      return { who: 'note', text: say('happens.asks', { url: what.url }) };
    case 'queues':
      return { who: 'note', text: say('happens.queues', { queue: nameOf('queue', what.queue) }) };
    case 'rings':
      return {
        who: 'note',
        text: say('happens.rings', { who: what.targets.map((id) => named(id, nameOf)).join(', ') }),
      };
    case 'records':
      return { who: 'note', text: say('happens.records', { who: named(what.mailbox, nameOf) }) };
    case 'call_back':
      return { who: 'note', text: say('happens.call_back', { number: what.number }) };
    case 'survey':
      return { who: 'note', text: say('happens.survey', { question: what.question, score: what.score }) };
    case 'consent':
      return { who: 'note', text: say(what.given ? 'happens.agreed' : 'happens.refused') };
    case 'sensitive':
      return { who: 'note', text: say(what.on ? 'happens.sensitive' : 'happens.not_sensitive') };
    case 'ends':
      return { who: 'note', text: say(`outcome.${what.outcome}`) };
    case 'answers':
    case 'interrupts':
    case 'leaves_queue':
    case 'stops_ringing':
    case 'stops_recording':
      return { who: 'note', text: say(`happens.${what.kind}`) };
  }
}
