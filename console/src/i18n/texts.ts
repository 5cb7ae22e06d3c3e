/** The shape of a catalogue: the same keys in every language, so that a missing text does not compile. */
export type Texts<T> = { readonly [K in keyof T]: T[K] extends string ? string : Texts<T[K]> };
