import { Heap } from '../base/heap.ts';
import type { CoreState } from './core-state.ts';
import { give } from './giving.ts';
import { choose } from './pipeline.ts';
import { followOverflows, relist, say } from './queue.ts';
import { type Agent, byPlace, type Entry } from './routing-state.ts';
import { firstFor, firstPassedBy, place, unplace } from './waiting-index.ts';

/** A conversation that can perhaps be given: it is new here, or it is the first for an agent who has become freer. */
type Head = { readonly entry: Entry; readonly agent: Agent | undefined };

/**
 * Gives everything that can be given, the first in the queue first. Where nothing changed nobody can have anything: so only
 * what changed is looked at, and its result is that of looking at everything.
 */
export function match(state: CoreState, now: number): void {
  while (state.agenda.hasChanges) {
    const unmatched = matchChanges(state, now);
    for (const entry of unmatched.sort(byPlace)) {
      if (isWaiting(entry) && !entry.isDue) stayWaiting(state, entry, now);
    }
  }
}

function matchChanges(state: CoreState, now: number): Entry[] {
  const heads = new Heap<Head>((a, b) => byPlace(a.entry, b.entry) < 0);
  const unmatched: Entry[] = [];
  const pushFirstFor = (agent: Agent, former?: Entry) => {
    const entry = firstFor(agent, now);
    if (entry !== undefined && entry !== former) heads.push({ entry, agent });
  };
  for (;;) {
    if (state.agenda.hasChanges) {
      const { freer, undecided } = state.agenda.takeChanges();
      for (const entry of undecided) heads.push({ entry, agent: undefined });
      for (const agent of freer) pushFirstFor(agent);
    }
    const head = heads.pop();
    if (head === undefined) return unmatched;
    const { entry, agent } = head;
    const choice = isWaiting(entry) ? choose(entry, now) : undefined;
    if (choice === undefined) {
      if (agent === undefined) unmatched.push(entry);
      // Somebody else had it, or the agent had something else.
      else pushFirstFor(agent, entry);
      continue;
    }
    const passed = firstPassedBy(choice.agent, entry, now);
    if (passed !== undefined) {
      keepRoom(state, choice.agent, passed, now);
      // What is first for the agent now stands behind what room is kept for, and so does all that follows.
      if (choice.agent !== agent) heads.push(head);
      continue;
    }
    state.decisions.push(give(state, entry, choice, now));
    if (agent !== undefined) pushFirstFor(agent);
  }
}

function isWaiting(entry: Entry): boolean {
  return entry.state === 'waiting' && !entry.isGone;
}

/** Nobody can have it now: it goes on to where an overflow sends it, or waits, with the reason. */
function stayWaiting(state: CoreState, entry: Entry, now: number): void {
  if (entry.isNewHere) {
    entry.isNewHere = false;
    const outcome = followOverflows(state, entry, now);
    if (outcome === 'gone') return;
    if (outcome === 'changed') relist(state, entry, now);
  }
  say(state, entry, now);
}

/** The agent takes nothing that stands behind it until the conversation fits. */
function keepRoom(state: CoreState, agent: Agent, entry: Entry, now: number): void {
  // What it has kept room for stands behind, and finds somebody else when it is passed by.
  const former = agent.keepsRoomFor;
  if (former !== undefined) listAsKeptBy(former, undefined);
  state.ledger.index.change(agent, now, () => {
    agent.keepsRoomFor = entry;
  });
  listAsKeptBy(entry, agent);
}

function listAsKeptBy(entry: Entry, agent: Agent | undefined): void {
  entry.keptBy = agent;
  unplace(entry);
  place(entry);
}
