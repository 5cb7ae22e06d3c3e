/** Lets so many through at the same time; the others wait their turn. */
export type Gate = {
  pass<T>(work: () => Promise<T>): Promise<T>;
  /** Those who still wait are turned away. */
  close(): void;
};

export function createGate(places: number): Gate {
  let inside = 0;
  let isClosed = false;
  const waiting: (() => void)[] = [];
  return {
    pass: async (work) => {
      if (inside >= places) await new Promise<void>((enter) => waiting.push(enter));
      else inside += 1;
      try {
        if (isClosed) throw new Error('the sandbox has stopped');
        return await work();
      } finally {
        // Whoever leaves hands the place over, so that nobody new slips in between.
        const next = waiting.shift();
        if (next) next();
        else inside -= 1;
      }
    },
    close: () => {
      isClosed = true;
    },
  };
}
