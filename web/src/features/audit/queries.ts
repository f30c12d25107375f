/** What the audit pages ask: a company its own log, an operator the platform's. */
import { keepPreviousData, useInfiniteQuery, useMutation } from '@tanstack/react-query';
import { api, ok, operatorApi } from '../../api/client';
import { keys } from '../../api/query';
import { saveFile } from '../../ui/save-file';

export type Book = 'company' | 'platform';
export type Filter = { actor?: string; action?: string; entity_id?: string; since?: string; until?: string };

const page = (book: Book, query: Filter & { cursor?: string }) =>
  book === 'company'
    ? ok(api.GET('/v1/audit', { params: { query } }))
    : ok(operatorApi.GET('/v1/operator/audit', { params: { query } }));

export const useAudit = (book: Book, filter: Filter) =>
  useInfiniteQuery({
    queryKey: keys.audit(book, filter),
    initialPageParam: '',
    queryFn: ({ pageParam }) => page(book, { ...filter, ...(pageParam ? { cursor: pageParam } : {}) }),
    getNextPageParam: (last) => last.next_cursor ?? undefined,
    placeholderData: keepPreviousData,
  });

export const useVerifyAudit = (book: Book) =>
  useMutation({
    mutationFn: () =>
      book === 'company' ? ok(api.GET('/v1/audit/verify')) : ok(operatorApi.GET('/v1/operator/audit/verify')),
  });

export type FileKind = 'csv' | 'jsonl';

/** Fetches the file with the session's token and hands it to the browser. */
export const useAuditFile = (book: Book) =>
  useMutation({
    mutationFn: async ({ format, filter }: { format: FileKind; filter: Filter }) => {
      const params = { query: { ...filter, format } };
      const answer =
        book === 'company'
          ? api.GET('/v1/audit/export', { params, parseAs: 'blob' })
          : operatorApi.GET('/v1/operator/audit/export', { params, parseAs: 'blob' });
      saveFile((await ok(answer)) as unknown as Blob, `patchbay-audit.${format}`);
    },
  });
