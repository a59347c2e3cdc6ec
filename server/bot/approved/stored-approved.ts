import type { ApprovedAnswer, ApprovedFields } from '@parley/sdk/bot-learning.ts';
import type { Clock } from '../../base/clock.ts';
import { newId } from '../../base/ids.ts';
import type { Broadcast } from '../../conversation/broadcast.ts';
import { Refusal } from '../../gateway/refusal.ts';
import type { DocumentStore } from '../document-store.ts';
import { differences, holdDocuments } from '../held-documents.ts';
import type { ApprovedAnswers } from '../ports.ts';
import { approvedLimits, checkedApproved } from './approved-answer.ts';
import { createApprovedFinder } from './find-approved.ts';
import { createQuestionReader } from './question-form.ts';

/** Who approves. */
export type Approver = ApprovedAnswer['updatedBy'];

/** The approved answers of an installation, and the finder that knows them. */
export interface StoredApproved extends ApprovedAnswers {
  /** The newest first. */
  all(): readonly ApprovedAnswer[];
  /** @throws Refusal `not-found` */
  get(id: string): ApprovedAnswer;
  /** @throws Refusal as `checkedApproved`; `settings-invalid` where there are too many */
  create(fields: ApprovedFields, by: Approver): Promise<ApprovedAnswer>;
  /** @throws Refusal also `conflict`: somebody has changed it since `revision` */
  change(id: string, fields: Partial<ApprovedFields>, revision: number, by: Approver): Promise<ApprovedAnswer>;
  remove(id: string): Promise<void>;
  reload(): Promise<void>;
  stop(): void;
}

export async function createStoredApproved(deps: {
  store: DocumentStore;
  broadcast: Broadcast;
  clock: Clock;
  onError: (error: unknown) => void;
}): Promise<StoredApproved> {
  const { clock } = deps;
  const read = createQuestionReader();
  const held = await holdDocuments<readonly ApprovedAnswer[]>({
    ...deps,
    area: 'approved',
    read: (documents) => documents.map(({ body }) => JSON.parse(body) as ApprovedAnswer),
  });
  let made: { readonly of: readonly ApprovedAnswer[]; readonly find: ApprovedAnswers['find'] } | undefined;

  /** Made when it is asked first: a thousand questions take some milliseconds to read. */
  function finder(): ApprovedAnswers['find'] {
    if (made?.of !== held.current) made = { of: held.current, find: createApprovedFinder(held.current, read) };
    return made.find;
  }

  function get(id: string, among = held.current): ApprovedAnswer {
    const found = among.find((one) => one.id === id);
    if (found === undefined) throw new Refusal('not-found', 'There is no such approved answer.');
    return found;
  }

  function edit(
    make: (current: readonly ApprovedAnswer[]) => { next: readonly ApprovedAnswer[]; result: ApprovedAnswer },
  ) {
    return held.change((current) => {
      const { next, result } = make(current);
      return { next, result, change: differences('answer', current, next) };
    });
  }

  return {
    find: (text, options) => finder()(text, options),
    all: () => held.current.toSorted((a, b) => (a.id < b.id ? 1 : -1)),
    get: (id) => get(id),
    create: (fields, { id, name }) =>
      edit((current) => {
        if (current.length >= approvedLimits.answers)
          throw new Refusal('settings-invalid', `There are ${approvedLimits.answers} already: remove one first.`);
        const now = clock.now();
        const result: ApprovedAnswer = {
          ...checkedApproved(fields, current, read),
          ...{ id: newId(now), revision: 1, updatedBy: { id, name }, createdAt: now, updatedAt: now },
        };
        return { next: [...current, result], result };
      }),
    change: (id, fields, revision, by) =>
      edit((current) => {
        const before = get(id, current);
        if (before.revision !== revision)
          throw new Refusal('conflict', `revision: ${before.updatedBy.name} has changed it meanwhile: look again.`, {
            field: 'revision',
          });
        const others = current.filter((one) => one !== before);
        const result: ApprovedAnswer = {
          ...before,
          ...checkedApproved({ ...before, ...fields }, others, read),
          ...{ revision: revision + 1, updatedBy: { id: by.id, name: by.name }, updatedAt: clock.now() },
        };
        return { next: current.map((one) => (one === before ? result : one)), result };
      }),
    remove: async (id) => {
      await edit((current) => ({ next: current.filter((one) => one.id !== id), result: get(id, current) }));
    },
    reload: held.reload,
    stop: held.stop,
  };
}
