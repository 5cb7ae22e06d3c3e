import { useQuery } from '@tanstack/react-query';
import type { Output } from '#contract';
import { listOperations } from '#contract/organization';
import { reading } from '~/call';

export type Operation = Output<typeof listOperations>['rows'][number];

export function isRunning(operation: Operation | undefined): boolean {
  return operation?.state === 'waiting' || operation?.state === 'running';
}

/** Recent long work of a kind, read often while some of it runs. */
export function useOperations(kind: Operation['kind']) {
  return useQuery({
    ...reading(listOperations, { kind, limit: 20 }),
    refetchInterval: (query) => (query.state.data?.rows.some(isRunning) ? 1000 : 15_000),
  });
}

/** One piece of long work, followed until it ends. */
export function useOperation(kind: Operation['kind'], id: number | null): Operation | undefined {
  const { data } = useQuery({
    ...reading(listOperations, { kind, limit: 20 }),
    enabled: id !== null,
    refetchInterval: (query) => {
      const followed = query.state.data?.rows.find((row) => row.id === id);
      return followed === undefined || isRunning(followed) ? 1000 : false;
    },
  });
  return data?.rows.find((row) => row.id === id);
}
