import type { Agent } from '@parley/sdk/protocol.ts';
import { isSupervisor } from '../session/session.ts';

/** Parts of the page `/knowledge`, each at its own address. */
export const parts = ['canned-replies', 'articles', 'proposals', 'searches', 'help-centre'] as const;
export type Part = (typeof parts)[number];

/** What an agent may look at: who writes for everybody sees also what was not found, administrators its settings. */
export function partsFor(me: Agent): readonly Part[] {
  return parts.filter(
    (part) =>
      part === 'canned-replies' ||
      part === 'articles' ||
      (part === 'searches' || part === 'proposals' ? isSupervisor(me) : me.role === 'admin'),
  );
}
