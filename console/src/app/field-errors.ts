import { createContext, useContext } from 'react';

/** What is wrong with the fields of a form, by the path that the server names: `groups[0].name`. */
export interface FieldErrors {
  errorAt(path: string): string | undefined;
  /** The same for a field of several values, whichever of them is wrong. */
  errorUnder(path: string): string | undefined;
}

const FieldErrorsContext = createContext<FieldErrors>({ errorAt: () => undefined, errorUnder: () => undefined });
export const FieldErrorsProvider = FieldErrorsContext.Provider;

export function useFieldErrors(): FieldErrors {
  return useContext(FieldErrorsContext);
}

export function fieldErrorsOf(errors: ReadonlyMap<string, string>): FieldErrors {
  const isUnder = (field: string, path: string) =>
    field === path || field.startsWith(`${path}[`) || field.startsWith(`${path}.`);
  return {
    errorAt: (path) => errors.get(path),
    errorUnder: (path) => [...errors].find(([field]) => isUnder(field, path))?.[1],
  };
}
