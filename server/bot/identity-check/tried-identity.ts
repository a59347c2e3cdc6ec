import { randomInt } from 'node:crypto';
import type { IdentityDoor } from './code-exchange.ts';
import { codeLaw } from './code-law.ts';
import { codeDigits } from './code-text.ts';

/** What a try has proved, in its flow alone. */
export const triedProof = 'try';

/** Codes of a try: nothing is sent or kept, and the code is shown and goes along with the try's state. */
export function createTriedIdentity(): IdentityDoor {
  return {
    send: async ({ kind }) => ({
      ...{ kind: 'sent', seq: 0 },
      shown: kind === 'email' ? 'a•••@e•••.com' : '•••00',
      code: String(randomInt(10 ** codeDigits)).padStart(codeDigits, '0'),
    }),
    type: async ({ code, tried, wrong }) => {
      if (code === tried) return { kind: 'right', proof: triedProof, isOwn: false, shown: '', until: 0 };
      const left = codeLaw.mostTries - wrong - 1;
      return left > 0 ? { kind: 'wrong', left } : { kind: 'too-many' };
    },
  };
}
