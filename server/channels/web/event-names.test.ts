import { describe, expect, it } from 'vitest';
import { eventNames } from '#contract/event-names';
import { eventNames as ownNames } from './messages.ts';

describe('names of e-commerce events', () => {
  it('become only names that siyu lists, so that people can choose them', () => {
    const unlisted = Object.values(ownNames).filter((name) => !(name in eventNames));
    expect(unlisted).toEqual([]);
  });
});
