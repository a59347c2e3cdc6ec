import type { RoutingConfig } from '@parley/sdk/routing-document.ts';
import type { Clock } from '../base/clock.ts';
import {
  createPublishedDocument,
  type PublishedDocument,
  type VersionStore,
} from '../publishing/published-document.ts';
import type { Known } from './check-routing-config.ts';
import { parseRoutingConfig, parseStoredRoutingConfig } from './parse-routing-config.ts';
import { defaultRoutingConfig } from './routing-config.ts';

/** The routing configuration that holds, and those that held before. */
export type RoutingConfigs = PublishedDocument<RoutingConfig>;

/** @param deps.known the agents and channels that there are: what is published names no others */
export function createRoutingConfigs(deps: {
  store: VersionStore;
  clock: Pick<Clock, 'now'>;
  known: () => Known;
  onError: (error: unknown) => void;
}): Promise<RoutingConfigs> {
  return createPublishedDocument({
    ...deps,
    name: 'the routing configuration',
    initial: defaultRoutingConfig,
    parse: (document) => parseRoutingConfig(document, deps.known()),
    parseStored: parseStoredRoutingConfig,
  });
}
