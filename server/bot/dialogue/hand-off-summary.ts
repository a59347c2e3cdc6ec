import type { GivenToBot } from '../../routing/stored-routing.ts';
import type { Decision } from './decision.ts';
import type { DialogueState } from './dialogue-state.ts';

/** How a customer sounds, in three steps. */
export type Mood = 'calm' | 'displeased' | 'angry';

/**
 * What an agent is told when the bot hands a conversation over: what was wanted, what it was about and how sure that is, what
 * is known already, what was answered and out of what. `data` is for words in the reader's language, `text` for all others.
 */
export function handOffSummary(
  { handOff, stages }: Pick<Decision, 'handOff' | 'stages'>,
  state: DialogueState,
  given: Pick<GivenToBot, 'by' | 'note'> | null = null,
): { text: string; data: Record<string, string> } {
  const { asked, intent, slots, tried, anger, language } = state;
  const mood: Mood = anger >= 0.8 ? 'angry' : anger >= 0.4 ? 'displeased' : 'calm';
  const known = Object.entries(slots).map(([name, value]) => `${name}: ${value}`);
  const topic = stages.find(({ stage, outcome }) => stage === 'policy' && outcome === 'sensitive')?.data.topic;
  const data: Record<string, string> = {
    reason: handOff?.reason ?? 'asked',
    mood,
    ...(given?.note == null ? {} : { instruction: given.note, instructedBy: given.by.name }),
    ...(topic === undefined ? {} : { topic: String(topic) }),
    ...(asked.length === 0 ? {} : { asked: asked.slice(-3).join('\n') }),
    ...(intent === null ? {} : { intent: intent.name, confidence: String(Math.round(intent.confidence * 100)) }),
    ...(known.length === 0 ? {} : { known: known.join('\n') }),
    ...(tried.length === 0 ? {} : { tried: tried.map(({ text, source }) => `${short(text)} (${source})`).join('\n') }),
    ...(language === null ? {} : { language }),
  };
  const lines = [
    `The bot handed the conversation to the agents: ${data.reason}.`,
    ...(data.instruction === undefined ? [] : [`Instruction of ${data.instructedBy}: ${inLine(data.instruction)}`]),
    ...(data.asked === undefined ? [] : [`Asked: ${inLine(data.asked)}`]),
    ...(data.intent === undefined ? [] : [`About: ${data.intent} (${data.confidence} %)`]),
    ...(data.known === undefined ? [] : [`Known: ${inLine(data.known)}`]),
    ...(data.tried === undefined ? [] : [`Answered: ${inLine(data.tried)}`]),
    `Mood: ${mood}${language === null ? '' : `, language: ${language}`}`,
  ];
  return { text: lines.join('\n'), data };
}

const inLine = (text: string) => text.split('\n').join(' · ');
const short = (text: string) => (text.length > 160 ? `${text.slice(0, 159)}…` : text);
