import { SortedList } from '../base/sorted-list.ts';
import type { Agent, Entry, Group } from './routing-state.ts';

/** Something that is due at a time although nothing happens. */
export type Due = Group | Agent | Entry;

/** By time; the name decides between those of the same time. */
function byDue(a: Due, b: Due): number {
  return (a.dueAt ?? 0) - (b.dueAt ?? 0) || (a.dueName < b.dueName ? -1 : Number(a.dueName > b.dueName));
}

/** What is due next, and what has changed since it was last decided. */
export class Agenda {
  readonly #due = new SortedList<Due>(byDue, ({ dueAt = 0 }) => dueAt);
  #freer: Agent[] = [];
  #undecided: Entry[] = [];

  setDue(what: Due, at: number | undefined): void {
    if (what.dueAt === at) return;
    if (what.dueAt !== undefined) this.#due.delete(what);
    what.dueAt = at;
    if (at !== undefined) this.#due.add(what);
  }

  nextAt(): number | undefined {
    return this.#due.first()?.dueAt;
  }

  /** All that is due, which is due no more. */
  takeDue(now: number): Due[] {
    const due: Due[] = [];
    for (let first = this.#due.first(); first?.dueAt !== undefined && first.dueAt <= now; first = this.#due.first()) {
      this.setDue(first, undefined);
      due.push(first);
    }
    return due;
  }

  /** The agent can perhaps have what it could not. */
  isFreer(agent: Agent): void {
    if (agent.isFreer) return;
    agent.isFreer = true;
    this.#freer.push(agent);
  }

  /** Somebody can perhaps have it who could not. */
  isUndecided(entry: Entry): void {
    if (entry.isDue) return;
    entry.isDue = true;
    this.#undecided.push(entry);
  }

  get hasChanges(): boolean {
    return this.#freer.length + this.#undecided.length > 0;
  }

  takeChanges(): { freer: Agent[]; undecided: Entry[] } {
    const changes = { freer: this.#freer, undecided: this.#undecided };
    this.#freer = [];
    this.#undecided = [];
    for (const agent of changes.freer) agent.isFreer = false;
    for (const entry of changes.undecided) entry.isDue = false;
    return changes;
  }
}
