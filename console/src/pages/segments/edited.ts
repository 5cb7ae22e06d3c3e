import { createContext } from 'react';

/** The segment whose rule is edited: it cannot stand in its own rule. */
export const EditedSegment = createContext<number | undefined>(undefined);
