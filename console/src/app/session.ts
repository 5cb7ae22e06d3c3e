import { useSuspenseQuery } from '@tanstack/react-query';
import type { Output, Permission } from '#contract';
import { getSession } from '#contract/organization';
import { reading } from '~/call';

export type Session = Output<typeof getSession>;

/** Read again each minute: `now` is the product's clock, which runs fast in a demo, and roles may change. */
export const sessionQuery = { ...reading(getSession, {}), staleTime: 30_000, refetchInterval: 60_000 };

export function useSession(): Session {
  return useSuspenseQuery(sessionQuery).data;
}

export function useCan(): (permission: Permission) => boolean {
  const { permissions } = useSession();
  return (permission) => permissions.includes(permission);
}
