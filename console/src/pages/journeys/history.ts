import { useCallback, useState } from 'react';

/** What was, what is, and what was undone. */
interface History<T> {
  readonly past: readonly T[];
  readonly now: T;
  readonly future: readonly T[];
  /** What the last change was about, and when: typing in one field is one change. */
  readonly about: string | undefined;
  readonly at: number;
}

/** So many changes can be undone. */
const depth = 100;
/** Changes of one thing within so much time are undone together. */
const joinMs = 1200;

export interface Undoable<T> {
  readonly value: T;
  readonly canUndo: boolean;
  readonly canRedo: boolean;
  /** @param about what is changed, where several changes of it are one */
  change(next: T | ((value: T) => T), about?: string): void;
  undo(): void;
  redo(): void;
}

export function useUndoable<T>(initial: T | (() => T)): Undoable<T> {
  const [history, setHistory] = useState<History<T>>(() => ({
    past: [],
    now: initial instanceof Function ? initial() : initial,
    future: [],
    about: undefined,
    at: 0,
  }));
  const change = useCallback((next: T | ((value: T) => T), about?: string) => {
    setHistory((before) => {
      const value = next instanceof Function ? next(before.now) : next;
      if (value === before.now) return before;
      const at = Date.now();
      const isJoined = about !== undefined && about === before.about && at - before.at < joinMs;
      const past = isJoined ? before.past : [...before.past, before.now].slice(-depth);
      return { past, now: value, future: [], about, at };
    });
  }, []);
  const undo = useCallback(() => {
    setHistory((before) => {
      const last = before.past.at(-1);
      if (last === undefined) return before;
      const future = [before.now, ...before.future];
      return { past: before.past.slice(0, -1), now: last, future, about: undefined, at: 0 };
    });
  }, []);
  const redo = useCallback(() => {
    setHistory((before) => {
      const [next, ...future] = before.future;
      if (next === undefined) return before;
      return { past: [...before.past, before.now], now: next, future, about: undefined, at: 0 };
    });
  }, []);
  return {
    value: history.now,
    canUndo: history.past.length > 0,
    canRedo: history.future.length > 0,
    change,
    undo,
    redo,
  };
}
