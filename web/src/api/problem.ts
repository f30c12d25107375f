/** What the server answers when it cannot do as asked (RFC 9457), as an error with a stable code. */

export type FieldError = { field: string; code: string; text: string };

export class Problem extends Error {
  override readonly name = 'Problem';

  constructor(
    /** Stable snake_case word; the page translates it. `offline` when no answer came at all. */
    readonly code: string,
    readonly status: number,
    /** English, for a code the page does not know. */
    readonly detail: string,
    readonly fields: FieldError[] = [],
  ) {
    super(detail || code);
  }
}

type Body = { code?: string; detail?: string | null; title?: string; errors?: FieldError[] | null };

/** Reads a problem body; anything else becomes `unexpected` with the status. */
export function problemFrom(status: number, body: unknown): Problem {
  if (typeof body === 'object' && body !== null && typeof (body as Body).code === 'string') {
    const { code, detail, title, errors } = body as Body;
    return new Problem(code ?? 'unexpected', status, detail ?? title ?? '', errors ?? []);
  }
  return new Problem(status >= 500 ? 'server' : 'unexpected', status, '');
}

/** Any thrown thing as a problem: a fetch that never reached the server is `offline`. */
export function asProblem(thrown: unknown): Problem {
  if (thrown instanceof Problem) return thrown;
  if (thrown instanceof TypeError) return new Problem('offline', 0, thrown.message);
  return new Problem('unexpected', 0, thrown instanceof Error ? thrown.message : String(thrown));
}
