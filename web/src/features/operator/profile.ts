/** Makes of gateways in the reader's language; makes without texts of their own keep the server's. */
import type { GatewayProfile } from '../../api/types';
import type { Say } from './gateway/words';

export function profileLabel(profile: Pick<GatewayProfile, 'key' | 'label'>, say: Say): string {
  return say(`profile.${profile.key}.label`, { defaultValue: profile.label });
}

/** What to set up in the box, one sentence each. */
export function profileNotes(profile: Pick<GatewayProfile, 'key' | 'notes'>, say: Say): string[] {
  return profile.notes.map((note, at) => say(`profile.${profile.key}.note_${at + 1}`, { defaultValue: note }));
}
