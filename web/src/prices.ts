/** Whether this installation has prices: one company's own has none. */
import { useQuery } from '@tanstack/react-query';
import { ok, open } from './api/client';
import { keys } from './api/query';

export const useStatus = () =>
  useQuery({ queryKey: keys.status, queryFn: () => ok(open.GET('/v1/status')), staleTime: 60_000 });

export function usePrices(): boolean {
  return useStatus().data?.private !== true;
}
