import { QueryCache, QueryClient, useSuspenseQuery } from '@tanstack/react-query';
import { ApiError, reading } from '#console/call';
import type { Output } from '#contract';
import { getSession } from '#contract/organization';

export type Session = Output<typeof getSession>;

/** Read again each minute: `now` is the product's clock, which runs fast in a demo. */
export const sessionQuery = { ...reading(getSession, {}), staleTime: 30_000, refetchInterval: 60_000 };

export function useSession(): Session {
  return useSuspenseQuery(sessionQuery).data;
}

const passing = ['unreachable', 'unavailable', 'too_many_requests'];

export const queryClient: QueryClient = new QueryClient({
  queryCache: new QueryCache({
    onError: (error) => {
      if (error instanceof ApiError && error.code === 'not_signed_in') {
        void queryClient.invalidateQueries({ queryKey: sessionQuery.queryKey });
      }
    },
  }),
  defaultOptions: {
    queries: {
      staleTime: 5_000,
      // Trying again helps only when no answer came; a refusal stays a refusal.
      retry: (failures, error) => failures < 2 && error instanceof ApiError && passing.includes(error.code),
    },
    mutations: { retry: false },
  },
});
