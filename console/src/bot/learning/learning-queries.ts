import type { ApprovedFields, CountedAnswer, Dismissal, NamedIntent, QuestionGroup } from '@parley/sdk/bot-learning.ts';
import type { Page } from '@parley/sdk/protocol.ts';
import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import { api } from '../../app/api.ts';
import type { Intent } from '../intents/intent-queries.ts';

export interface Gaps {
  readonly items: readonly QuestionGroup[];
  readonly others: readonly QuestionGroup[];
  /** By the intent that agents said it was: its name is the group's. */
  readonly corrected: readonly QuestionGroup[];
  readonly open: number;
}

const gapsPath = '/api/v1/bot/gaps';
const approvedPath = '/api/v1/bot/approved-answers';
/** All that a decision about questions changes begins so. */
export const learningKey = ['learning'] as const;

export const gapsQuery = queryOptions({
  queryKey: [...learningKey, 'gaps'],
  queryFn: ({ signal }) => api.call<Gaps>('GET', gapsPath, undefined, { signal }),
});
export const dismissedQuery = queryOptions({
  queryKey: [...learningKey, 'dismissed'],
  queryFn: async ({ signal }) =>
    (await api.call<Page<Dismissal>>('GET', `${gapsPath}/dismissed`, undefined, { signal })).items,
});
export const approvedQuery = infiniteQueryOptions({
  queryKey: [...learningKey, 'approved'],
  queryFn: ({ pageParam, signal }) => {
    const query = new URLSearchParams({ limit: '100' });
    if (pageParam !== null) query.set('cursor', pageParam);
    return api.call<Page<CountedAnswer>>('GET', `${approvedPath}?${query}`, undefined, { signal });
  },
  initialPageParam: null as string | null,
  getNextPageParam: (page) => page.nextCursor,
});

type About = Pick<QuestionGroup, 'questions'>;

export const makeIntent = (
  { questions }: About,
  intent: { name: string; utterances: readonly string[]; answer: Intent['answer'] },
): Promise<NamedIntent> => api.call('POST', `${gapsPath}/make-intent`, { questions, ...intent });
export const addToIntent = (
  { questions }: About,
  intentId: string,
  utterances: readonly string[],
): Promise<{ added: number; known: number }> =>
  api.call('POST', `${gapsPath}/add-to-intent`, { questions, intentId, utterances });
export const approve = ({ questions }: About, approved: ApprovedFields): Promise<CountedAnswer> =>
  api.call('POST', `${gapsPath}/approve`, { questions, approved });
export const dismiss = ({ questions }: About): Promise<void> => api.call('POST', `${gapsPath}/dismiss`, { questions });
export const restore = (dismissalId: string): Promise<void> =>
  api.call('POST', `${gapsPath}/dismissed/${dismissalId}/restore`);
export const createApproved = (fields: ApprovedFields): Promise<CountedAnswer> =>
  api.call('POST', approvedPath, fields);
export const changeApproved = (
  { id, revision }: Pick<CountedAnswer, 'id' | 'revision'>,
  fields: Partial<ApprovedFields>,
): Promise<CountedAnswer> => api.call('PATCH', `${approvedPath}/${id}`, { ...fields, revision });
export const removeApproved = (id: string): Promise<void> => api.call('DELETE', `${approvedPath}/${id}`);
