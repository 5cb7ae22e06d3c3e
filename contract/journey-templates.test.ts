import { describe, expect, it } from 'vitest';
import { checkDraft, journeyDraft } from './journey-graph.ts';
import { templateDraft, templateNames } from './journey-templates.ts';

/** What a template leaves to the brand: which words, which segment, which attribute. */
const left = ['contentId', 'segmentId', 'key'];

describe('a template', () => {
  it.each(templateNames)('%s lacks only what the brand has to choose', (name) => {
    const draft = journeyDraft.parse(templateDraft(name, (key) => key, {}));
    const { problems } = checkDraft(draft);
    expect(problems.filter((problem) => problem.problem !== 'required' || !left.includes(problem.field))).toEqual([]);
    expect(problems.length).toBeGreaterThan(0);
  });

  it.each(templateNames)('%s is whole once that is chosen', (name) => {
    const draft = journeyDraft.parse(
      templateDraft(name, (key) => key, { birthdayKey: 'birthday', couponKey: 'coupon' }),
    );
    const chosen = {
      ...draft,
      triggers: draft.triggers.map((trigger) => ({ ...trigger, data: { segmentId: 1, ...trigger.data } })),
      nodes: draft.nodes.map((node) => ({ ...node, data: { contentId: 1, ...node.data } })),
    };
    expect(checkDraft(chosen).problems).toEqual([]);
  });
});
