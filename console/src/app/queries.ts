import { QueryCache, QueryClient } from '@tanstack/react-query';
import { ApiError } from '~/call';
import { sessionQuery } from './session';

/** Trying again helps only when no answer came; a refusal stays a refusal. */
function isWorthRetrying(failures: number, error: Error): boolean {
  const isPassing =
    error instanceof ApiError && ['unreachable', 'unavailable', 'too_many_requests'].includes(error.code);
  return isPassing && failures < 2;
}

export const queryClient: QueryClient = new QueryClient({
  queryCache: new QueryCache({
    onError: (error) => {
      if (error instanceof ApiError && error.code === 'not_signed_in') {
        void queryClient.invalidateQueries({ queryKey: sessionQuery.queryKey });
      }
    },
  }),
  defaultOptions: {
    queries: { staleTime: 5_000, retry: isWorthRetrying, refetchOnWindowFocus: true },
    mutations: { retry: false },
  },
});
