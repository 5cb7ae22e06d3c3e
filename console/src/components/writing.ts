import { useMutation, useQueryClient } from '@tanstack/react-query';
import { App } from 'antd';
import type { Call, Output, Route } from '#contract';
import { ApiError, call } from '~/call';
import { useErrorText } from './error-notice';

interface Options<R> {
  /** Said when it is done. */
  readonly said?: string;
  readonly onDone?: (output: Output<R>, input: Call<R>) => void;
  /** Takes a refusal over, for instance as the problem of a field; answers whether it did. */
  readonly onRefused?: (error: ApiError) => boolean;
}

/** A write through the contract: says when it is done, says what to do when it is refused, and reads the page anew. */
export function useWriting<R extends Route>(route: R, { said, onDone, onRefused }: Options<R> = {}) {
  const queryClient = useQueryClient();
  const { message } = App.useApp();
  const errorText = useErrorText();
  return useMutation({
    mutationFn: (input: Call<R>) => call(route, input),
    onSuccess: (output, input) => {
      if (said !== undefined) void message.success(said);
      void queryClient.invalidateQueries();
      onDone?.(output, input);
    },
    onError: (error) => {
      if (error instanceof ApiError && onRefused?.(error)) return;
      void message.error(errorText(error), 6);
    },
  });
}
