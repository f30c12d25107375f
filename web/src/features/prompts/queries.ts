/** Prompts and speech: what is asked and changed. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { api, ok, once } from '../../api/client';
import { keys } from '../../api/query';
import type { Prompt, Schemas } from '../../api/types';
import { upload } from '../../api/upload';

export const usePrompts = () => useQuery({ queryKey: keys.prompts, queryFn: () => ok(api.GET('/v1/prompts')) });
export const useSpeech = () => useQuery({ queryKey: keys.speech, queryFn: () => ok(api.GET('/v1/speech')) });

function usePromptChange<In, Out>(change: (input: In) => Promise<Out>) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: change,
    onSettled: () => void client.invalidateQueries({ queryKey: keys.prompts }),
  });
}

type Place = { id: string; language: string };

export const useAddPrompt = () =>
  usePromptChange(({ name, key }: { name: string; key: string }) =>
    ok(api.POST('/v1/prompts', { body: { name }, headers: once(key) })),
  );
export const useRenamePrompt = () =>
  usePromptChange(({ id, name }: { id: string; name: string }) =>
    ok(api.PATCH('/v1/prompts/{id}', { params: { path: { id } }, body: { name } })),
  );
export const useRemovePrompt = () =>
  usePromptChange((id: string) => ok(api.DELETE('/v1/prompts/{id}', { params: { path: { id } } })));
export const useRestorePrompt = () =>
  usePromptChange((id: string) => ok(api.POST('/v1/prompts/{id}/restore', { params: { path: { id } } })));
export const useRemoveAudio = () =>
  usePromptChange((path: Place) => ok(api.DELETE('/v1/prompts/{id}/audio/{language}', { params: { path } })));
export const useSpeakPrompt = () =>
  usePromptChange(({ id, language, ...body }: Place & Schemas['PromptSpeech']) =>
    ok(api.PUT('/v1/prompts/{id}/speech/{language}', { params: { path: { id, language } }, body })),
  );
export const useSendSound = (onProgress: (share: number) => void) =>
  usePromptChange(({ id, language, file, source }: Place & { file: Blob; source: 'upload' | 'recording' }) =>
    upload<Prompt>(`/v1/prompts/${id}/audio/${encodeURIComponent(language)}?source=${source}`, file, onProgress),
  );

/** The sound of a prompt, as the address of a copy in this page. */
export async function promptSound(path: Place): Promise<string> {
  const sound = ok(api.GET('/v1/prompts/{id}/audio/{language}', { params: { path }, parseAs: 'blob' }));
  return URL.createObjectURL((await sound) as unknown as Blob);
}

/** How a text would sound. */
export async function speechSound(body: Schemas['SpeechAsk']): Promise<string> {
  const sound = ok(api.POST('/v1/speech/preview', { body, parseAs: 'blob' }));
  return URL.createObjectURL((await sound) as unknown as Blob);
}
