import type { CodeDelivery } from '@parley/sdk/flow-document.ts';

/** What the shop, or a platform, says of a contact. */
export interface KnownContact {
  readonly email: string | null;
  readonly phone: string | null;
  readonly attributes: Readonly<Record<string, string>>;
}

/** What a flow asks for when it checks who the customer is. */
export interface CodeRequest {
  readonly flowId: string;
  readonly stepId: string;
  /** What is known; null: nothing, or the customer has told another one. */
  readonly address: string | null;
  /** What the customer has told themselves, where they were asked: it may be shown, whatever is known. */
  readonly told: string | null;
  /** As what an address is shown that is not known. */
  readonly kind: 'email' | 'phone';
  /** The address is the contact's own, and not that of an order or the like. */
  readonly isOwn: boolean;
  /** The values by which a call looked the address up; none where it is the contact's. */
  readonly by: Readonly<Record<string, string>>;
  /** What the address was looked for by: the same gives the same stand-in. */
  readonly question: string;
  readonly send: CodeDelivery;
  /** For the templates of a call. */
  readonly slots: Readonly<Record<string, string>>;
  /** How an e-mail reads; `{code}` is filled in when it is sent. */
  readonly mail: { readonly subject: string; readonly text: string };
}

export type CodeSent =
  /** `seq`: the entry about which it was asked for. `code`: in a try, which sends nothing. */
  | { readonly kind: 'sent'; readonly seq: number; readonly shown: string; readonly code?: string }
  /** The same address was checked a short while ago. */
  | { readonly kind: 'checked'; readonly proof: string }
  | { readonly kind: 'too-many'; readonly shown: string }
  | { readonly kind: 'undelivered'; readonly shown: string };

export interface CodeTyped {
  readonly stepId: string;
  /** The entry about which the code was asked for. */
  readonly seq: number;
  readonly code: string;
  /** Wrong ones before it. */
  readonly wrong: number;
  /** The code of a try. */
  readonly tried?: string;
}

/** `proof` names the address that was checked, without saying it; `isOwn`: it is the contact's own. */
export type CodeAnswer =
  | {
      readonly kind: 'right';
      readonly proof: string;
      readonly isOwn: boolean;
      readonly shown: string;
      readonly until: number;
    }
  | { readonly kind: 'wrong'; readonly left: number }
  | { readonly kind: 'too-many' }
  | { readonly kind: 'expired' };

/** The check of one conversation's customer, about one of their messages. */
export interface IdentityDoor {
  send(request: CodeRequest, signal: AbortSignal): Promise<CodeSent>;
  type(typed: CodeTyped): Promise<CodeAnswer>;
}

/** What came of a step that checks who the customer is, in this turn; what is absent was not asked for yet. */
export interface CodeResults {
  readonly sent?: CodeSent;
  readonly typed?: CodeAnswer;
}

/** What a flow found out about who the customer is. */
export type IdentityOutcome =
  | { readonly kind: 'checked'; readonly shown: string; readonly until: number }
  | { readonly kind: 'refused'; readonly why: 'too-many' | 'expired' | 'undelivered'; readonly shown: string };

/** What was done about codes, for the record of the decision: never with one. */
export interface CodeNote {
  readonly stepId: string;
  readonly outcome: 'code-sent' | 'code-right' | 'code-wrong' | 'code-expired' | 'code-too-many' | 'code-undelivered';
  readonly shown: string;
}
