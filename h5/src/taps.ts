import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { call } from '#console/call';
import type { Call, Output, Route } from '#contract';
import { finishTask, postponeTask, refuseTask, undoMs, undoTask } from '#contract/tasks';
import { useFormat } from './format';
import { errorText } from './parts';
import { say } from './toast';

/** A write, after which everything on the page is read anew. */
export function useWriting<R extends Route>(route: R, onDone?: (input: Call<R>, output: Output<R>) => void) {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: (input: Call<R>) => call(route, input),
    onSuccess: (output, input) => onDone?.(input, output),
    onError: (error) => say(errorText(error), { isProblem: true }),
    // Also after a refusal: a task that somebody else ended meanwhile leaves the page.
    onSettled: () => queryClient.invalidateQueries({ predicate: ({ queryKey }) => queryKey[0] !== 'wecom' }),
  });
}

/** What one tap does to a task, each with a minute to take it back. */
export function useTaps(onTapped?: () => void) {
  const { t } = useTranslation();
  const format = useFormat();
  const undo = useWriting(undoTask, () => say(t('task.undone')));
  const said = (text: string, id: number) => {
    onTapped?.();
    say(text, { forMs: undoMs, action: { label: t('task.undo'), run: () => undo.mutate({ id }) } });
  };
  const id = (input: { id: unknown }) => Number(input.id);
  return {
    finish: useWriting(finishTask, (input) => said(t('task.saidDone'), id(input))),
    postpone: useWriting(postponeTask, (input) =>
      said(t('task.saidPostponed', { day: format.day(input.until) }), id(input)),
    ),
    refuse: useWriting(refuseTask, (input) => said(t('task.saidNotSuitable'), id(input))),
  };
}
