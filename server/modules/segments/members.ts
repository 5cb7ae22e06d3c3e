import { type RawBuilder, sql } from '#platform/db';

/** Selects customer_id: the kept members of a segment. None for one that is deleted, or whose members were never found. */
export const selectMembers = (segmentId: number): RawBuilder<unknown> =>
  sql`select m.customer_id from segment_member m join segment s on s.id = m.segment_id
    where m.segment_id = ${segmentId} and s.deleted_at is null`;
