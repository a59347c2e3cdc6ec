import { AnswerLost, FrameRefused } from './clients.ts';

/** What the senders of a test have sent, and what the server has acknowledged. */
export interface Entry {
  readonly by: 'visitor' | 'agent' | 'webhook';
  /** The client id, or for a webhook the external id: the same on every attempt. */
  readonly key: string;
  /** Unlike any other's. */
  readonly text: string;
  attempts: number;
  acknowledged: Acknowledged | undefined;
}

/** Where the server says that it stands; a webhook's answer tells only that it is taken. */
export interface Acknowledged {
  readonly at: number;
  readonly conversationId?: string;
  readonly seq?: number;
  /** The server had it already: an earlier attempt had its effect, and its answer was lost. */
  readonly duplicate?: boolean;
}

export class Ledger {
  readonly entries: Entry[] = [];
  /** Requests that have left and have no answer. */
  underway = 0;
  /** Attempts whose answer never came, or was that it should come again. */
  lost = 0;
  /** Answers that no attempt should get. */
  readonly surprises: string[] = [];
  #count = 0;

  /** `padding` makes the text longer. */
  open(by: Entry['by'], padding = ''): Entry {
    this.#count += 1;
    const key = `${by}-${String(this.#count).padStart(7, '0')}`;
    const entry: Entry = { by, key, text: `words of ${key}${padding}`, attempts: 0, acknowledged: undefined };
    this.entries.push(entry);
    return entry;
  }

  /** One attempt; false when its answer was lost or was "later". @throws what no sender should be told */
  async attempt(entry: Entry, send: () => Promise<Acknowledged>): Promise<boolean> {
    entry.attempts += 1;
    this.underway += 1;
    try {
      entry.acknowledged = await send();
      return true;
    } catch (error) {
      if (!isLost(error)) throw error;
      this.lost += 1;
      return false;
    } finally {
      this.underway -= 1;
    }
  }

  /** Those that the server had already when it answered: an earlier attempt was stored, and its answer lost. */
  storedBefore(): Entry[] {
    return this.entries.filter(({ acknowledged }) => acknowledged?.duplicate === true);
  }

  acknowledged(by?: Entry['by']): Entry[] {
    return this.entries.filter((entry) => entry.acknowledged !== undefined && (by === undefined || entry.by === by));
  }
}

/** The server is not there, went away before it answered, or asks to come again. */
function isLost(error: unknown): boolean {
  if (error instanceof AnswerLost) return true;
  if (error instanceof FrameRefused) return error.code === 'unavailable';
  // What fetch says when the connection is refused or reset.
  return error instanceof TypeError && error.message === 'fetch failed';
}
