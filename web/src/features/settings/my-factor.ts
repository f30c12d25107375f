/** The second factor of a person and of an operator: the same questions at two addresses. */
import { api, ok, operatorApi } from '../../api/client';
import { reloadMe } from '../team/queries';
import type { FactorApi } from './second-factor';

export const myFactor: FactorApi = {
  key: ['second-factor'],
  state: () => ok(api.GET('/v1/me/second-factor')),
  begin: (password) => ok(api.POST('/v1/me/second-factor', { body: { password } })),
  confirm: (code) => ok(api.POST('/v1/me/second-factor/confirm', { body: { code } })),
  renew: (code) => ok(api.POST('/v1/me/second-factor/recovery-codes', { body: { code } })),
  off: (password, code) => ok(api.POST('/v1/me/second-factor/off', { body: { password, code } })),
  changed: () => void reloadMe().catch(() => undefined),
};

export const operatorFactor: FactorApi = {
  key: ['operator', 'second-factor'],
  state: () => ok(operatorApi.GET('/v1/operator/second-factor')),
  begin: (password) => ok(operatorApi.POST('/v1/operator/second-factor', { body: { password } })),
  confirm: (code) => ok(operatorApi.POST('/v1/operator/second-factor/confirm', { body: { code } })),
  renew: (code) => ok(operatorApi.POST('/v1/operator/second-factor/recovery-codes', { body: { code } })),
  off: (password, code) => ok(operatorApi.POST('/v1/operator/second-factor/off', { body: { password, code } })),
};
