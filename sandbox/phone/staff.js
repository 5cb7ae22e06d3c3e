import { isCustomerPart } from './duties.js';
import { attempt, by, call, confirmed, currentChat, lastAt, simNow, toast, view, word } from './session.js';
import { element, replaceKeepingInput, timeText } from './views.js';

/** The staff member's side: what their WeCom shows of the person who holds the phone. */
let readAgain = async () => undefined;

function staffSubject() {
  // The member shown is the one chosen, else whoever the person talks to.
  const chosen = view.phone?.chats.find((chat) => chat.userid === view.staffId);
  const chat = chosen ?? (view.staffId ? undefined : latestChat());
  const request = view.phone?.requests.find((one) => !view.staffId || one.userid === view.staffId);
  if (request && view.name !== 'chat') return { request, userid: request.userid, name: request.name };
  return chat ? { chat, userid: chat.userid, name: chat.name } : null;
}

export const latestChat = () => currentChat() ?? view.phone?.chats.toSorted((a, b) => lastAt(b) - lastAt(a))[0];

export function drawStaff() {
  if (!isCustomerPart()) return;
  const subject = staffSubject();
  by('staff-empty').hidden = subject !== null;
  by('staff-body').hidden = subject === null;
  if (!subject) return;
  const { chat, request, userid, name } = subject;
  const person = view.phone.person;
  by('staff-avatar').src = `/avatar/${encodeURIComponent(userid)}.svg`;
  by('staff-name').textContent = name;
  by('staff-shop').textContent = chat ? [chat.departments.join('、'), chat.position].filter(Boolean).join(' · ') : '';
  const facts = [[word().customer, person.name]];
  facts.push([word().status, relationText(chat)]);
  if (chat)
    facts.push(
      [word().added2, timeText(chat.startedAt, simNow(), view.language)],
      [word().source, chat.state || word().noSource],
    );
  by('staff-facts').replaceChildren(
    ...facts.flatMap(([term, text]) => [element('dt', {}, term), element('dd', {}, text)]),
  );
  const notice = request ? word().wantsToAdd : chat.half && chat.friends ? word().halfNotice : null;
  by('staff-notice').hidden = notice === null;
  by('staff-notice-text').textContent = notice ? `${person.name} ${notice}` : '';
  for (const id of ['reply-form', 'remark-form', 'staff-delete']) by(id).hidden = !chat?.staffHas;
  by('staff-tags').parentElement.hidden = !chat?.staffHas;
  if (!chat) return;
  if (document.activeElement !== by('staff-remark')) by('staff-remark').value = chat.remark;
  const chips = (view.overview?.tags ?? []).map((tag) => {
    const on = chat.tagIds.includes(tag.id);
    const change = { externalUserid: person.externalUserid, [on ? 'removeTagIds' : 'addTagIds']: [tag.id] };
    return element(
      'button',
      {
        type: 'button',
        class: 'chip',
        'aria-pressed': String(on),
        title: tag.group,
        'data-testid': `staff-tag-${tag.id}`,
        onclick: staffCall('edit', () => change),
      },
      tag.name,
    );
  });
  replaceKeepingInput(
    by('staff-tags'),
    chips.length > 0 ? chips : [element('span', { class: 'quiet' }, word().tagsEmpty)],
  );
}

function relationText(chat) {
  if (!chat) return word().pending;
  if (!chat.customerHas && !chat.staffHas) return word().leftBoth;
  if (!chat.customerHas) return word().leftByCustomer;
  if (!chat.staffHas) return word().leftByStaff;
  return chat.half ? word().half : word().friends;
}

/** Something the staff member does to the customer who holds the phone. */
function staffCall(action, body) {
  return attempt(async () => {
    const change = await body();
    if (!change) return;
    await call('POST', `/_control/staff/${encodeURIComponent(staffSubject().userid)}/${action}`, {
      externalUserid: view.personId,
      ...change,
    });
    await readAgain();
  });
}

/** @param readPhone reads the person's state anew after the staff member has acted */
export function wireStaff(readPhone) {
  readAgain = readPhone;
  by('staff-accept').addEventListener(
    'click',
    staffCall('accept', () => ({})),
  );
  by('reply-form').addEventListener('submit', (event) => {
    event.preventDefault();
    const input = by('staff-reply');
    const text = input.value.trim();
    input.value = '';
    staffCall('say', () => (text ? { text } : null))();
  });
  by('remark-form').addEventListener('submit', (event) => {
    event.preventDefault();
    staffCall('edit', () => ({ remark: by('staff-remark').value.trim() }))().then(() => toast(word().saved));
  });
  by('staff-delete').addEventListener(
    'click',
    staffCall('delete', async () =>
      (await confirmed(word().deleteTitle(view.phone.person.name), word().staffDeleteText)) ? {} : null,
    ),
  );
}
