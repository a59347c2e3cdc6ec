/**
 * The document of the bot's flows: what an administrator draws, what is published, and what the bot follows. Types, and where a
 * step leads; the server imports them too, so that editor and bot cannot drift apart.
 */

/** Texts by language (a BCP 47 tag, or `default`). */
export type Texts = Readonly<Record<string, string>>;

/** What a flow asks a customer for. */
export interface AskedSlot {
  readonly name: string;
  /** The type of entity that answers it; `text`: whatever is written. */
  readonly type: string;
  readonly question: Texts;
  /** Nothing is asked where it is known already. */
  readonly askAgain: boolean;
}

/** A question before a call that changes something. */
export interface CallConfirmation {
  readonly texts: Texts;
  /** Where it goes when the customer says no; null: the flow ends. */
  readonly declined: string | null;
}

export const slotConditions = ['set', 'not-set', 'equal', 'not-equal', 'containing', 'at-least', 'at-most'] as const;
export type SlotCondition = (typeof slotConditions)[number];

/**
 * Where an address is known from to which a code is sent. An answer is that of a step of the same flow that called an address:
 * nothing that the customer tells is one.
 */
export type AddressSource =
  | { readonly kind: 'contact'; readonly field: 'email' | 'phone' }
  | { readonly kind: 'attribute'; readonly name: string }
  | { readonly kind: 'answer'; readonly slot: string };

/** How a code comes to the customer: by the installation's own e-mail, or by a call of the shop's, for text messages. */
export type CodeDelivery =
  | { readonly kind: 'email' }
  /** Both may hold `{code}`, `{address}`, and slots. */
  | {
      readonly kind: 'http';
      readonly method: 'GET' | 'POST';
      readonly url: string;
      readonly body: string;
      readonly timeoutMs: number;
    };

type Step<Kind extends string, Of> = { readonly id: string; readonly kind: Kind } & Of;

/** A step of a flow. `next` and its like name a step, or null: the flow ends there. */
export type FlowStep =
  | Step<'say', { readonly texts: Texts; readonly next: string | null }>
  /** Asks for values until it has them. `otherwise`: where it goes when it was not told in a few tries; null: to a person. */
  | Step<
      'ask',
      {
        readonly slots: readonly AskedSlot[];
        readonly tries: number;
        readonly next: string | null;
        readonly otherwise: string | null;
      }
    >
  | Step<
      'choices',
      {
        readonly texts: Texts;
        readonly slot: string | null;
        readonly options: readonly { readonly id: string; readonly labels: Texts; readonly next: string | null }[];
        readonly otherwise: string | null;
      }
    >
  | Step<
      'condition',
      {
        readonly slot: string;
        readonly is: SlotCondition;
        readonly value: string;
        readonly next: string | null;
        readonly otherwise: string | null;
      }
    >
  /** Calls an address. What of the answer is kept is named by a path into its JSON: `order.status`. */
  | Step<
      'http',
      {
        /** What the customer must say yes to before it is called; null or absent: nothing. */
        readonly confirm?: CallConfirmation | null;
        /** Called only for a customer who has proved who they are, else it goes `otherwise`. */
        readonly provenOnly?: boolean;
        readonly method: 'GET' | 'POST';
        readonly url: string;
        readonly body: string;
        readonly timeoutMs: number;
        readonly keep: readonly { readonly slot: string; readonly path: string }[];
        readonly next: string | null;
        readonly otherwise: string | null;
      }
    >
  /**
   * Sends a one-time code to an address that is known already, and goes on when the customer has typed it. Each other way: null
   * leads to a person.
   */
  | Step<
      'identity',
      {
        /** The first of them that is known counts. */
        readonly sources: readonly AddressSource[];
        /** A slot in which the customer has told an address: a code is sent only where it is the known one. */
        readonly mustEqual: string | null;
        readonly send: CodeDelivery;
        readonly next: string | null;
        /** Five wrong codes, or three codes asked for within an hour. */
        readonly tooMany: string | null;
        readonly expired: string | null;
        readonly undelivered: string | null;
      }
    >
  | Step<'set', { readonly slot: string; readonly value: string; readonly next: string | null }>
  | Step<'hand-off', { readonly groupId: string | null }>
  | Step<'end', Record<never, never>>;

export interface Flow {
  readonly id: string;
  readonly name: string;
  readonly enabled: boolean;
  /** Words any of which begins it, before the recogniser is asked: a menu's entry. */
  readonly startWords: readonly string[];
  readonly first: string;
  readonly steps: readonly FlowStep[];
  /** Where each step stands in the editor's picture. */
  readonly places: Readonly<Record<string, { readonly x: number; readonly y: number }>>;
}

/** All flows: one document, published in versions. */
export interface Flows {
  readonly flows: readonly Flow[];
}

/** A way out of a step, with its name for pictures and checks, and where it leads. */
export interface Way {
  readonly way: string;
  readonly to: string | null;
}

/** Where a step may go on. */
export function waysOf(step: FlowStep): readonly Way[] {
  switch (step.kind) {
    case 'say':
    case 'set':
      return [{ way: 'next', to: step.next }];
    case 'http':
      return [
        { way: 'next', to: step.next },
        ...(step.confirm == null ? [] : [{ way: 'declined', to: step.confirm.declined }]),
        { way: 'otherwise', to: step.otherwise },
      ];
    case 'ask':
    case 'condition':
      return [
        { way: 'next', to: step.next },
        { way: 'otherwise', to: step.otherwise },
      ];
    case 'choices':
      return [
        ...step.options.map(({ id, next }) => ({ way: `options.${id}`, to: next })),
        { way: 'otherwise', to: step.otherwise },
      ];
    case 'identity':
      return [
        { way: 'next', to: step.next },
        { way: 'tooMany', to: step.tooMany },
        { way: 'expired', to: step.expired },
        { way: 'undelivered', to: step.undelivered },
      ];
    case 'hand-off':
    case 'end':
      return [];
    default:
      return step satisfies never;
  }
}
