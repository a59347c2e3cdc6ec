import { type AsyncRouteComponent, lazyRouteComponent } from '@tanstack/react-router';
import type { ComponentType } from 'react';

/** The code of a page could not be fetched: the server does not answer, or has a newer version by now. */
export class PageMissing extends Error {
  override readonly name = 'PageMissing';
}

/**
 * A page whose code is fetched when somebody goes there.
 *
 * @returns what throws PageMissing where that fails: the router's own way, to load the whole console anew at once, ends
 * while the server is away on the browser's page about that, with everything that was open gone
 */
export function lazyPage<Name extends string>(
  fetchCode: () => Promise<Readonly<Record<Name, ComponentType>>>,
  name: Name,
): AsyncRouteComponent<object> {
  return lazyRouteComponent(async () => {
    try {
      return { default: (await fetchCode())[name] };
    } catch (cause) {
      throw new PageMissing(`The code of ${name} could not be fetched.`, { cause });
    }
  });
}
