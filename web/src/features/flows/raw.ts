/** Requests for flows until the generated client knows them; the pages show where a role has `flows:read`, which comes with them. */
import { api, ok } from '../../api/client';

// biome-ignore lint/suspicious/noExplicitAny: stands in for the generated client.
type Any = any;

export const raw = {
  get: (path: string) => ok<Any>((api as Any).GET(path, {})),
  post: (path: string, body: unknown = {}, options: object = {}) =>
    ok<Any>((api as Any).POST(path, { body, ...options })),
  patch: (path: string, body: unknown) => ok<Any>((api as Any).PATCH(path, { body })),
  remove: (path: string) => ok<Any>((api as Any).DELETE(path, {})),
};
