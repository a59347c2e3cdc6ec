/** The document as the server has it; what this page does not show is kept as it is. */
export interface BotSettings {
  readonly enabled: boolean;
  readonly channels: readonly string[] | null;
  readonly language: string;
  readonly texts: Readonly<Record<string, Readonly<Partial<Record<BotTextKey, string>>>>>;
  readonly thresholds: {
    readonly act: number;
    readonly ask: number;
    readonly margin: number;
    readonly graph: number;
    readonly passage: number;
    readonly precision: number;
  };
  readonly intentThresholds: readonly {
    readonly intent: string;
    readonly language: string | null;
    readonly act: number;
  }[];
  readonly reactions: readonly IntentReaction[];
  readonly handOff: {
    readonly groupId: string | null;
    readonly misses: number;
    readonly maxTurns: number;
    readonly anger: number | null;
    readonly vip: boolean;
    readonly whenNotSure: 'ask-again' | 'hand-off';
    readonly askFirst: boolean;
    readonly scheduleId: string | null;
    readonly words: readonly string[];
  };
  readonly sensitive: readonly {
    readonly name: string;
    readonly words: readonly string[];
    readonly groupId: string | null;
  }[];
  readonly stopWords: readonly string[];
  readonly askIfHelped: boolean;
  readonly citeSources: boolean;
  readonly answerWithinMs: number;
  readonly closeAfterMs: number | null;
  readonly checkedForMs: number;
  readonly keepDecisionsDays: number | null;
}

export type IntentReaction = {
  readonly intent: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly does:
    | { readonly kind: 'answer'; readonly texts: Readonly<Record<string, string>> }
    | { readonly kind: 'flow'; readonly flowId: string }
    | { readonly kind: 'hand-off' };
  readonly groupId: string | null;
};

/** Texts that the page lets one change. */
export const botTextKeys = [
  'name',
  'greeting',
  'notUnderstood',
  'didThisHelp',
  'notHelped',
  'handOff',
  'outsideHours',
  'messageTaken',
  'meanwhile',
  'otherLanguage',
  'askPerson',
  'codeSent',
  'codeSubject',
  'codeMail',
] as const;
export type BotTextKey = (typeof botTextKeys)[number];
export const botLanguages = ['zh', 'en'] as const;

/** Of a panel that shows a part of the settings, and changes it. */
export interface SettingsProps {
  readonly settings: BotSettings;
  readonly patch: (next: Partial<BotSettings>) => void;
}
