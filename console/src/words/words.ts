import type { en } from './en.ts';

type Text<T> = { [K in keyof T]: T[K] extends string ? string : Text<T[K]> };
/** The shape that every language must fill. */
export type Words = Text<typeof en>;
