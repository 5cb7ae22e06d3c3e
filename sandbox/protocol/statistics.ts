import { z } from 'zod';
import { dayOf, startOfDay, toSeconds } from '#sandbox/clock';
import { membersOfParty } from '#sandbox/relations';
import type { DayFigures, State } from '#sandbox/store';
import { requireStaff, requireVisible } from './checks.ts';
import type { Endpoint } from './endpoint.ts';
import { endpoint } from './endpoint.ts';
import { refuse } from './errors.ts';
import { id, list, seconds } from './fields.ts';

const maxSpanDays = 30;
const maxAgeDays = 180;

/** What members did with customers, day by day (doc 92132, reference §7). */
export const statisticEndpoints: readonly Endpoint[] = [
  endpoint({
    method: 'POST',
    path: '/cgi-bin/externalcontact/get_user_behavior_data',
    family: 'statistics',
    request: z.object({
      userid: list(id(), 100).default([]),
      partyid: list(z.int(), 100).default([]),
      start_time: seconds(),
      end_time: seconds(),
    }),
    empty: () => ({ behavior_data: [] }),
    handle: ({ world, at }, input) => {
      const { state } = world;
      if (input.userid.length + input.partyid.length === 0) refuse(40063);
      const first = dayOf(input.start_time * 1000);
      const last = dayOf(input.end_time * 1000);
      const today = dayOf(at);
      // A closed interval of at most thirty days that ends yesterday at the latest.
      if (first > last || last - first >= maxSpanDays || last >= today || first < today - maxAgeDays) refuse(600018);
      const named = input.userid.map((userid) => requireStaff(world, userid, 40003).userid);
      for (const party of input.partyid) if (!state.departments.has(party)) refuse(60123);
      for (const userid of named) requireVisible(world, userid);
      const userids = new Set([...named, ...input.partyid.flatMap((party) => membersOfParty(state, party))]);
      return () => {
        const rows = [];
        for (let day = first; day <= last; day++) rows.push(sumDay(state, userids, day));
        return { behavior_data: rows };
      };
    },
  }),
];

/** One row for all the members together. Rates are absent on a day without chats begun by customers. */
function sumDay(state: State, userids: ReadonlySet<string>, day: number) {
  const figures = [...userids]
    .map((userid) => state.figures.get(userid)?.get(day))
    .filter((figure) => figure !== undefined);
  const chats = figures.flatMap((figure) => [...figure.chats.values()]);
  const asked = chats.filter((chat) => chat.firstFrom === 'customer');
  const answered = asked.filter((chat) => chat.answeredAt !== null);
  const waitMs = answered.reduce((sum, chat) => sum + ((chat.answeredAt ?? 0) - chat.firstAt), 0);
  return {
    stat_time: toSeconds(startOfDay(day)),
    chat_cnt: chats.filter((chat) => chat.staffWrote).length,
    message_cnt: sum(figures, (figure) => figure.messages),
    ...(asked.length > 0 && { reply_percentage: round((answered.length / asked.length) * 100) }),
    ...(answered.length > 0 && { avg_reply_time: Math.round(waitMs / answered.length / 60_000) }),
    negative_feedback_cnt: sum(figures, (figure) => figure.negativeFeedback),
    new_apply_cnt: 0,
    new_contact_cnt: sum(figures, (figure) => figure.newContacts),
  };
}

function sum(figures: readonly DayFigures[], of: (figure: DayFigures) => number): number {
  return figures.reduce((total, figure) => total + of(figure), 0);
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
