import { Refusal } from '../gateway/refusal.ts';
import type { RoutingAnswer, RoutingQuestion } from '../routing/ask-dispatcher.ts';
import { type Names, whyNot } from '../routing/explain-decision.ts';

export interface ByHandDeps {
  /** Asks whichever process decides. */
  readonly ask: (question: RoutingQuestion) => Promise<RoutingAnswer>;
  readonly names: Names;
}

const absences: ReadonlySet<string> = new Set(['offline', 'away', 'on-a-break']);

/**
 * What a person does is theirs to judge, and is held against the rules nevertheless: the one that it goes against is kept with it.
 * That there is room the store says itself; whom a rule keeps from a conversation gets it only on purpose.
 *
 * @returns the rule; null: none; undefined: nobody can tell now, and nobody's work waits for that
 * @throws Refusal `against-rule`
 */
export async function ruleAgainst(
  { ask, names }: ByHandDeps,
  of: { conversationId: string; agentId: string; byId: string; override: boolean },
): Promise<string | null | undefined> {
  const { conversationId, agentId, byId, override } = of;
  const question = { kind: 'by-hand', conversationId, agentId } as const;
  const answer = await ask(question).catch((error: unknown) => {
    if (error instanceof Refusal) return undefined;
    throw error;
  });
  if (answer?.kind !== 'by-hand' || answer.verdict === null) return undefined;
  const { verdict } = answer;
  if (verdict.key === 'can-have-it' || (verdict.key === 'full' && !override)) return null;
  // Who takes it themselves is there, whatever their windows say.
  if (agentId === byId && absences.has(verdict.key)) return null;
  if (verdict.key === 'not-this-agent' && !override) {
    const name = names.agent(agentId);
    throw new Refusal('against-rule', `A rule keeps this conversation from ${name}: say override to go against it.`, {
      field: 'override',
    });
  }
  return verdict.key;
}

/** The same in words, before it is done. */
export async function verdictByHand({ ask, names }: ByHandDeps, of: { conversationId: string; agentId: string }) {
  const answer = await ask({ kind: 'by-hand', ...of });
  if (answer.kind !== 'by-hand' || answer.verdict === null) return undefined;
  return { ...answer.verdict, words: [whyNot(answer.verdict, names)] };
}
